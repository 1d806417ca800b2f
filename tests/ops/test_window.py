"""The size rule: the tutorial's numbers, and an independent count of window positions."""

from __future__ import annotations

import random

import pytest

import cnndsl
from cnndsl.ops.window import fit_axis


def positions(w1: int, f: int, s: int, before: int, after: int, fit: str) -> int | None:
    """Counts windows one by one over cells numbered from -before; None where the rule must refuse."""
    last = w1 + after
    starts = [at for at in range(-before, last, s) if at + f <= last]
    if not starts:
        return None
    whole = starts[-1] + f == last
    if fit == "exact":
        return len(starts) if whole else None
    hanging = starts[-1] + s
    return len(starts) + (fit == "ceil" and not whole and hanging < w1)


def test_2000_random_geometries() -> None:
    rng = random.Random(20)
    refused = 0
    for _ in range(2000):
        window, dilate, s, w1 = rng.randint(1, 7), rng.randint(1, 3), rng.randint(1, 5), rng.randint(1, 40)
        f = (window - 1) * dilate + 1
        before, after = rng.randint(0, f - 1), rng.randint(0, f - 1)
        for fit in ("exact", "floor", "ceil"):
            axis = fit_axis(w1, window, s, dilate, (before, after), fit)  # type: ignore[arg-type]
            expected = positions(w1, f, s, before, after, fit)
            assert (axis.output if axis else None) == expected, (w1, window, dilate, s, before, after, fit)
            refused += expected is None
    assert 500 < refused < 5500


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
