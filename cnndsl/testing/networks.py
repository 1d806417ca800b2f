"""Whole networks, small enough for loops in Python: what a backend must keep apart and put together."""

from __future__ import annotations

from collections.abc import Callable

import cnndsl
from cnndsl.ir.graph import Graph
from cnndsl.testing.build import Net


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


TEXTS = {
    "lenet": ("INPUT 12x12x1; CONV 5x5 *3 pad 2 tanh; POOL mean 2; CONV 3x3 *4 tanh; POOL mean 2; FC 6 tanh; FC 4"),
    "plain, with everything odd": (
        "INPUT 9x7x2; CONV 3x2 *3 stride 2x1 pad 1x0 floor elu; CONV 2x2 *3 same; POOL max 3x2 stride 2x1 ceil; FC 3"
    ),
    "bias by position": "INPUT 5x6x2; CONV 3x3 *2 bias position; SILU; DWCONV 2x2 times 2 bias position; FC 3",
    "separable": (
        "INPUT 8x8x3; [ DWCONV 3x3 pad 1 nobias -> BN -> RELU6 -> CONV 1x1 *4 nobias -> BN -> RELU6 ]*2;"
        " POOL mean global; FC 3"
    ),
    "inverted residuals": (
        "INPUT 6x6x4; [ ADD( CONV 1x1 *8 nobias -> BN -> RELU6 -> DWCONV 3x3 pad 1 nobias -> BN -> RELU6"
        " -> CONV 1x1 *4 nobias -> BN | ID ) ]*2; FC 3"
    ),
    "encoder and decoder": (
        "INPUT 8x8x2; CONV 3x3 *3 pad 1 as top; POOL max 2; CONV 3x3 *4 pad 1 relu; UPSAMPLE 2 bilinear;"
        " CONCAT( ID | @top ); CONV 1x1 *2"
    ),
    "transposed": (
        "INPUT 4x4x3; CONV 3x3 *4 stride 2 pad 1 floor leaky; DECONV 3x3 *2 stride 2 pad 1 extra 1 "
        "leaky; CONV 3x3 *1 same sigmoid"
    ),
    "grouped and shuffled": (
        "INPUT 6x6x4; CONV 1x1 *8 groups 4 nobias; SHUFFLE 4; CONV 3x3 *8 groups 2 pad 1 gelu; POOL mean 2; FC 3"
    ),
    "dense": ("INPUT 5x5x2; [ CONCAT( BN -> RELU -> CONV 3x3 *2 pad 1 nobias | ID ) ]*3; POOL mean global; FC 3"),
    "normed by sample": "INPUT 5x5x4; CONV 3x3 *4 pad 1; GN 2; HSWISH; CONV 3x3 *4; LN; SOFTPLUS; FC 3",
    "responses": "INPUT 6x6x3; CONV 3x3 *6 relu; LRN 3 alpha 0.5 k 2; POOL max 2; FC 3; SOFTMAX",
    "padded and reshaped": "INPUT 4x5x2; PAD 1x0x2x1 depth 1x0; CONV 3x3 *2 dilate 2 pad 1; RESHAPE 4x5x2; TANH; FC 3",
    "two heads": ("INPUT 6x6x2; CONV 3x3 *4 prelu; HEAD side( POOL mean global -> FC 2 ); CONV 3x3 *4; SCALE; FC 3"),
    "dropped": "INPUT 6x6x1; CONV 3x3 *4 relu; DROPOUT 0.3; FC 8 relu; DROPOUT 0.5; FC 3; SOFTMAX",
}
"""Name to program."""


def _written(text: str) -> Callable[[], Graph]:
    return lambda: cnndsl.loads(text).graph


NETWORKS: dict[str, Callable[[], Graph]] = {
    **{made.__name__.replace("_", " "): made for made in (residual, inception, two_outputs, gated, twice, pooled)},
    **{name: _written(text) for name, text in TEXTS.items()},
}
"""Twenty networks by name."""
