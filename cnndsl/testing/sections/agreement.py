"""The same numbers as naive, which defines the layers: outputs, running statistics and all gradients."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cnndsl.backends.protocol import Array, Objective, Options
from cnndsl.ir.graph import Graph
from cnndsl.testing.geometry import KINDS, drawn
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.objective import SGD, Squares
from cnndsl.testing.subject import Subject, batch_of, outside, random_state, spread, through
from cnndsl.testing.trial import Section, Trial, close, same_names

BOUNDS = {"float64": (1e-9, 1e-9), "float32": (1e-4, 1e-5)}
"""rtol and atol."""
TRAINED = ("residual", "inception", "pooled", "inverted residuals", "dropped")
STEPS = 20


def trials(subject: Subject) -> Iterator[Trial]:
    for number, kind in enumerate(KINDS):
        for text, graph in drawn(kind, subject.rng(100 + number), 0.5 * subject.size):
            yield Trial(text, partial(compare, subject, graph, "float64"))
        for text, graph in drawn(kind, subject.rng(200 + number), 0.25 * subject.size):
            yield Trial(f"{text} (float32)", partial(compare, subject, graph, "float32"))
    for name in NETWORKS:
        for dtype in BOUNDS:
            yield Trial(f"network {name} ({dtype})", partial(_network, subject, name, dtype))
    for name in TRAINED:
        yield Trial(f"{STEPS} steps of training {name}", partial(_trained, subject, name))


def _network(subject: Subject, name: str, dtype: str) -> float:
    return compare(subject, NETWORKS[name](), dtype)


def compare(subject: Subject, graph: Graph, dtype: str) -> float:
    """One pass in training and one outside, by both; naive computes in float64 for either."""
    rng = subject.rng(11)
    state = random_state(graph, rng)
    x = spread(rng, batch_of(graph, 3))
    dys = {name: rng.normal(size=(3, *graph[at].type.shape)) for name, at in graph.outputs.items()}
    naive, program = subject.reference(graph), subject.program(graph, dtype)
    given = {name: array.astype(dtype) for name, array in state.items()}
    found = {
        **through(program, given, x.astype(dtype), {k: dy.astype(dtype) for k, dy in dys.items()}).arrays(),
        **{f"{k} outside training": y for k, y in outside(program, given, x.astype(dtype)).arrays().items()},
    }
    expected = {
        **through(naive, state, x, dys).arrays(),
        **{f"{k} outside training": y for k, y in outside(naive, state, x).arrays().items()},
    }
    same_names("arrays", found, expected)
    rtol, atol = BOUNDS[dtype]
    return max(close(name, found[name], array, rtol=rtol, atol=atol) for name, array in expected.items())


def _trained(subject: Subject, name: str) -> float:
    """With BN and DROPOUT; the last batch of every five is smaller."""
    graph = NETWORKS[name]()
    states: list[dict[str, Array]] = []
    for backend in (subject.naive, subject.backend):
        rng = subject.rng(12)
        objective = Objective({"main": Squares()}, SGD(momentum=0.9))
        training = backend.compile_training(graph, objective, random_state(graph, rng), Options("float64", seed=1))
        for step in range(STEPS):
            count = 2 if step % 5 == 4 else 3
            x = rng.normal(size=batch_of(graph, count))
            training.step(x, {"main": rng.normal(size=(count, *graph.output().type.shape))}, step=step, lr=0.001)
        states.append({**training.state(), **training.slots()})
    expected, found = states
    same_names("state", found, expected)
    return max(close(key, found[key], array, rtol=1e-8, atol=1e-8) for key, array in expected.items())


SECTION = Section(
    "agreement",
    "the numbers of naive: float64 to 1e-9, float32 to rtol 1e-4 and atol 1e-5; 20 steps of training",
    trials,
)
