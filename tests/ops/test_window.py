"""The size rule: the tutorial's numbers, and an independent count of window positions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

import cnndsl
from cnndsl.ir.types import Reject, TensorType
from cnndsl.ops.axis import Windows, fit_axis
from cnndsl.ops.spec import Op
from cnndsl.ops.window import lost

FITS = ("exact", "floor", "ceil", "same")


def positions(w1: int, f: int, s: int, before: int, after: int, fit: str) -> int | None:
    """Slides a window over cells numbered from -before and counts; None where the language refuses."""
    if fit == "same":
        return len(range(0, w1, s))  # ceil(W1/S)
    last = w1 + after
    starts = [at for at in range(-before, last, s) if at + f <= last]
    if not starts:
        return None  # not one full window: an error under `ceil` too
    left_over = last - (starts[-1] + f)
    if fit == "exact":
        return None if left_over else len(starts)
    hanging = starts[-1] + s  # `ceil` lets it hang over if it starts inside the input or its leading pad
    return len(starts) + (fit == "ceil" and left_over > 0 and hanging < w1)


def test_2000_random_geometries_along_an_axis() -> None:
    rng = random.Random(20)
    refused = 0
    for _ in range(2000):
        window, dilate, s, w1 = rng.randint(1, 7), rng.randint(1, 3), rng.randint(1, 5), rng.randint(1, 40)
        f = (window - 1) * dilate + 1
        before, after = rng.randint(0, f - 1), rng.randint(0, f - 1)
        for fit in FITS:
            axis = fit_axis(w1, window, s, dilate, (before, after), fit)  # type: ignore[arg-type]
            expected = positions(w1, f, s, before, after, fit)
            assert (axis.output if axis else None) == expected, (w1, window, dilate, s, before, after, fit)
            refused += expected is None
    assert 500 < refused < 5500


def pair(rng: random.Random, low: int, high: int) -> tuple[int, int]:
    return rng.randint(low, high), rng.randint(low, high)


def drawn(rng: random.Random, keyword: str, fit: str) -> dict[str, Any]:
    """Arguments of a layer with windows, pads below the window's extent."""
    window, dilate = pair(rng, 1, 5), pair(rng, 1, 3) if keyword != "POOL" and rng.random() < 0.4 else (1, 1)
    extents = [(f - 1) * d + 1 for f, d in zip(window, dilate, strict=True)]
    pad = tuple(rng.randint(0, extents[axis] - 1) for axis in (0, 1, 0, 1))
    if fit == "same" or rng.random() < 0.4:
        pad = (0, 0, 0, 0)
    found: dict[str, Any] = {"window": window, "stride": pair(rng, 1, 4), "pad": pad, "fit": fit}
    match keyword:
        case "POOL":
            return {**found, "mode": rng.choice(["max", "mean"])}
        case "DWCONV":
            return {**found, "dilate": dilate, "times": rng.randint(1, 3)}
        case _:
            return {**found, "dilate": dilate, "filters": rng.randint(1, 4)}


@pytest.mark.parametrize("fit", FITS)
def test_2000_random_layers(fit: str, layers: Mapping[str, Op]) -> None:
    """Of CONV, DWCONV and POOL: both sizes are the counts, or the layer is refused where a count is none."""
    rng = random.Random(FITS.index(fit))
    refused = 0
    for _ in range(2000):
        keyword = rng.choice(["CONV", "DWCONV", "POOL"])
        op, given = layers[keyword], drawn(rng, keyword, fit)
        x = TensorType(*pair(rng, 1, 30), rng.randint(1, 3))
        expected = []
        for axis, w1 in enumerate((x.height, x.width)):
            f = (given["window"][axis] - 1) * given.get("dilate", (1, 1))[axis] + 1
            expected.append(positions(w1, f, given["stride"][axis], given["pad"][axis], given["pad"][axis + 2], fit))
        if None in expected:
            with pytest.raises(Reject) as caught:
                op.infer(op.attrs(**given), (x,))
            assert caught.value.code in ("E301", "E302")
            refused += 1
            continue
        y = op.infer(op.attrs(**given), (x,))
        assert [y.height, y.width] == expected, (keyword, given, x)
        depth = {"POOL": x.depth, "DWCONV": x.depth * given.get("times", 1), "CONV": given.get("filters")}
        assert y.depth == depth[keyword]
    assert refused < 1900
    assert (refused > 100) == (fit != "same")


def spoiled(rng: random.Random, keyword: str) -> tuple[dict[str, Any], TensorType, str]:
    """Arguments and an input that do not go together, and the code that says so."""
    given = drawn(rng, keyword, rng.choice(FITS))
    x = TensorType(*pair(rng, 1, 12), rng.randint(1, 4))
    axis = rng.randint(0, 1)
    f, s = given["window"][axis], given["stride"][axis]
    extent = (f - 1) * given.get("dilate", (1, 1))[axis] + 1
    size = [x.height, x.width]
    kinds = ["vector", "pad", "large", "rest"] + ["same"] * (extent > 1) + ["groups", "depth"] * (keyword == "CONV")
    kind = rng.choice(kinds)
    if kind == "vector":
        return given, TensorType.vector(x.depth), "E304"
    if kind in ("groups", "depth"):
        given["fit"], given["pad"] = "same", (0, 0, 0, 0)
        if kind == "groups":
            given["groups"] = rng.choice([x.depth + 1, 9_999_999_999])
            return given, x, "E306"
        given["window"] = (*given["window"], x.depth + rng.randint(1, 70_000))
        return given, x, "E303"
    if kind == "same":
        given["fit"] = "same"
        given["pad"] = tuple(extent - 1 if side % 2 == axis else 0 for side in range(4))
        return given, x, "E207"
    if kind == "pad":
        given["fit"] = rng.choice(["exact", "floor", "ceil"])
        wide = rng.choice([axis, axis + 2])
        given["pad"] = tuple(extent + rng.choice([0, 1, 70_000]) if n == wide else 0 for n in range(4))
        return given, x, "E305"
    if kind == "large":
        given["fit"] = rng.choice(["exact", "floor", "ceil"])
        size[axis] = rng.randint(1, 6)
        larger = size[axis] + sum(given["pad"][axis::2]) + rng.choice([1, 2, 65_000])
        given["window"] = tuple(larger if n == axis else f for n, f in enumerate(given["window"]))
        return given, TensorType(size[0], size[1], x.depth), "E302"
    given["fit"], given["pad"] = "exact", (0, 0, 0, 0)
    s = max(2, s)
    given["stride"] = tuple(s if n == axis else 1 for n in (0, 1))
    extents = [(f - 1) * d + 1 for f, d in zip(given["window"], given.get("dilate", (1, 1)), strict=True)]
    size = [extents[0] + rng.randint(0, 9), extents[1] + rng.randint(0, 9)]
    size[axis] = extents[axis] + s * rng.randint(0, 9) + rng.randint(1, s - 1)
    return given, TensorType(size[0], size[1], x.depth), "E301"


def test_2000_bad_geometries_are_refused(layers: Mapping[str, Op]) -> None:
    rng = random.Random(21)
    for _ in range(2000):
        keyword = rng.choice(["CONV", "DWCONV", "POOL"])
        given, x, code = spoiled(rng, keyword)
        op = layers[keyword]
        with pytest.raises(Reject) as caught:
            op.infer(op.attrs(**given), (x,))
        assert caught.value.code == code, (keyword, given, x, caught.value.message)
        assert caught.value.message


def test_what_floor_drops() -> None:
    """Counted row by row: real rows behind the last window, for windows that leave no gaps between them."""
    rng = random.Random(22)
    seen = set()
    for _ in range(500):
        window, dilate = pair(rng, 1, 4), pair(rng, 1, 2)
        extents = [(f - 1) * d + 1 for f, d in zip(window, dilate, strict=True)]
        stride = (rng.randint(1, extents[0]), rng.randint(1, extents[1]))
        top, left, bottom, right = (rng.randint(0, extents[axis] - 1) for axis in (0, 1, 0, 1))
        x = TensorType(extents[0] + rng.randint(0, 9), extents[1] + rng.randint(0, 9), 1)
        a = Windows(window, stride, (top, left, bottom, right), "floor", dilate)
        counted = []
        for axis, (w1, before, after) in enumerate(((x.height, top, bottom), (x.width, left, right))):
            covered: set[int] = set()
            for at in range(-before, w1 + after, stride[axis]):
                if at + extents[axis] <= w1 + after:
                    covered |= set(range(at, at + extents[axis]))
            counted.append(len(set(range(w1)) - covered))
        assert list(lost(a, x)) == counted, (a, x)
        seen.add(tuple(counted))
        assert lost(Windows(window, stride, (top, left, bottom, right), "ceil", dilate), x) == (0, 0)
    assert len(seen) > 5
    assert lost(Windows((2, 2), (2, 2), (0, 0, 0, 0), "floor"), TensorType(7, 8, 1)) == (1, 0)
    # one row of pad is left over, no row of the input
    assert lost(Windows((3, 3), (2, 2), (1, 1, 1, 1), "floor"), TensorType(8, 8, 1)) == (0, 0)
    # a 1x1 window at stride 2 passes over every other row, and over the last one as over those before
    assert lost(Windows((1, 1), (2, 2), (0, 0, 0, 0), "floor"), TensorType(8, 7, 1)) == (0, 0)
    assert lost(Windows((1, 1), (3, 3), (0, 0, 0, 0), "floor"), TensorType(6, 7, 1)) == (0, 0)


@pytest.mark.parametrize(
    ("w1", "f", "s", "p", "expected"),
    [
        (5, 3, 1, 0, 3),  # the tutorial's section 5.1.1
        (5, 3, 2, 0, 2),  # 5.1.2
        (5, 3, 2, 1, 3),  # 5.1.3, where its picture's 7x7 already has the padding in it
        (7, 3, 2, 1, 4),
        (32, 5, 1, 0, 28),
        (227, 11, 4, 0, 55),
        (224, 7, 2, 3, None),  # 112.5
    ],
)
def test_the_rule_on_known_sizes(w1: int, f: int, s: int, p: int, expected: int | None) -> None:
    axis = fit_axis(w1, f, s, 1, (p, p), "exact")
    assert (axis.output if axis else None) == expected


@pytest.mark.parametrize(
    ("w1", "f", "s", "pads", "out"),
    [(28, 5, 1, (2, 2), 28), (28, 2, 1, (0, 1), 28), (7, 3, 2, (1, 1), 4), (8, 3, 2, (0, 1), 4), (5, 1, 2, (0, 0), 3)],
)
def test_same(w1: int, f: int, s: int, pads: tuple[int, int], out: int) -> None:
    """ceil(W1/S), with the odd row of padding at the end."""
    axis = fit_axis(w1, f, s, 1, (0, 0), "same")
    assert axis is not None
    assert (axis.output, axis.before, axis.after) == (out, *pads)


def test_a_hanging_window_starts_inside() -> None:
    # 5 cells, windows of 2 at 0, 3, 6: the third would start outside
    axis = fit_axis(5, 2, 3, 1, (0, 1), "ceil")
    assert axis is not None
    assert axis.output == 2
    # 3 cells with a leading pad of 1, windows of 2 at -1, 1, 3: the third would start outside
    axis = fit_axis(3, 2, 2, 1, (1, 0), "ceil")
    assert axis is not None
    assert axis.output == 2
    # 4 cells, windows of 3 at 0 and 2: the second hangs over by 1
    axis = fit_axis(4, 3, 2, 1, (0, 0), "ceil")
    assert axis is not None
    assert (axis.output, axis.overhang, axis.padded) == (2, 1, 5)


def test_the_card() -> None:
    graph = cnndsl.loads("INPUT 7x7x3\nCONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10").graph
    assert [str(n.type) for n in graph] == ["7x7x3", "4x4x2", "2x2x2", "10"]
    assert sum(p.count for p in graph["conv1"].params) == 56


def test_a_thousand_by_a_thousand_pixels_to_a_hundred_units() -> None:
    assert cnndsl.loads("INPUT 1000x1000x1; FC 100").graph.parameter_count == 100_000_100
