"""Programs read: load, loads, check."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cnndsl.api.examining import examine, size_that_fits, too_large
from cnndsl.api.given import Setting, Size, choices_of, folder_of, source_of
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import errors
from cnndsl.ir.graph import Graph
from cnndsl.ir.types import TensorType
from cnndsl.lang import ast
from cnndsl.lang.bundle import bundle
from cnndsl.lang.expand import expand
from cnndsl.lang.lower import Choices, Lowered
from cnndsl.lang.unparse import specialize, unparse
from cnndsl.lang.uses import read_file as read_source_file
from cnndsl.plugins import Registry
from cnndsl.plugins import load as load_plugins
from cnndsl.recipe.spec import Recipe
from cnndsl.resources import folder as shipped
from cnndsl.source import Source


@dataclass(frozen=True)
class Network:
    """A file that has no errors. `base` is the folder that paths in it are relative to, `data` another one to look for
    data sets in."""

    name: str
    module: ast.Module
    lowered: Lowered
    choices: Choices
    base: Path
    data: Path | None
    registry: Registry

    @property
    def recipe(self) -> Recipe:
        """How its `train` block says to train it, defaults filled in."""
        return self.lowered.recipe

    @property
    def pattern(self) -> bool:
        """Whether the file describes a family of networks."""
        return self.lowered.pattern

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings."""
        return self.lowered.diagnostics

    @property
    def graph(self) -> Graph:
        """The network. Raises CnnError: E210 on a pattern, E213 where no input size is known."""
        if self.lowered.graph is not None:
            return self.lowered.graph
        name = self.module.source.name
        if self.lowered.open:
            help = ("bind variables with `-D N=1` (in Python `variables={'N': 1}`)",) if self.pattern else ()
            raise CnnError(
                Diagnostic("E210", f"{name} is a pattern, not a network", notes=self.lowered.open, help=help)
            )
        if self.lowered.blocks:
            raise CnnError(Diagnostic("E213", f"{name} has no steps of its own: it only defines blocks"))
        size = size_that_fits(self.module, self.choices, self.base, self.registry)
        plain = f"({size.replace('x', ', ')})"
        help = (f"begin the file with `INPUT {size}`, or give `--input {size}` (in Python `input={plain}`)",)
        raise CnnError(Diagnostic("E213", f"{name} does not say how large its input is", help=help))

    @property
    def input(self) -> TensorType:
        """Size of one sample."""
        return self.graph.input.type

    @property
    def outputs(self) -> Mapping[str, TensorType]:
        """Size of each output for one sample: ``main``, and the heads by their names."""
        return {name: self.graph[at].type for name, at in self.graph.outputs.items()}

    @property
    def output(self) -> TensorType:
        """Size of the main output for one sample. Raises CnnError (E806) where the network has heads only."""
        found = self.outputs
        if "main" not in found:
            message = f"the network has no main output; its outputs are {', '.join(found)}: see `outputs`"
            raise CnnError(Diagnostic("E806", message))
        return found["main"]

    @property
    def text(self) -> str:
        """The program in canonical form, with the choices (variables, input size) and the blocks of other files written
        into it: it stands alone, and its steps have the same names."""
        return unparse(specialize(bundle(self.module, self.lowered.used), self.choices))

    @property
    def expanded(self) -> str:
        """The program written out: no blocks, no `set`, no groups. Raises CnnError (E210) on a pattern."""
        tree = expand(self.module, self.registry.layers, used=self.lowered.used, choices=self.choices)
        return unparse(tree)


def read_file(path: str | os.PathLike[str]) -> Source:
    """The source in a file. Raises CnnError: E805 where it cannot be opened, E102 where it is not UTF-8."""
    if not isinstance(path, str | os.PathLike):
        message = f"`load` takes the path of a file, found {type(path).__name__}"
        raise CnnError(Diagnostic("E806", message))
    try:
        return read_source_file(path)
    except CnnError as error:
        model = shipped("models") / Path(path).name
        if os.path.lexists(path) or not os.path.isfile(model):
            raise
        help = (f"a network of that name comes with cnndsl: {model}",)
        raise CnnError(replace(d, help=help) for d in error.diagnostics) from None


def load(
    path: str | os.PathLike[str],
    *,
    input: Size | None = None,
    variables: Mapping[str, int] | None = None,
    drop_optional: bool = False,
    settings: Mapping[str, Setting] | None = None,
    data: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
) -> Network:
    """The network in a `.cnn` file.

    `input` is (height, width, depth) for a file without INPUT size; `variables` binds those of a pattern; `settings`
    are of its train block, as ``{"optimizer.lr": 0.01, "batch": 128}``; `data` is a folder to look in for its data
    files, whose headers are held against it. Raises CnnError with everything that is wrong with the file.
    """
    return network(read_file(path), choices_of(input, variables, drop_optional, settings), path, data, registry)


def loads(
    text: str,
    *,
    input: Size | None = None,
    variables: Mapping[str, int] | None = None,
    drop_optional: bool = False,
    settings: Mapping[str, Setting] | None = None,
    name: str = "network",
    base: str | os.PathLike[str] = ".",
    data: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
) -> Network:
    """The network in a text; as `load`. Paths in it are relative to the folder `base`, and `name` is its name."""
    source = source_of(text, "<string>")
    path = (folder_of(base, "base") or Path()) / f"{name}.cnn"
    return network(source, choices_of(input, variables, drop_optional, settings), path, data, registry)


def network(
    source: Source,
    choices: Choices,
    path: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
) -> Network:
    """The network in a source that stands at `path` (a folder's file that need not exist: its name and folder count).
    Raises CnnError with everything that is wrong with it."""
    registry = registry or load_plugins()
    name = Path(path).stem.strip("-") or "network"
    base = Path(path).resolve().parent
    folder = folder_of(data, "data")
    module, lowered, found = examine(source, choices, name=name, base=base, data=folder, registry=registry)
    if module is None or lowered is None or errors(found):
        raise CnnError(found)
    return Network(name, module, lowered, choices, base, folder, registry)


def check(
    text: str,
    *,
    input: Size | None = None,
    variables: Mapping[str, int] | None = None,
    drop_optional: bool = False,
    settings: Mapping[str, Setting] | None = None,
    name: str = "<string>",
    base: str | os.PathLike[str] | None = None,
    memory: int | None = None,
) -> list[Diagnostic]:
    """Everything that is wrong with a program's text, warnings too; empty where it is clean. Raises nothing for it.
    `base` is the folder that paths in it are relative to; without one, no other files are looked at. `memory` is how
    many bytes training may need at most (1 TiB where left out)."""
    try:
        folder = folder_of(base, "base")
        if memory is not None and (type(memory) is not int or memory < 1):
            message = f"`memory` is a whole number of bytes, from 1; found {memory!r}"
            raise CnnError(Diagnostic("E806", message))
        _, lowered, found = examine(
            source_of(text, name), choices_of(input, variables, drop_optional, settings), base=folder
        )
    except CnnError as error:
        return list(error.diagnostics)
    refused = None if lowered is None else too_large(lowered, memory)
    return [*found, *([refused] if refused else ())]
