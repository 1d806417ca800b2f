"""Sizes, arithmetic, parameters, work and reach of the layers that change sizes, by hand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction

import pytest

import cnndsl
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import Reject, TensorType
from cnndsl.ops.spec import Op


def only(text: str) -> tuple[Graph, Node]:
    """The last layer of a text."""
    graph = cnndsl.loads(text).graph
    return graph, graph.nodes[-1]


@pytest.mark.parametrize(
    ("text", "size", "arithmetic"),
    [
        ("INPUT 14x14x8; DECONV 4x4 *2 stride 2 pad 1", "28x28x2", "(14 - 1)*2 - 2*1 + 4 + 0 = 28"),
        ("INPUT 14x14x8; DECONV 3 *2 stride 2 pad 1 extra 1", "28x28x2", "(14 - 1)*2 - 2*1 + 3 + 1 = 28"),
        (
            "INPUT 3x4x1; DECONV 2x3 *1 stride 2x1 pad 0x1x1x0 dilate 1x2 extra 1x0",
            "6x7x1",
            "H: (3 - 1)*2 - (0 + 1) + 2 + 1 = 6; W: (4 - 1)*1 - (1 + 0) + 5 + 0 = 7",
        ),
        ("INPUT 1x1x100; DECONV 7 *3", "7x7x3", "(1 - 1)*1 - 2*0 + 7 + 0 = 7"),
        ("INPUT 8x8x4; DWCONV 3 stride 2 pad 1 floor", "4x4x4", "(8 - 3 + 2*1)/2 + 1 = 4.5, floor 4"),
        ("INPUT 8x8x4; DWCONV 3x1 times 3 same", "8x8x12", "ceil(8/1) = 8"),
        ("INPUT 7x7x5; UPSAMPLE 2", "14x14x5", "7*2 = 14"),
        ("INPUT 7x5x5; UPSAMPLE 2x3 bilinear", "14x15x5", "H: 7*2 = 14; W: 5*3 = 15"),
        ("INPUT 7x7x5; PAD 1", "9x9x5", "7 + 2*1 = 9"),
        ("INPUT 7x7x5; PAD 1x2", "9x11x5", "H: 7 + 2*1 = 9; W: 7 + 2*2 = 11"),
        ("INPUT 7x7x5; PAD 1x2x1x3", "9x12x5", "H: 7 + 2*1 = 9; W: 7 + (2 + 3) = 12"),
        ("INPUT 7x7x5; PAD 0x1x0x1", "7x9x5", "W: 7 + 2*1 = 9"),
        ("INPUT 32x32x16; PAD depth 8x8", "32x32x32", "D: 16 + 8 + 8 = 32"),
        ("INPUT 32x32x16; PAD depth 8", "32x32x32", "D: 16 + 8 + 8 = 32"),
        ("INPUT 32x32x16; PAD depth 0x3", "32x32x19", "D: 16 + 0 + 3 = 19"),
        ("INPUT 2x2x1; PAD 0x0x1x0 depth 1x0", "3x2x2", "H: 2 + (0 + 1) = 3; D: 1 + 1 + 0 = 2"),
        ("INPUT 2x2x1; FC 5; PAD depth 1x2", "8", "D: 5 + 1 + 2 = 8"),
        ("INPUT 2x2x1; FC 98; RESHAPE 7x7x2", "7x7x2", "7*7*2 = 98"),
        ("INPUT 8x8x3; RESHAPE 4x16x3", "4x16x3", "4*16*3 = 192"),
        ("INPUT 8x8x3; CONV 3 *4 stride 2 floor exact", None, None),
    ],
)
def test_sizes(text: str, size: str | None, arithmetic: str | None) -> None:
    if size is None:
        assert [d.code for d in cnndsl.check(text)] == ["E205"]
        return
    graph, node = only(text)
    assert str(node.type) == size
    assert graph.arithmetic(node) == arithmetic


@pytest.mark.parametrize(
    ("text", "shapes", "macs"),
    [
        # AlphaGo's last layer: 192 weights and a bias for each of 361 positions
        ("INPUT 19x19x192; CONV 1x1 *1 bias position", {"weight": (1, 192, 1, 1), "bias": (1, 19, 19)}, 361 * 192),
        ("INPUT 8x8x4; CONV 3 *6 groups 2 nobias", {"weight": (6, 2, 3, 3)}, 36 * 6 * 9 * 2),
        # 36 positions, 12 maps, 3*2 taps
        ("INPUT 8x7x4; DWCONV 3x2 times 3", {"weight": (12, 1, 3, 2), "bias": (12,)}, 36 * 12 * 6),
        ("INPUT 8x8x4; DWCONV 3 bias position", {"weight": (4, 1, 3, 3), "bias": (4, 6, 6)}, 36 * 4 * 9),
        # every one of 5x5 cells, 4*4 taps, 4 channels to 6/2 maps each
        (
            "INPUT 5x5x4; DECONV 4 *6 groups 2 stride 2 pad 1",
            {"weight": (4, 3, 4, 4), "bias": (6,)},
            25 * 16 * 4 * 3,
        ),
        ("INPUT 2x2x3; DECONV 2 *5 bias position", {"weight": (3, 5, 2, 2), "bias": (5, 3, 3)}, 4 * 4 * 3 * 5),
        ("INPUT 2x2x3; DECONV 2 *5 nobias", {"weight": (3, 5, 2, 2)}, 4 * 4 * 3 * 5),
        ("INPUT 2x2x3; UPSAMPLE 2", {}, 0),
        ("INPUT 2x2x3; PAD 2", {}, 0),
        ("INPUT 2x2x3; RESHAPE 1x1x12", {}, 0),
    ],
)
def test_parameters_and_macs(text: str, shapes: dict[str, tuple[int, ...]], macs: int) -> None:
    graph, node = only(text)
    assert {p.name: p.shape for p in node.params} == shapes
    assert [p.decays for p in node.params] == [p.name == "weight" for p in node.params]
    assert graph.macs == macs


def test_fans_count_what_a_cell_sees_and_feeds() -> None:
    """F*F*D/groups in, F*F*N/groups out."""
    for text, fan in [
        ("INPUT 8x8x4; CONV 3 *6 groups 2", (18, 27)),
        ("INPUT 8x8x4; DWCONV 3 times 2", (9, 18)),
        ("INPUT 8x8x4; DECONV 3 *6 groups 2", (18, 27)),
    ]:
        assert only(text)[1].params[0].fan == fan


HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@pytest.mark.parametrize(
    ("text", "extent", "step"),
    [
        ("CONV 3x5 *2 stride 2x1 same", (3, 5), (2, 1)),
        ("CONV 3 *2 dilate 2x3", (5, 7), (1, 1)),
        ("DWCONV 3 stride 3 same", (3, 3), (3, 3)),
        ("POOL max 3 stride 2 same", (3, 3), (2, 2)),
        ("POOL max 2", (2, 2), (2, 2)),
        ("POOL mean global", (8, 12), (8, 12)),
        ("DECONV 4 *2 stride 2 pad 1", (2, 2), (HALF, HALF)),
        ("DECONV 2x3 *2 stride 2x1", (1, 3), (HALF, 1)),
        ("DECONV 3 *2 dilate 2 stride 3", (2, 2), (THIRD, THIRD)),
        ("UPSAMPLE 2x3", (1, 1), (HALF, THIRD)),
        ("UPSAMPLE 2x1 bilinear", (2, 1), (HALF, 1)),
        ("PAD 3", (1, 1), (1, 1)),
        ("FC 3", (8, 12), (1, 1)),
        ("RESHAPE 12x8x3", (8, 12), (1, 1)),
        ("RELU", (1, 1), (1, 1)),
    ],
)
def test_reach(text: str, extent: tuple[int, int], step: tuple[Fraction, Fraction]) -> None:
    graph, node = only(f"INPUT 8x12x3; {text}")
    reach = node.op.reach(node.attrs, graph.input_types(node), node.type)
    assert (reach.extent, reach.step) == (extent, step)


def test_deconv_is_the_size_that_conv_comes_from(layers: Mapping[str, Op]) -> None:
    """Laid out cell by cell: the last cell of the last window, less the pads, and the extra; and the CONV of the same
    arguments with `floor` leads back, where the extra is below the stride."""
    rng = random.Random(40)
    conv, deconv = layers["CONV"], layers["DECONV"]
    refused = 0
    for _ in range(2000):
        window, stride, dilate = ((rng.randint(1, 5), rng.randint(1, 5)) for _ in range(3))
        extents = [(f - 1) * d + 1 for f, d in zip(window, dilate, strict=True)]
        top, left, bottom, right = (rng.randint(0, extents[axis] - 1) for axis in (0, 1, 0, 1))
        extra = (rng.randint(0, max(stride[0], dilate[0]) - 1), rng.randint(0, max(stride[1], dilate[1]) - 1))
        x = TensorType(rng.randint(1, 9), rng.randint(1, 9), 1)
        cells = []
        for axis, (w1, before, after) in enumerate(((x.height, top, bottom), (x.width, left, right))):
            reached = {
                i * stride[axis] + m * dilate[axis] for i in range(w1) for m in range(window[axis])
            }  # first and last are always among them
            cells.append(len(range(min(reached) + before, max(reached) + 1 - after + extra[axis])))
        shared = {"window": window, "stride": stride, "dilate": dilate, "pad": (top, left, bottom, right), "filters": 1}
        a = deconv.attrs(**shared, extra=extra)
        if min(cells) < 1:
            with pytest.raises(Reject, match="below 1"):
                deconv.infer(a, (x,))
            refused += 1
            continue
        y = deconv.infer(a, (x,))
        assert [y.height, y.width] == cells
        if all(e < s for e, s in zip(extra, stride, strict=True)):
            assert conv.infer(conv.attrs(**shared, fit="floor"), (y,)) == x
    assert 20 < refused < 1000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DECONV 3 *2 extra 1", ["E307 2:13"]),
        ("DECONV 3 *2 stride 2x1 extra 1", ["E307 2:24"]),
        ("DECONV 3 *2 dilate 2 extra 1", []),
        ("DECONV 3 *2 pad 3", ["E305 2:13"]),
        ("DECONV 1 *2 stride 3 pad 0x0x1x0", ["E305 2:22"]),
        ("DECONV 3 *2 groups 3", ["E306 2:13"]),
        ("DECONV 3 *2 floor", ["E203 2:13"]),
        ("DECONV 3", ["E202 2:1"]),
        ("POOL max global -> DECONV 3 *2 pad 2", ["E308 2:32"]),
        ("DWCONV 3 groups 2", ["E203 2:10"]),
        ("DWCONV 3 times 0", ["E204 2:16"]),
        ("DWCONV 3 pad 3", ["E305 2:10"]),
        ("DWCONV 3 stride 2", ["E301 2:10"]),
        ("DWCONV 9", ["E302 2:8"]),
        ("CONV 3 *2 bias", ["E206 2:11"]),
        ("CONV 3 *2 nobias bias filter", ["E205 2:18"]),
        ("UPSAMPLE 0", ["E204 2:10"]),
        ("UPSAMPLE 2x2x2", ["E204 2:10"]),
        ("UPSAMPLE 2 nearest bilinear", ["E205 2:20"]),
        ("FLATTEN -> UPSAMPLE 2", ["E304 2:12"]),
        ("FLATTEN -> PAD 1", ["E304 2:12"]),
        ("FLATTEN -> PAD 1 depth 1", ["E304 2:12"]),
        ("FLATTEN -> DECONV 3 *2", ["E304 2:12"]),
        ("FLATTEN -> DWCONV 3", ["E304 2:12"]),
        ("PAD", ["E202 2:1"]),
        ("PAD 0", ["E202 2:5"]),
        ("PAD 0 depth 0", ["E202 2:5"]),
        ("PAD 1x2x3", ["E204 2:5"]),
        ("PAD depth 1x2x3", ["E204 2:11"]),
        ("RESHAPE 8x8", ["E204 2:9"]),
        ("RESHAPE 8x8x5", ["E309 2:9"]),
    ],
)
def test_what_is_refused(text: str, expected: list[str]) -> None:
    found = cnndsl.check(f"INPUT 8x8x4\n{text}")
    assert [f"{d.code} {d.span.line}:{d.span.column}" for d in found if d.span] == expected
