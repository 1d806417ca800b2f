"""Layers and networks drawn at random, small enough for loops in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cnndsl.ir.graph import Graph
from cnndsl.ir.types import Reject
from cnndsl.lang.written import written
from cnndsl.testing.build import Net

FITS = ("exact", "floor", "ceil", "same")
BIASES = ("none", "filter", "position")


def windows(rng: np.random.Generator, *, dilated: bool) -> dict[str, Any]:
    """Arguments of a window: any stride, dilation, pads and fit; some of them fit no input."""
    window = tuple(int(n) for n in rng.integers(1, 4, 2))
    dilate = tuple(int(n) for n in rng.integers(1, 3, 2)) if dilated and rng.random() < 0.4 else (1, 1)
    fit = str(rng.choice(FITS, p=[0.2, 0.3, 0.3, 0.2]))
    pad: tuple[int, ...] = (0, 0, 0, 0)
    if fit != "same" and rng.random() < 0.7:
        reach = [(f - 1) * d for f, d in zip(window, dilate, strict=True)]
        pad = tuple(int(rng.integers(0, reach[axis] + 1)) for axis in (0, 1, 0, 1))
    found = {"window": window, "stride": tuple(int(n) for n in rng.integers(1, 4, 2)), "pad": pad, "fit": fit}
    return {**found, "dilate": dilate} if dilated else found


def conv(rng: np.random.Generator) -> Graph:
    groups = int(rng.choice([1, 1, 2, 3]))
    depth, filters = (groups * int(rng.integers(1, 3)) for _ in range(2))
    bias = str(rng.choice(BIASES))

    def draw() -> Graph:
        net = Net(int(rng.integers(1, 8)), int(rng.integers(1, 8)), depth)
        net("CONV", filters=filters, groups=groups, bias=bias, **windows(rng, dilated=True))
        return net.graph()

    return fitting(draw)


def dwconv(rng: np.random.Generator) -> Graph:
    depth, times = (int(n) for n in rng.integers(1, 4, 2))
    bias = str(rng.choice(BIASES))

    def draw() -> Graph:
        net = Net(int(rng.integers(1, 8)), int(rng.integers(1, 8)), depth)
        net("DWCONV", times=times, bias=bias, **windows(rng, dilated=True))
        return net.graph()

    return fitting(draw)


def deconv(rng: np.random.Generator) -> Graph:
    groups = int(rng.choice([1, 1, 2, 3]))
    depth, filters = (groups * int(rng.integers(1, 3)) for _ in range(2))
    bias = str(rng.choice(BIASES))

    def draw() -> Graph:
        net = Net(int(rng.integers(1, 5)), int(rng.integers(1, 5)), depth)
        attrs = windows(rng, dilated=True)
        del attrs["fit"]
        most = [max(pair) for pair in zip(attrs["stride"], attrs["dilate"], strict=True)]
        extra = tuple(int(rng.integers(0, n)) for n in most)
        net("DECONV", filters=filters, groups=groups, bias=bias, extra=extra, **attrs)
        return net.graph()

    return fitting(draw)


def shape(rng: np.random.Generator) -> Graph:
    """UPSAMPLE, PAD or RESHAPE, of maps and, where they may be, of vectors."""
    height, width, depth = (int(n) for n in rng.integers(1, 5, 3))
    keyword = str(rng.choice(["UPSAMPLE", "PAD", "RESHAPE"]))
    flat = keyword != "UPSAMPLE" and rng.random() < 0.3
    attrs: dict[str, Any]
    if keyword == "UPSAMPLE":
        attrs = {"factor": tuple(int(n) for n in rng.integers(1, 5, 2))}
        attrs["method"] = str(rng.choice(["nearest", "bilinear"]))
    elif keyword == "PAD":
        attrs = {"depth": tuple(int(n) for n in rng.integers(0, 3, 2))} if flat or rng.random() < 0.5 else {}
        attrs["pad"] = (0, 0, 0, 0) if flat else tuple(int(n) for n in rng.integers(0, 3, 4))
    else:
        attrs = {"size": tuple(int(n) for n in rng.permutation([height, width, depth]))}
    net = Net(height, width, depth)
    if flat:
        net("FLATTEN")
    net(keyword, **attrs)
    return net.graph()


def pool(rng: np.random.Generator) -> Graph:
    mode = str(rng.choice(["max", "mean"]))

    def draw() -> Graph:
        net = Net(int(rng.integers(1, 8)), int(rng.integers(1, 8)), int(rng.integers(1, 3)))
        if rng.random() < 0.1:
            net("POOL", mode=mode, reach="global")
        else:
            net("POOL", mode=mode, countpad=mode == "mean" and rng.random() < 0.5, **windows(rng, dilated=False))
        return net.graph()

    return fitting(draw)


def fitting(draw: Callable[[], Graph]) -> Graph:
    """Draws until a layer takes its input."""
    while True:
        try:
            return draw()
        except Reject:
            continue


def plain(rng: np.random.Generator) -> Graph:
    """One of the layers without a window."""
    net = Net(*(int(n) for n in rng.integers(1, 4, 3)))
    if rng.random() < 0.3:
        net("FLATTEN")
    keyword, attrs = (
        ("FC", {"units": 3}),
        ("FC", {"units": 2, "bias": "none"}),
        ("BN", {"eps": 0.01}),
        ("BN", {"scale": False, "momentum": 0.3}),
        ("DROPOUT", {"rate": 0.4}),
        ("RELU", {}),
        ("SIGMOID", {}),
        ("TANH", {}),
        ("SOFTMAX", {}),
        ("FLATTEN", {}),
    )[int(rng.integers(10))]
    net(keyword, **attrs)
    return net.graph()


def activation(rng: np.random.Generator) -> Graph:
    """One activation on up to 128 values a sample, which reach past 6 and -6."""
    height, width = (int(n) for n in rng.choice([1, 4, 8], 2))
    net = Net(height, width, int(rng.integers(1, 3)))
    if rng.random() < 0.2:
        net("FLATTEN")
    keyword, attrs = (
        ("RELU6", {}),
        ("GELU", {}),
        ("SILU", {}),
        ("HSWISH", {}),
        ("HSIGMOID", {}),
        ("SOFTPLUS", {}),
        ("LEAKY", {}),
        ("LEAKY", {"slope": 0.3}),
        ("ELU", {}),
        ("ELU", {"alpha": 0.4}),
        ("PRELU", {}),
    )[int(rng.integers(11))]
    net(keyword, **attrs)
    return net.graph()


def channels(rng: np.random.Generator) -> Graph:
    """One layer that looks at depth: a norm of a sample, or channels chosen and moved."""
    groups, share = (int(n) for n in rng.integers(1, 4, 2))
    depth = groups * share
    net = Net(int(rng.integers(1, 4)), int(rng.integers(1, 4)), depth)
    if rng.random() < 0.3:
        net("FLATTEN")
        depth = net.nodes[net.last].type.depth
    start, stop = sorted(int(n) for n in rng.choice(depth + 1, 2, replace=False))
    keyword, attrs = (
        ("LRN", {"channels": 3, "alpha": 0.7, "k": 0.5}),
        ("LRN", {"channels": 5, "alpha": 2.0, "beta": 0.3}),
        ("GN", {"groups": groups, "eps": 0.01}),
        ("GN", {"groups": 1, "eps": 0.1}),
        ("LN", {"eps": 0.01}),
        ("SCALE", {}),
        ("SHUFFLE", {"groups": groups}),
        ("TAKE", {"start": start, "stop": stop}),
    )[int(rng.integers(8))]
    net(keyword, **attrs)
    return net.graph()


def multiplied(rng: np.random.Generator) -> Graph:
    """Two or three branches of an input: maps, and one value a channel as a map of 1x1 or a vector."""
    size = (1, 1) if rng.random() < 0.3 else (3, 2)
    net = Net(*size, 3)
    branches = []
    for _ in range(int(rng.integers(2, 4))):
        kind = int(rng.integers(4))
        if kind == 0:
            branches.append("input")
        elif kind == 1:
            branches.append(net("CONV", "input", window=(1, 1), filters=3))
        elif kind == 2:
            branches.append(net("POOL", "input", mode="mean", reach="global"))
        else:
            branches.append(net("FC", "input", units=3))
    net("MUL", *branches)
    return net.graph()


def joined(rng: np.random.Generator) -> Graph:
    """Two or three branches of an input, maps or vectors among them, joined."""
    flat = rng.random() < 0.3
    size = (1, 1, 3) if flat else (3, 2, 3)
    net = Net(*size)
    branches = []
    for _ in range(int(rng.integers(2, 4))):
        kind = int(rng.integers(4 if flat else 3))
        if kind == 0:
            branches.append("input")
        elif kind == 1:
            branches.append(net("TANH", "input"))
        elif kind == 2:
            branches.append(net("CONV", "input", window=(1, 1), filters=3))
        else:
            branches.append(net("FC", "input", units=3))
    net(str(rng.choice(["ADD", "CONCAT"])), *branches)
    return net.graph()


KINDS = {
    "conv": (conv, 240),
    "dwconv": (dwconv, 80),
    "deconv": (deconv, 80),
    "shape": (shape, 80),
    "pool": (pool, 120),
    "plain": (plain, 80),
    "joined": (joined, 60),
    "activation": (activation, 80),
    "channels": (channels, 80),
    "multiplied": (multiplied, 40),
}


def layers(kind: str, seed: int) -> list[Graph]:
    """Graphs of one layer each; those of joins have short branches."""
    draw, count = KINDS[kind]
    rng = np.random.default_rng(seed)
    return [draw(rng) for _ in range(count)]


def drawn(kind: str, rng: np.random.Generator, share: float) -> Iterator[tuple[str, Graph]]:
    """That share of a kind's graphs, each with its text."""
    draw, count = KINDS[kind]
    for _ in range(max(1, round(share * count))):
        graph = draw(rng)
        yield outline(graph), graph


def outline(graph: Graph) -> str:
    """The graph in one line, for a person."""
    steps = (" ".join((n.keyword, *written(n.op, n.op.dump(n.attrs)))) for n in graph.nodes[1:])  # type: ignore[arg-type]
    return f"{graph.input.type} -> {' -> '.join(steps)}"
