"""Where boxes and lines go: rows from top to bottom, branches side by side, lines through the space between.

Every box stands in the row of the longest path to it. From left to right every branch has a column of its own
(`cnndsl.drawing.columns`); so no line runs through a box, and lines do not cross where branches nest. Between two rows
lines run level, each bundle (all lines from one box, or to one) at a height of its own.

This is laid out here, and not by a library of layered drawing: the language already says what stands beside what, and
in which order, which such libraries find out by trying; and boxes of any size fit their text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cnndsl.drawing.columns import Columns, columns
from cnndsl.drawing.nested import Line

ROW_GAP = 30
TRACK = 12
"""Height that a bundle takes in the space between two rows."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A box: its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def axis(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Route:
    """A line from box to box, by its corners; all its pieces are level or upright."""

    start: int
    end: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by their numbers, and lines; all within `width` and `height`."""

    places: tuple[Place, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


Size = tuple[float, float]


def layout(sizes: Sequence[Size], inputs: Sequence[Sequence[int]], main: int | None = None) -> Layout:
    """Lays out boxes of those sizes (width, height), given the boxes that each reads, in topological order. `main` is
    the box that the main flow ends in; it stands in line with what is before it."""
    return _Layouter(sizes, inputs, main).run()


@dataclass(slots=True)
class _Bundle:
    """Level pieces of lines at one height: in the space under row `row`, from or to one box."""

    row: int
    leaving: bool
    low: float
    high: float
    track: int = 0


@dataclass(slots=True)
class _Layouter:
    sizes: Sequence[Size]
    inputs: Sequence[Sequence[int]]
    main: int | None
    rows: list[int] = field(default_factory=list)
    bottoms: list[float] = field(default_factory=list)
    columns: Columns = field(init=False)

    def run(self) -> Layout:
        for starts in self.inputs:
            self.rows.append(max((self.rows[i] + 1 for i in starts), default=0))
        self.columns = columns([width for width, _ in self.sizes], self.inputs, self.rows, self.main)
        lines = sorted(self.columns.lanes, key=lambda line: (line.end, line.port))
        bundles = self._bundles(lines)
        places = self._places(bundles)
        return _moved(places, [self._route(line, places, bundles) for line in lines])

    def _turns(self, line: Line) -> list[tuple[int, bool, float, float]]:
        """The level pieces of a line: under which row, whether with those that leave a box or those that reach one,
        and from where to where."""
        first, last = self.rows[line.start], self.rows[line.end] - 1
        axes = self.columns.axes
        start, lane, end = axes[line.start], self.columns.lanes[line], axes[line.end]
        if first == last:
            return [] if start == end else [(first, len(self.inputs[line.end]) < 2, start, end)]
        turns = [(first, True, start, lane)] if start != lane else []
        return turns + ([(last, False, lane, end)] if lane != end else [])

    def _bundles(self, lines: Iterable[Line]) -> dict[tuple[int, bool, int], _Bundle]:
        """All bundles, by row, direction and box, each with its track."""
        found: dict[tuple[int, bool, int], _Bundle] = {}
        for line in lines:
            for row, leaving, a, b in self._turns(line):
                key = row, leaving, line.start if leaving else line.end
                bundle = found.setdefault(key, _Bundle(row, leaving, a, a))
                bundle.low, bundle.high = min(bundle.low, a, b), max(bundle.high, a, b)
        by_row: dict[int, list[_Bundle]] = {}
        for bundle in sorted(found.values(), key=lambda b: (not b.leaving, b.high - b.low)):
            above = by_row.setdefault(bundle.row, [])
            bundle.track = max((b.track + 1 for b in above if b.low <= bundle.high and bundle.low <= b.high), default=0)
            above.append(bundle)
        return found

    def _places(self, bundles: dict[tuple[int, bool, int], _Bundle]) -> list[Place]:
        count = max(self.rows) + 1
        heights = [0.0] * count
        for row, (_, height) in zip(self.rows, self.sizes, strict=True):
            heights[row] = max(heights[row], height)
        tracks = [0] * count
        for bundle in bundles.values():
            tracks[bundle.row] = max(tracks[bundle.row], bundle.track)
        tops = [0.0]
        for row in range(count - 1):
            tops.append(tops[-1] + heights[row] + ROW_GAP + TRACK * tracks[row])
        places = []
        for row, axis, (width, height) in zip(self.rows, self.columns.axes, self.sizes, strict=True):
            y = tops[row] + (heights[row] - height) / 2
            places.append(Place(axis - width / 2, y, width, height))
        self.bottoms = [top + height for top, height in zip(tops, heights, strict=True)]
        return places

    def _route(self, line: Line, places: list[Place], bundles: dict[tuple[int, bool, int], _Bundle]) -> Route:
        start, end = places[line.start], places[line.end]
        points: list[Point] = [(start.axis, start.y + start.height)]
        for row, leaving, a, b in self._turns(line):
            bundle = bundles[row, leaving, line.start if leaving else line.end]
            y = self.bottoms[row] + ROW_GAP / 2 - 3 + TRACK * bundle.track
            points += [(a, y), (b, y)]
        points.append((end.axis, end.y))
        return Route(line.start, line.end, tuple(points))


def _moved(places: Sequence[Place], routes: Sequence[Route]) -> Layout:
    """Everything moved so that the left upper corner is at 0."""
    xs = [x for p in places for x in (p.x, p.x + p.width)] + [x for r in routes for x, _ in r.points]
    left, width = min(xs), max(xs) - min(xs)
    moved = tuple(Place(p.x - left, p.y, p.width, p.height) for p in places)
    lines = tuple(Route(r.start, r.end, tuple((x - left, y) for x, y in r.points)) for r in routes)
    return Layout(moved, lines, width, max(p.y + p.height for p in places))
