"""Layers and networks drawn at random, small enough for loops in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnndsl.ir.graph import Graph
from cnndsl.ir.types import Reject

from .support import Net

FITS = ("exact", "floor", "ceil", "same")
BIASES = ("none", "filter", "position")


def windows(rng: np.random.Generator, *, dilated: bool) -> dict[str, Any]:
    """Arguments of a window: any stride, dilation, pads and fit; some of them fit no input."""
    window = tuple(int(n) for n in rng.integers(1, 4, 2))
    dilate = tuple(int(n) for n in rng.integers(1, 3, 2)) if dilated and rng.random() < 0.4 else (1, 1)
    fit = str(rng.choice(FITS, p=[0.2, 0.3, 0.3, 0.2]))
    pad = (0, 0, 0, 0)
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
    net = Net(*(int(n) for n in rng.choice([1, 4, 8], 2)), int(rng.integers(1, 3)))
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


def residual() -> Graph:
    net = Net(5, 5, 2)
    start = net("CONV", window=(3, 3), filters=3, pad=(1, 1, 1, 1), bias="none")
    net("BN")
    first = net("TANH")
    net("CONV", window=(3, 3), filters=3, pad=(1, 1, 1, 1), bias="none")
    deep = net("BN", scale=False)
    net("ADD", deep, first, start)
    net("POOL", mode="mean", reach="global")
    net("FC", units=3)
    return net.graph()


def inception() -> Graph:
    net = Net(6, 5, 2)
    a = net("CONV", window=(1, 1), filters=2)
    net("CONV", "input", window=(1, 1), filters=2)
    b = net("CONV", window=(3, 3), filters=2, pad=(1, 1, 1, 1))
    net("POOL", "input", mode="max", window=(3, 3), stride=(1, 1), pad=(1, 1, 1, 1))
    c = net("CONV", window=(1, 1), filters=1)
    net("CONCAT", a, b, c, "input")
    net("SIGMOID")
    net("DROPOUT", rate=0.3)
    net("POOL", mode="mean", window=(2, 2), fit="ceil", countpad=True)
    net("FC", units=4)
    net("SOFTMAX")
    return net.graph()


def two_outputs() -> Graph:
    """The output `side` is read by the main flow too."""
    net = Net(4, 4, 1)
    net("CONV", window=(2, 2), filters=2, stride=(2, 2))
    side = net("TANH")
    net("FC", units=3)
    net("BN", eps=0.1)
    main = net("FC", units=2)
    return net.graph(main=main, side=side)


def gated() -> Graph:
    """Squeeze and excitation, as MobileNetV3 writes it, between channels that are split, shuffled and normed."""
    net = Net(4, 3, 4)
    left = net("TAKE", start=0, stop=2)
    net("TAKE", "input", start=2, stop=4)
    net("CONV", window=(3, 3), filters=4, pad=(1, 1, 1, 1), bias="none")
    net("GN", groups=2)
    right = net("HSWISH")
    net("CONCAT", left, right)
    x = net("SHUFFLE", groups=3)
    net("POOL", mode="mean", reach="global")
    net("FC", units=2)
    net("PRELU")
    net("FC", units=6)
    gate = net("HSIGMOID")
    net("MUL", x, gate)
    net("SCALE")
    net("LN")
    net("GELU")
    net("FC", units=2)
    return net.graph()


def twice() -> Graph:
    """A tensor that is used twice by one layer, and that layer's output again."""
    net = Net(3, 3, 2)
    x = net("CONV", window=(2, 2), filters=2)
    y = net("ADD", x, x)
    z = net("ADD", y, x)
    net("CONCAT", z, y, z)
    return net.graph()


def pooled() -> Graph:
    net = Net(7, 6, 1)
    net("CONV", window=(3, 3), filters=4, fit="same", stride=(2, 1), groups=1)
    net("RELU")
    net("CONV", window=(2, 3), filters=4, groups=2, dilate=(1, 2), pad=(0, 1, 1, 2))
    net("RELU")
    net("POOL", mode="max", window=(3, 2), stride=(2, 2), fit="ceil")
    net("POOL", mode="max", window=(2, 2), stride=(1, 1))
    net("FLATTEN")
    net("DROPOUT", rate=0.5)
    net("FC", units=3, bias="none")
    return net.graph()


NETWORKS = {made.__name__: made for made in (residual, inception, two_outputs, gated, twice, pooled)}
