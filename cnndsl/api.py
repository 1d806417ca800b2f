"""The compiler from Python: load, loads, check, compile, train. Glue, no logic."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.fixes import Counted, verified
from cnndsl.diagnostics.model import errors
from cnndsl.ir.graph import Graph
from cnndsl.ir.types import DTYPES, TensorType
from cnndsl.lang import ast
from cnndsl.lang.bundle import bundle
from cnndsl.lang.expand import expand
from cnndsl.lang.lower import Choices, Lowered, lower, placed
from cnndsl.lang.overrides import advised, overridden
from cnndsl.lang.parse import parse
from cnndsl.lang.typed import ARGUMENT, DEFAULT
from cnndsl.lang.unparse import specialize, unparse
from cnndsl.lang.uses import read_file as read_source_file
from cnndsl.lang.uses import used
from cnndsl.plugins import Registry
from cnndsl.plugins import load as load_plugins
from cnndsl.recipe import fit, places
from cnndsl.recipe.compare import said
from cnndsl.recipe.spec import Recipe
from cnndsl.resources import folder as shipped
from cnndsl.source import Source, Span

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend
    from cnndsl.data.dataset import Dataset
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.result import Trained
    from cnndsl.runs.saved import Run
    from cnndsl.training.events import Event
    from cnndsl.training.model import Model
    from cnndsl.training.trainer import Trainer

Size = tuple[int, int, int]
Setting = str | int | float | bool | None | os.PathLike[str]
"""What a key or an option of the train block may be set to: None takes away what the file says."""

WORK, WORK_A_MESSAGE = 30_000, 20
"""How much checking a file may be, its fixes included, before no more of them are tried: characters, steps written out,
and messages as so many of these. That is a few tenths of a second."""


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
        size = _size_that_fits(self.module, self.choices, self.base, self.registry)
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


def _place(value: object, what: str) -> Path | None:
    """A folder that was given, None for none. Raises CnnError (E806)."""
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        message = f"`{what}` is the path of a folder, found {value!r}"
        raise CnnError(Diagnostic("E806", message))
    return Path(value)


def _source(text: object, name: str) -> Source:
    if not isinstance(text, str):
        message = f"a program is a string, found {type(text).__name__}; `load` takes the path of a file"
        raise CnnError(Diagnostic("E806", message))
    return Source(name, text.removeprefix("\ufeff"))


def _is_size(value: object) -> bool:
    three = isinstance(value, tuple | list) and len(value) == 3 and all(type(n) is int for n in value)
    return three and all(1 <= n <= 65_536 for n in value)  # type: ignore[attr-defined]


def _choices(
    input: Size | None,
    variables: Mapping[str, int] | None,
    drop_optional: bool,
    settings: Mapping[str, Setting] | None = None,
) -> Choices:
    if not isinstance(variables, Mapping | None):
        message = f"`variables` maps names to numbers, such as {{'N': 2}}; found {variables!r}"
        raise CnnError(Diagnostic("E806", message))
    for name, value in (variables or {}).items():
        if not isinstance(name, str):
            raise CnnError(Diagnostic("E806", f"the name of a variable is a capital, such as 'N'; found {name!r}"))
        if type(value) is not int or not 1 <= value <= 9_999_999_999:
            raise CnnError(Diagnostic("E806", f"variable {name} must be a whole number from 1, found {value!r}"))
    if input is not None and not _is_size(input):
        message = f"an input size is height, width and depth, each from 1 to 65,536; found {input!r}"
        raise CnnError(Diagnostic("E806", message))
    size = tuple(input) if input is not None else None
    return Choices(dict(variables or {}), size, drop_optional, _settings(settings))  # type: ignore[arg-type]


def _settings(settings: Mapping[str, Setting] | None) -> tuple[Source, ...]:
    """Settings of the train block as they would be typed. Raises CnnError (E806)."""
    if not isinstance(settings, Mapping | None):
        message = f"`settings` maps keys to values, such as {{'optimizer.lr': 0.01}}; found {settings!r}"
        raise CnnError(Diagnostic("E806", message))
    for name in settings or {}:
        if not isinstance(name, str) or "=" in name:
            message = f"a setting is named by its key and option, such as 'optimizer.lr'; found {name!r}"
            raise CnnError(Diagnostic("E806", message))
    return tuple(Source(ARGUMENT, f"{name}={_typed(name, value)}", True) for name, value in (settings or {}).items())


def _typed(name: str, value: object) -> str:
    """A value of a setting as it would be typed. Raises CnnError (E806)."""
    if value is None or isinstance(value, bool):
        return DEFAULT if value is None else str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return f'"{os.fspath(value)}"'
    if isinstance(value, Integral) and int(value).bit_length() < 1 << 12:
        return str(int(value))
    if isinstance(value, Real):
        return repr(float(value))
    message = f"`{name}` is set to a number, a string, true or false; found {type(value).__name__}"
    raise CnnError(Diagnostic("E806", message))


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
        size = _size_that_fits(module, choices, base, registry) if small else "HxWxD"
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


def _size_that_fits(module: ast.Module, choices: Choices | None, base: Path | None, registry: Registry) -> str:
    """An input size that a file without one takes, as an example; its letters where none of the usual ones fits."""
    modules = used(module, base, registry.layers, [])
    for size in SIZES:
        sized = replace(choices or Choices(), input=size)
        tried = lower(module, registry.layers, used=modules, choices=sized, keys=registry.keys)
        if not errors(tried.diagnostics):
            return str(TensorType(*size))
    return "HxWxD"


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
    return network(read_file(path), _choices(input, variables, drop_optional, settings), path, data, registry)


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
    source = _source(text, "<string>")
    path = (_place(base, "base") or Path()) / f"{name}.cnn"
    return network(source, _choices(input, variables, drop_optional, settings), path, data, registry)


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
    folder = _place(data, "data")
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
        folder = _place(base, "base")
        if memory is not None and (type(memory) is not int or memory < 1):
            message = f"`memory` is a whole number of bytes, from 1; found {memory!r}"
            raise CnnError(Diagnostic("E806", message))
        _, lowered, found = examine(
            _source(text, name), _choices(input, variables, drop_optional, settings), base=folder
        )
    except CnnError as error:
        return list(error.diagnostics)
    refused = None if lowered is None else too_large(lowered, memory)
    return [*found, *([refused] if refused else ())]


LARGEST_MEMORY = 1 << 40
"""1 TiB: what training may need where nobody says how much there is."""


def too_large(lowered: Lowered, memory: int | None = None) -> Diagnostic | None:
    """What to say (E802) of a network whose training, in the train block's batches, would need more than `memory`
    bytes; left out, more than LARGEST_MEMORY, the same on every machine."""
    from cnndsl.training.estimate import estimate, refusal

    if lowered.graph is None:
        return None
    recipe = lowered.recipe
    needed = estimate(lowered.graph, recipe.batch, slots=len(recipe.optimizer.attrs.slots))
    if memory is not None:
        return refusal(needed, memory, "the limit given allows")
    refused = refusal(needed, LARGEST_MEMORY, "`check` allows")
    return refused and replace(refused, help=(*refused.help, "or say how much memory there is, by `--memory`"))


def backend(name: str, registry: Registry | None = None) -> Backend:
    """The backend of that name. Raises CnnError (E801) where there is none."""
    return (registry or load_plugins()).backend(backend_name(name))


def borrowed(graph: Graph, backend: Backend) -> list[Diagnostic]:
    """A warning (W801) for each kind of layer that a backend runs by slower code than its own, at the first one."""
    first = {node.keyword: node for node in reversed(backend.borrowed(graph))}
    return [
        Diagnostic("W801", f"backend `{backend.name}` has no kernel of its own for {keyword}", node.span, "runs slower")
        for keyword, node in sorted(first.items())
    ]


def backend_name(asked: str) -> str:
    """The backend that `auto` stands for; any other name is itself. Raises CnnError (E806) for what is no name."""
    if not isinstance(asked, str):
        raise CnnError(Diagnostic("E806", f"a backend is given by its name, found {asked!r}"))
    return "vectorized" if asked == "auto" else asked


def _ready(network: object) -> Network:
    if isinstance(network, str):
        return loads(network)
    if not isinstance(network, Network):
        message = f"a network is what `load` gives, or a program's text; found {type(network).__name__}"
        raise CnnError(Diagnostic("E806", message))
    return network


def compile(network: Network | str, *, backend: str = "auto", seed: int | None = None, dtype: str = "float32") -> Model:
    """A network with initial parameters, ready to run forward and backward on arrays.

    `network` is a Network or a program's text. `seed` (the train block's where left out) fixes the parameters and the
    masks of DROPOUT; `dtype` is ``float32`` or ``float64``. Raises CnnError: E801 for an unknown backend, E210 for a
    pattern, E806 for another dtype or seed.
    """
    from cnndsl import memory
    from cnndsl.backends.protocol import Options
    from cnndsl.training.estimate import estimate, refusal
    from cnndsl.training.init import initial_state
    from cnndsl.training.model import Model

    network = _ready(network)
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise CnnError(Diagnostic("E806", f"dtype must be {' or '.join(DTYPES)}, found {dtype!r}"))
    seed = network.recipe.seed if seed is None else seed
    if type(seed) is not int or not 0 <= seed < 1 << 64:
        raise CnnError(Diagnostic("E806", f"a seed is a whole number from 0 to 2**64 - 1, found {seed!r}"))
    needed, limit = estimate(network.graph, 1, slots=0, dtype=dtype), memory.budget()
    refused = refusal(needed, limit) if limit is not None and needed.inference > limit else None
    if refused is not None:
        raise CnnError(refused)
    runner = network.registry.backend(backend_name(backend))
    program = runner.compile(network.graph, Options(dtype=dtype, seed=seed, passes=network.registry.passes))
    return Model(program, initial_state(network.graph, seed, network.recipe.init, dtype))


def trainer(ready: Network, *, backend: str | None = None) -> Trainer:
    """What trains a network by its `train` block: everything checked and loaded, nothing trained yet.

    `backend` is the train block's where left out. Raises CnnError: E811 for what cannot be trained with, E606
    where the block names no data, E601 to E605 where they are not there, damaged or do not fit, E801 for an unknown
    backend, E802 where memory would not do.
    """
    from cnndsl.data import sets
    from cnndsl.training.begin import begin
    from cnndsl.training.trainer import Trainer

    recipe = ready.recipe
    runner = ready.registry.backend(backend_name(backend or recipe.backend))
    graph = ready.graph
    if recipe.data is None:
        raise CnnError(_no_data(ready))
    dataset = sets.load(recipe.data, ready.base, ready.data, _sized(ready))
    return Trainer(graph, recipe, dataset, runner, start=partial(begin, graph, recipe, ready.base))


def run_folder(ready: Network, teacher: Trainer, out: Path | None = None) -> RunFolder:
    """A fresh folder for a training: `out`, or the next free one in runs/. Raises CnnError (E803, E806)."""
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.identity import identity

    about = {
        "base": str(ready.base),
        "data_folder": None if ready.data is None else str(ready.data.resolve()),
        "data": identity(teacher.dataset),
        "backend": teacher.backend.name,
    }
    return RunFolder.create(ready.name, ready.text, out=out, about=about)


def saved(
    folder: Path,
    data: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
    settings: tuple[Source, ...] = (),
) -> Network:
    """The network of a run's folder, with paths in it relative to where the run began, and `settings` as in Choices.
    Raises CnnError: E806 for a folder that is no run, and all that is wrong with its program."""
    from cnndsl.runs.saved import about

    told, _ = about(folder)
    known = told.get("base"), told.get("data_folder"), told.get("network")
    base, before, name = (value if isinstance(value, str) and _is_path(value) else None for value in known)
    at = Path(base) if base is not None else folder
    path = at / f"{Path(name).name if name else 'network'}.cnn"
    chosen = Choices(settings=settings)
    return network(read_file(folder / "program.cnn"), chosen, path, data if data is not None else before, registry)


def _is_path(text: str) -> bool:
    """Whether a text may name a file at all."""
    try:
        return bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def take_up(
    folder: str | os.PathLike[str],
    *,
    backend: str | None = None,
    data: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
    settings: tuple[Source, ...] = (),
) -> tuple[Network, Trainer, RunFolder]:
    """A run that ended early, or was given more to do, ready to go on from its last checkpoint.

    `backend` is the one that it began on where left out, `data` where to look for its data set, `settings` what its
    train block says otherwise from here on, as in Choices. Raises CnnError as
    `trainer`, and: E806 for a folder that is no run or that another process writes to, E701 or E702 where no checkpoint
    can be read or fits, E605 where the data are others.
    """
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.identity import check
    from cnndsl.runs.saved import about

    place = _place(folder, "folder")
    if place is None:
        raise CnnError(Diagnostic("E806", "a run is taken up again from the path of its folder"))
    ready = saved(place, data, registry, settings)
    if settings:
        _check_same(saved(place, data, registry).recipe, ready.recipe)
    told, _ = about(place)
    before = told.get("backend")
    teacher = trainer(ready, backend=backend or (before if isinstance(before, str) else None))
    check(teacher.dataset, told)
    reopened = RunFolder.reopen(place, ready.name, ready.text)
    try:
        found, warnings = reopened.checkpoint()
        if found is not None:
            teacher.resume(found, warnings)
        reopened.go_on(teacher.done, teacher.position.told)
    except BaseException:
        reopened.close()
        raise
    return ready, teacher, reopened


KEPT = ("data", "split", "seed")
"""What a run keeps to its end: which samples are trained on, and which are not."""


def _check_same(before: Recipe, after: Recipe) -> None:
    """Raises CnnError (E806) where a run that is taken up again would train on what it validated on before."""
    for key in KEPT:
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            help = ("begin a new run, with `weights` to start from this one's",)
            message = f"a run keeps its `{key}` to the end: it began with {said(old)}"
            raise CnnError(Diagnostic("E806", message, after.spans.get(key), help=help))


def load_run(
    folder: str | os.PathLike[str],
    *,
    backend: str | None = None,
    data: str | os.PathLike[str] | None = None,
    weights: str = "last",
    registry: Registry | None = None,
) -> Run:
    """The run in a folder that `cnndsl run` or `train` left: its model with the weights that were saved, what was
    measured on the way, and its data, to evaluate it on.

    `weights` are the ``last`` ones, or those of the ``best`` epoch, which `save best` keeps. `backend` is the one of
    its train block where left out: a run may go on on another one. `data` is where to look for its data set; files of
    one's own are looked for from where the run began. Raises CnnError: E806 for a folder that is no run, or that has no
    best weights, E805, E701, E702 for weights that cannot be read, are damaged or another network's, and all that is
    wrong with its program."""
    from cnndsl.data import sets
    from cnndsl.runs.saved import Run, about, weights_file

    place = _place(folder, "folder")
    if place is None:
        raise CnnError(Diagnostic("E806", "a run is loaded from the path of its folder"))
    told, history = about(place)
    network = saved(place, data, registry)
    recipe = network.recipe
    model = compile(network, backend=backend or recipe.backend).load(weights_file(place, weights))
    runner = network.registry.backend(backend_name(backend or recipe.backend))

    def dataset() -> Dataset:
        if recipe.data is None:
            raise CnnError(_no_data(network))
        return sets.load(recipe.data, network.base, network.data, _sized(network))

    return Run(place, model, recipe, told, history, dataset, runner)


def _sized(ready: Network) -> tuple[int, int, int]:
    size = ready.input
    return size.height, size.width, size.depth


def _no_data(ready: Network) -> Diagnostic:
    """E606, with sets whose images are of the input's size."""
    name, size = ready.module.source.name, ready.input
    trains = [train for train in ready.module.trains if not train.span.source.given]
    lines = [f"`{line}`" for line in fit.fitting(size)]
    where = "to its train block" if trains else "to a block `train { ... }`"
    help = (
        f"for images of {size} add {where} {', '.join(lines[:-1])} or {lines[-1]}",
        "`cnndsl explain data` says more",
    )
    place = trains[0].span if trains else None
    span = None if place is None else Span(place.source, place.start, place.start + len("train"))
    return Diagnostic("E606", f"{name} names no data to train on", span, help=help)


def train(
    network: Network | str,
    *,
    backend: str | None = None,
    out: str | os.PathLike[str] | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Trained:
    """Trains a network by its `train` block, and gives the trained model with what was measured on the way.

    `network` is a Network or a program's text. With `out`, a folder is made there with weights, program and metrics.
    `on_event` is called with every event of the training (`cnndsl.training.events`). Raises CnnError as `trainer`, and
    E804 where the loss is no longer a number.
    """
    network = _ready(network)
    _check_listener(on_event)
    place = _place(out, "out")
    teacher = trainer(network, backend=backend)
    return _trained(network, teacher, None if place is None else run_folder(network, teacher, place), on_event)


def resume(
    folder: str | os.PathLike[str],
    *,
    backend: str | None = None,
    data: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Setting] | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Trained:
    """Goes on with a run from its last checkpoint to its end, as if it had never stopped; as `train`, and `take_up`.
    `settings` are what its train block says otherwise from here on, as of `load`: ``{"epochs": 20}``."""
    _check_listener(on_event)
    return _trained(*take_up(folder, backend=backend, data=data, settings=_settings(settings)), on_event)


def _check_listener(on_event: object) -> None:
    if on_event is not None and not callable(on_event):
        message = f"`on_event` is a function that takes an event, found {type(on_event).__name__}"
        raise CnnError(Diagnostic("E806", message))


def _trained(
    network: Network, teacher: Trainer, folder: RunFolder | None, on_event: Callable[[Event], object] | None
) -> Trained:
    from cnndsl.backends.protocol import Options
    from cnndsl.runs.result import Trained, follow
    from cnndsl.training.model import Model

    history, finished = follow(teacher, folder, on_event)
    options = Options(seed=network.recipe.seed, passes=network.registry.passes)
    model = Model(teacher.backend.compile(network.graph, options), teacher.weights())
    return Trained(model, history, finished, folder.path if folder is not None else None)
