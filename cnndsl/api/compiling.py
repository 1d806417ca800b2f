"""Networks made ready: compiled to be asked, or to be trained."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cnndsl.api.programs import Network, loads
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph
from cnndsl.ir.types import DTYPES
from cnndsl.plugins import Registry
from cnndsl.plugins import load as load_plugins
from cnndsl.recipe import fit
from cnndsl.source import Span

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend
    from cnndsl.training.model import Model
    from cnndsl.training.trainer import Trainer


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


def network_of(network: object) -> Network:
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

    network = network_of(network)
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
        raise CnnError(no_data(ready))
    dataset = sets.load(recipe.data, ready.base, ready.data, sized(ready))
    return Trainer(graph, recipe, dataset, runner, start=partial(begin, graph, recipe, ready.base))


def sized(ready: Network) -> tuple[int, int, int]:
    size = ready.input
    return size.height, size.width, size.depth


def no_data(ready: Network) -> Diagnostic:
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
