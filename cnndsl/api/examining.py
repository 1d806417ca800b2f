"""A source examined: its tree, its graph, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from cnndsl.diagnostics import Diagnostic
from cnndsl.diagnostics.fixes import Counted, verified
from cnndsl.diagnostics.model import errors
from cnndsl.ir.types import TensorType
from cnndsl.lang import ast
from cnndsl.lang.lower import Choices, Lowered, lower, placed
from cnndsl.lang.overrides import advised, overridden
from cnndsl.lang.parse import parse
from cnndsl.lang.uses import used
from cnndsl.plugins import Registry
from cnndsl.plugins import load as load_plugins
from cnndsl.recipe import fit, places
from cnndsl.source import Source

WORK, WORK_A_MESSAGE = 30_000, 20
"""How much checking a file may be, its fixes included, before no more of them are tried: characters, steps written out,
and messages as so many of these. That is a few tenths of a second."""


def examine(
    source: Source,
    choices: Choices | None = None,
    *,
    name: str = "network",
    base: Path | None = None,
    data: Path | None = None,
    registry: Registry | None = None,
) -> tuple[ast.Module | None, Lowered | None, tuple[Diagnostic, ...]]:
    """Parses and lowers a source: the tree and what lowering gave, as far as they got, and every diagnostic, with the
    fixes that were tried and help.

    With `base`, the folder of the file, the headers of its data files are looked at; `data` is where else to look.
    """
    registry = registry or load_plugins()
    survey = places.known_facts if base is None else partial(places.facts, base=base, data_folder=data)

    def look(source: Source) -> tuple[ast.Module | None, Lowered | None, list[Diagnostic], int]:
        layers = Counted(registry.layers)
        module, found = parse(source, layers)
        if module is None:
            return None, None, found, len(source.text)
        module = overridden(module, choices.settings if choices else (), registry.keys, found)
        modules = used(module, base, layers, found)
        lowered = lower(
            module,
            layers,
            used=modules,
            name=name,
            choices=choices,
            survey=survey,
            backends=tuple(registry.backends),
            clean=not found,
            keys=registry.keys,
        )
        found += (*lowered.diagnostics, *_about_data(lowered, base, data))
        found.sort(key=lambda d: placed(d, source))
        read = sum(len(m.source.text) for m in (module, *modules))
        return module, lowered, found, read + layers.asked + WORK_A_MESSAGE * len(found)

    module, lowered, found, work = look(source)
    if any(d.fixes for d in found):
        found = verified(source, found, lambda trial: look(trial)[2:], WORK - work)
    found = [advised(d, registry.keys) for d in found]
    if module is not None and lowered is not None and lowered.fragment and not errors(found):
        message = "the file has no INPUT: its sizes were not checked"
        small = work < WORK // 100
        size = size_that_fits(module, choices, base, registry) if small else "HxWxD"
        help = (f"begin it with `INPUT {size}`, or give `--input {size}`",)
        found.append(Diagnostic("W201", message, source.span(0, 0), help=help))
    return module, lowered, tuple(found)


def _about_data(lowered: Lowered, base: Path | None, data: Path | None) -> tuple[Diagnostic, ...]:
    """What the train block alone cannot say: files that are not there, numbers for other channels than the data's."""
    recipe, graph = lowered.recipe, lowered.graph
    missing = places.absent(recipe.data, base, data) if base is not None and recipe.data is not None else ()
    if base is not None and recipe.weights is not None:
        missing = (*missing, *places.absent_weights(recipe.weights, base))
    return (*missing, *(fit.channels(recipe, graph.input.type.depth) if graph is not None else ()))


SIZES = ((28, 28, 1), (32, 32, 3), (32, 32, 1), (224, 224, 3), (227, 227, 3), (8, 8, 1), (28, 28, 3), (7, 7, 3))
"""Input sizes that an example may have."""


def size_that_fits(module: ast.Module, choices: Choices | None, base: Path | None, registry: Registry) -> str:
    """An input size that a file without one takes, as an example; its letters where none of the usual ones fits."""
    modules = used(module, base, registry.layers, [])
    for size in SIZES:
        sized = replace(choices or Choices(), input=size)
        tried = lower(module, registry.layers, used=modules, choices=sized, keys=registry.keys)
        if not errors(tried.diagnostics):
            return str(TensorType(*size))
    return "HxWxD"


LARGEST_MEMORY = 1 << 40
"""1 TiB: what training may need where nobody says how much there is."""


def too_large(lowered: Lowered, memory: int | None = None) -> Diagnostic | None:
    """What to say (E802) of a network whose training, in the train block's batches, would need more than `memory`
    bytes; left out, more than LARGEST_MEMORY, the same on every machine."""
    from cnndsl.training.estimate import estimate, refusal, slots_of

    if lowered.graph is None:
        return None
    recipe = lowered.recipe
    needed = estimate(lowered.graph, recipe.batch, slots=slots_of(recipe))
    if memory is not None:
        return refusal(needed, memory, "the limit given allows")
    refused = refusal(needed, LARGEST_MEMORY, "`check` allows")
    return refused and replace(refused, help=(*refused.help, "or say how much memory there is, by `--memory`"))
