"""Where boxes and lines go: rows from top to bottom, branches side by side, lines through the space between.

Every box stands in the row of the longest path to it. From left to right a chain keeps one axis, and a group gives each
of its parts a column of its own, in the order in which they are written; so no line runs through a box, and lines do
not cross where branches nest. Between two rows lines run level, each bundle (all lines from one box, or to one) at a
height of its own.

This is laid out here, and not by a library of layered drawing: the language already says what stands beside what, and
in which order, which such libraries find out by trying.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cnndsl.drawing.nested import Chain, Group, Line, Part, nested

COLUMN_GAP = 28
LANE = 26
"""Width that a line takes which passes boxes by."""
ROW_GAP = 30
TRACK = 12
"""Height that a bundle takes in the space between two rows."""
NEARLY = 40
"""An axis is moved by as much to be that of a column below it."""

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
class _Extent:
    """How far something reaches to the left and to the right of its axis."""

    left: float = 0
    right: float = 0

    def widen(self, other: _Extent) -> None:
        self.left, self.right = max(self.left, other.left), max(self.right, other.right)


@dataclass(slots=True)
class _Layouter:
    sizes: Sequence[Size]
    inputs: Sequence[Sequence[int]]
    main: int | None
    rows: list[int] = field(default_factory=list)
    axes: list[float] = field(default_factory=list)
    lanes: dict[Line, float] = field(default_factory=dict)
    extents: dict[int, _Extent] = field(default_factory=dict)
    offsets: dict[int, list[float]] = field(default_factory=dict)
    bottoms: list[float] = field(default_factory=list)

    def run(self) -> Layout:
        for starts in self.inputs:
            self.rows.append(max((self.rows[i] + 1 for i in starts), default=0))
        self.axes = [0.0] * len(self.sizes)
        part, apart = nested(self.inputs, self.main)
        self._measure(part)
        self._set(part, 0.0)
        for line in apart:
            self._set_apart(line)
        lines = [line for line in self.lanes if line.end < len(self.sizes)]
        bundles = self._bundles(lines)
        places = self._places(bundles)
        routes = [self._route(line, places, bundles) for line in sorted(lines, key=lambda li: (li.end, li.port))]
        return _moved(places, routes)

    # ---- from left to right

    def _measure(self, part: Part) -> _Extent:
        """The extent of a part; that of groups with the place of each column in it."""
        if isinstance(part, Line):
            return _Extent()
        found = self.extents.get(id(part))
        if found is not None:
            return found
        found = self._chain_extent(part) if isinstance(part, Chain) else self._group_extent(part)
        self.extents[id(part)] = found
        return found

    def _chain_extent(self, chain: Chain) -> _Extent:
        found = _Extent()
        for box in chain.boxes:
            half = self.sizes[box][0] / 2
            found.widen(_Extent(half, half))
        for inner in chain.parts:
            found.widen(self._measure(inner))
        return found

    def _group_extent(self, group: Group) -> _Extent:
        """Columns side by side. One column keeps the axis, and lines pass it at its sides; of several, the axis is in
        the middle."""
        offsets: list[float] = []
        edge = 0.0
        for part in group.parts:
            column = self._column(part)
            gap = COLUMN_GAP if offsets and not isinstance(part, Line) else 0
            offsets.append(edge + gap + column.left)
            edge = offsets[-1] + column.right
        axis = self._axis(group, offsets)
        self.offsets[id(group)] = [offset - axis for offset in offsets]
        return _Extent(axis, edge - axis)

    def _column(self, part: Part) -> _Extent:
        if not isinstance(part, Line):
            return self._measure(part)
        return _Extent(LANE / 2, LANE / 2) if part.end < len(self.sizes) else _Extent()

    def _axis(self, group: Group, offsets: list[float]) -> float:
        columns = [o for o, part in zip(offsets, group.parts, strict=True) if not isinstance(part, Line)]
        columns = columns or offsets
        if self.main is not None and self._is_end(group.parts[0]):
            return columns[0]
        middle = (columns[0] + columns[-1]) / 2
        nearest = min(columns, key=lambda offset: abs(offset - middle))
        return nearest if abs(nearest - middle) < NEARLY else middle

    def _is_end(self, part: Part) -> bool:
        """Whether a part leads to the end of the picture."""
        while not isinstance(part, Line):
            part = part.parts[-1]
        return part.end == len(self.sizes)

    def _set(self, part: Part, axis: float) -> None:
        """Gives every box and every line of a part its axis."""
        match part:
            case Line():
                self.lanes[part] = axis
            case Chain():
                for box in part.boxes:
                    self.axes[box] = axis
                for inner in part.parts:
                    self._set(inner, axis)
            case Group():
                for inner, offset in zip(part.parts, self.offsets[id(part)], strict=True):
                    self._set(inner, axis + offset)

    def _set_apart(self, line: Line) -> None:
        """Puts a line that fits into no nesting to the right of all that it passes."""
        first, last = self.rows[line.start], self.rows[line.end]
        edges = [
            self.axes[box] + self.sizes[box][0] / 2 for box in range(len(self.sizes)) if first < self.rows[box] < last
        ]
        edges += [
            lane
            for other, lane in self.lanes.items()
            if other.end < len(self.sizes) and self.rows[other.start] < last and self.rows[other.end] > first
        ]
        self.lanes[line] = max(edges, default=self.axes[line.start]) + LANE

    # ---- between the rows

    def _turns(self, line: Line) -> list[tuple[int, bool, float, float]]:
        """The level pieces of a line: under which row, whether with those that leave a box or those that reach one,
        and from where to where."""
        first, last = self.rows[line.start], self.rows[line.end] - 1
        start, lane, end = self.axes[line.start], self.lanes[line], self.axes[line.end]
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
        for row, axis, (width, height) in zip(self.rows, self.axes, self.sizes, strict=True):
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
