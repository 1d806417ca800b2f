"""Where boxes and lines go from left to right: a chain keeps one axis, and a group gives each of its parts a column, in
the order in which they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cnndsl.drawing.nested import Chain, Group, Line, Part, nested, within

COLUMN_GAP = 28
LANE = 26
"""Width that a line takes which passes boxes by."""
NEARLY = 40
"""The middle of a group is moved by as much to be the axis of one of its columns."""


@dataclass(frozen=True, slots=True)
class Columns:
    """`axes` are the middles of the boxes, `lanes` where a line runs past the rows that it passes."""

    axes: Sequence[float]
    lanes: Mapping[Line, float]


@dataclass(slots=True)
class _Extent:
    """How far something reaches to the left and to the right of its axis."""

    left: float = 0
    right: float = 0

    def widen(self, other: _Extent) -> None:
        self.left, self.right = max(self.left, other.left), max(self.right, other.right)


def columns(widths: Sequence[float], inputs: Sequence[Sequence[int]], rows: Sequence[int], main: int | None) -> Columns:
    """The columns of boxes of those widths, that read those boxes and stand in those rows."""
    part, apart = nested(inputs, main)
    measured = _Measured(widths, main is not None, part)
    axes, lanes = [0.0] * len(widths), dict[Line, float]()
    todo = [(part, 0.0)]
    while todo:
        part, axis = todo.pop()
        match part:
            case Line():
                if part.end < len(widths):
                    lanes[part] = axis
            case Chain():
                for box in part.boxes:
                    axes[box] = axis
                todo += ((inner, axis) for inner in part.parts)
            case Group():
                offsets = measured.offsets[id(part)]
                todo += ((inner, axis + offset) for inner, offset in zip(part.parts, offsets, strict=True))
    for line in apart:
        lanes[line] = _outside(line, widths, rows, axes, lanes)
    return Columns(axes, lanes)


class _Measured:
    """The extents of everything in a part, and in each group the offsets of its parts from its axis."""

    def __init__(self, widths: Sequence[float], has_main: bool, part: Part):
        self.widths = widths
        self.has_main = has_main
        self.extents: dict[int, _Extent] = {}
        self.offsets: dict[int, list[float]] = {}
        for inner in reversed(within(part)):
            self.extents[id(inner)] = self._chain(inner) if isinstance(inner, Chain) else self._group(inner)

    def _chain(self, chain: Chain) -> _Extent:
        found = _Extent()
        for box in chain.boxes:
            half = self.widths[box] / 2
            found.widen(_Extent(half, half))
        for part in chain.parts:
            if not isinstance(part, Line):
                found.widen(self.extents[id(part)])
        return found

    def _group(self, group: Group) -> _Extent:
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
            return self.extents[id(part)]
        return _Extent(LANE / 2, LANE / 2) if part.end < len(self.widths) else _Extent()

    def _axis(self, group: Group, offsets: list[float]) -> float:
        boxed = [(o, part) for o, part in zip(offsets, group.parts, strict=True) if not isinstance(part, Line)]
        if not boxed:
            return (offsets[0] + offsets[-1]) / 2
        (first, left), (last, right) = boxed[0], boxed[-1]
        if len(boxed) == 1 or (self.has_main and self._is_end(group.parts[0])):
            return first
        middle = (first - self._column(left).left + last + self._column(right).right) / 2
        nearest = min((offset for offset, _ in boxed), key=lambda offset: abs(offset - middle))
        return nearest if abs(nearest - middle) < NEARLY else middle

    def _is_end(self, part: Part) -> bool:
        """Whether a part leads to the end of the picture."""
        while not isinstance(part, Line):
            part = part.parts[-1]
        return part.end == len(self.widths)


def _outside(
    line: Line, widths: Sequence[float], rows: Sequence[int], axes: Sequence[float], lanes: Mapping[Line, float]
) -> float:
    """The lane of a line that fits into no nesting: to the right of all that it passes."""
    first, last = rows[line.start], rows[line.end]
    edges = [axis + width / 2 for axis, width, row in zip(axes, widths, rows, strict=True) if first < row < last]
    edges += [lane for other, lane in lanes.items() if rows[other.start] < last and rows[other.end] > first]
    return max(edges, default=axes[line.start]) + LANE
