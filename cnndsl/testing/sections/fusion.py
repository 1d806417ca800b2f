"""Outside training steps may run as one: that must not change what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cnndsl
from cnndsl.ir.graph import Graph
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import Subject, batch_of, outside, random_state
from cnndsl.testing.trial import Section, Trial, close, same_names

BOUNDS = {"float64": 1e-11, "float32": 1e-4}
HEADS = (
    "CONV 3x3 *4 pad 1",
    "CONV 3x3 *4 groups 2 stride 2 floor bias position",
    "CONV 1x1 *4 nobias",
    "DWCONV 3x3 same",
    "DECONV 2x2 *4 stride 2 nobias",
    "FC 4",
    "FC 4 nobias",
)
TAILS = (
    "BN",
    "BN noscale -> RELU",
    "RELU6",
    "BN -> RELU6",
    "BN -> TANH",
    "LEAKY",
    "BN -> GELU",
    "RELU -> POOL max 2 ceil",
    "BN -> RELU -> POOL mean 3 stride 2 pad 1 ceil",
    "DROPOUT 0.5 -> BN -> PRELU",
)


def trials(subject: Subject) -> Iterator[Trial]:
    for head in HEADS:
        for tail in TAILS:
            if "FC" in head and "POOL" in tail:
                continue
            text = f"INPUT 8x8x4; {head} -> {tail} -> FC 3"
            yield Trial(text, partial(_written, subject, text))
    for name in NETWORKS:
        yield Trial(f"network {name}", partial(_network, subject, name))


def _written(subject: Subject, text: str) -> float:
    return _same(subject, cnndsl.loads(text).graph)


def _network(subject: Subject, name: str) -> float:
    return _same(subject, NETWORKS[name]())


def _same(subject: Subject, graph: Graph) -> float:
    rng = subject.rng(21)
    state, x = random_state(graph, rng), rng.normal(size=batch_of(graph, 3))
    worst = 0.0
    for dtype, bound in BOUNDS.items():
        given = {name: array.astype(dtype) for name, array in state.items()}
        fused = outside(subject.program(graph, dtype), given, x.astype(dtype)).outputs
        plain = outside(subject.program(graph, dtype, fuse=False), given, x.astype(dtype)).outputs
        same_names("outputs", fused, plain)
        for name, y in plain.items():
            largest = max(1.0, float(abs(y).max()))
            worst = max(worst, close(f"{name} ({dtype})", fused[name], y, rtol=bound, atol=bound * largest))
    return worst


SECTION = Section("fusion", "fused and unfused outside training: float64 to 1e-11, float32 to 1e-4", trials)
