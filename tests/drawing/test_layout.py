"""Where boxes and lines go: what must hold of every picture, on networks and on graphs drawn at random."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations

import pytest

from cnndsl.drawing.layout import Layout, Place, layout
from cnndsl.drawing.nested import Chain, Group, Line, nested

Inputs = Sequence[Sequence[int]]


def nesting(seed: int) -> list[list[int]]:
    """Branches in branches, as the language writes them."""
    pick = random.Random(seed)
    inputs: list[list[int]] = [[]]

    def box(*starts: int) -> int:
        inputs.append(list(starts))
        return len(inputs) - 1

    def chain(start: int, depth: int) -> int:
        for _ in range(pick.randint(1, 3)):
            if depth and pick.random() < 0.5:
                branches = pick.randint(2, 4)
                start = box(*(start if pick.random() < 0.3 else chain(start, depth - 1) for _ in range(branches)))
            else:
                start = box(start)
        return start

    chain(0, 3)
    return inputs


def anyhow(seed: int) -> list[list[int]]:
    """Any graph at all: what labels and heads can make."""
    pick = random.Random(seed)
    inputs: list[list[int]] = [[]]
    for box in range(1, pick.randint(4, 25)):
        near = [max(0, box - 1 - int(pick.expovariate(0.5))) for _ in range(pick.choice((1, 1, 1, 2, 2, 3)))]
        inputs.append(near)
    return inputs


def sizes(inputs: Inputs, seed: int) -> list[tuple[float, float]]:
    pick = random.Random(seed)
    return [(pick.randint(80, 260), pick.choice((30, 48, 66))) for _ in inputs]


def inside(a: float, low: float, high: float) -> bool:
    return low + 1e-6 < a < high - 1e-6


def hits(place: Place, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether a level or upright piece of a line runs through a box."""
    (x0, x1), (y0, y1) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    right, bottom = place.x + place.width, place.y + place.height
    return x0 < right - 1e-6 and x1 > place.x + 1e-6 and y0 < bottom - 1e-6 and y1 > place.y + 1e-6


def check(inputs: Inputs, drawn: Layout) -> None:
    places = drawn.places
    for one, other in combinations(places, 2):
        apart_x = one.x + one.width <= other.x + 1e-6 or other.x + other.width <= one.x + 1e-6
        apart_y = one.y + one.height <= other.y + 1e-6 or other.y + other.height <= one.y + 1e-6
        assert apart_x or apart_y
    for place in places:
        assert place.x >= -1e-6
        assert place.x + place.width <= drawn.width + 1e-6
        assert place.y >= 0
        assert place.y + place.height <= drawn.height + 1e-6
    lines = sorted((start, end) for end, starts in enumerate(inputs) for start in starts)
    assert sorted((route.start, route.end) for route in drawn.routes) == lines
    for route in drawn.routes:
        start, end = places[route.start], places[route.end]
        assert route.points[0] == pytest.approx((start.axis, start.y + start.height))
        assert route.points[-1] == pytest.approx((end.axis, end.y))
        for a, b in zip(route.points, route.points[1:], strict=False):
            assert a[0] == pytest.approx(b[0]) or a[1] == pytest.approx(b[1])
            assert a[1] <= b[1] + 1e-6  # never upwards
            assert not any(hits(place, a, b) for place in places)


@pytest.mark.parametrize("seed", range(60))
def test_boxes_are_apart_and_no_line_runs_through_one(seed: int) -> None:
    for inputs in (nesting(seed), anyhow(seed)):
        check(inputs, layout(sizes(inputs, seed), inputs, len(inputs) - 1 if seed % 2 else None))


def crossings(drawn: Layout) -> int:
    """How often a level piece of one line crosses an upright piece of another, that neither ends nor begins there."""
    pieces = [
        (route, a, b) for route in drawn.routes for a, b in zip(route.points, route.points[1:], strict=False) if a != b
    ]
    level = [(r, *sorted((a[0], b[0])), a[1]) for r, a, b in pieces if a[1] == b[1]]
    upright = [(r, *sorted((a[1], b[1])), a[0]) for r, a, b in pieces if a[0] == b[0]]
    return sum(
        inside(x, x0, x1) and inside(y, y0, y1)
        for one, x0, x1, y in level
        for other, y0, y1, x in upright
        if {one.start, one.end}.isdisjoint({other.start, other.end})
    )


@pytest.mark.parametrize("seed", range(60))
def test_branches_that_nest_do_not_cross(seed: int) -> None:
    inputs = nesting(seed)
    assert nested(inputs)[1] == ()
    assert crossings(layout(sizes(inputs, seed), inputs)) == 0


def test_nested() -> None:
    # 0 -> 1 -> 2 -> 4, 0 -> 3 -> 4, 0 -> 4; then the end, 5
    part, apart = nested([[], [0], [1], [0], [2, 0, 3]])
    assert apart == ()
    two = Chain((Line(0, 1, 0), Line(1, 2, 0), Line(2, 4, 0)), (1, 2))
    group = Group((two, Line(0, 4, 1), Chain((Line(0, 3, 0), Line(3, 4, 2)), (3,))))
    assert part == Chain((group, Line(4, 5, 0)), (4,))


def test_what_does_not_nest_is_named() -> None:
    # 0 to 1 and 2, 1 to 2 and 3, 2 to 3: one line has to go
    _, apart = nested([[], [0], [1, 0], [2, 1]])
    assert len(apart) == 1


def test_branches_stand_as_they_are_written() -> None:
    # 0 to four branches, of which the third is a group again, then joined
    inputs = [[], [0], [0], [0], [0], [3, 4], [0], [1, 2, 5, 6]]
    drawn = layout([(100, 30)] * 8, inputs)
    axes = [drawn.places[box].axis for box in (1, 2, 3, 4, 6)]
    assert axes == sorted(axes)


def test_a_chain_keeps_its_axis_past_a_skip() -> None:
    drawn = layout([(100, 30), (200, 40), (120, 30), (80, 30)], [[], [0], [1], [2, 0]])
    assert len({place.axis for place in drawn.places}) == 1


def test_the_main_flow_goes_straight_on_beside_a_head() -> None:
    drawn = layout([(100, 30)] * 5, [[], [0], [1], [1], [3]], 4)
    assert drawn.places[0].axis == drawn.places[1].axis == drawn.places[3].axis == drawn.places[4].axis
    assert drawn.places[2].x > drawn.places[3].x + 100


def test_ten_thousand_layers() -> None:
    count = 10_000
    drawn = layout([(100.0, 30.0)] * count, [[], *([i] for i in range(count - 1))], count - 1)
    assert drawn.places[-1].axis == drawn.places[0].axis


def test_labels_nested_deeply() -> None:
    # 0 -> 1 -> ... -> n, then joins back to every one of them, the last first
    depth = 1500
    inputs: list[list[int]] = [[], *([i] for i in range(depth))]
    for back in reversed(range(depth)):
        inputs.append([len(inputs) - 1, back])
    drawn = layout([(100.0, 30.0)] * len(inputs), inputs)
    assert len({place.axis for place in drawn.places}) == 1
