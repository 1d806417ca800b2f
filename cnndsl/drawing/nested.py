"""The branches of a graph as they nest: which lines and boxes stand behind one another, and which side by side.

The language writes branches inside of branches, so nearly every graph can be taken apart into chains (one behind
another) and groups (side by side), down to single lines. A line that fits into no nesting, as labels can make one, is
named apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """The line to input number `port` of box `end`. To the end of the picture (`end` is the number of boxes) goes a
    line from every box that nothing reads; it is not drawn."""

    start: int
    end: int
    port: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Boxes one behind another, and what stands between them: a part more than boxes."""

    parts: tuple[Part, ...]
    boxes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that start at the same box and end at the same one, as they are written from left to right."""

    parts: tuple[Part, ...]


Part = Line | Chain | Group


@dataclass(slots=True, eq=False)
class _Edge:
    """Between two boxes, what has been put together so far."""

    start: int
    end: int
    part: Part


def nested(inputs: Sequence[Sequence[int]], main: int | None = None) -> tuple[Part, tuple[Line, ...]]:
    """What stands between the first box and the end, and the lines that fit into no nesting. `inputs` are those of
    every box, in topological order; of what nothing reads, `main` stands first."""
    lines = [Line(start, end, port) for end, starts in enumerate(inputs) for port, start in enumerate(starts)]
    apart: set[Line] = set()
    while True:
        nesting = _Nesting(len(inputs), [line for line in lines if line not in apart], main)
        while (stuck := nesting.reduce()) is not None:
            apart.update(last_lines(stuck.part))
            if not isinstance(stuck.part, Line):
                break
            nesting.remove(stuck)
        else:
            (edge,) = nesting.out[0]
            return edge.part, tuple(line for line in lines if line in apart)


class _Nesting:
    """Puts edges together: those that enter and leave a box that has no others, and those between the same boxes."""

    def __init__(self, count: int, lines: Sequence[Line], main: int | None):
        self.end = count
        self.into: dict[int, list[_Edge]] = {box: [] for box in range(count + 1)}
        self.out: dict[int, list[_Edge]] = {box: [] for box in range(count + 1)}
        for line in lines:
            self._add(_Edge(line.start, line.end, line))
        ends = [box for box in range(count) if not self.out[box]]
        for port, box in enumerate(sorted(ends, key=lambda box: box != main)):
            self._add(_Edge(box, count, Line(box, count, port)))
        self.todo = list(range(count + 1))

    def _add(self, edge: _Edge) -> None:
        self.out[edge.start].append(edge)
        self.into[edge.end].append(edge)

    def remove(self, edge: _Edge) -> None:
        """Takes out an edge; where nothing reads its start any more, a line goes from there to the end."""
        self.out[edge.start].remove(edge)
        self.into[edge.end].remove(edge)
        if not self.out[edge.start]:
            self._add(_Edge(edge.start, self.end, Line(edge.start, self.end, self.end)))
        self.todo += [edge.start, edge.end, self.end]

    def reduce(self) -> _Edge | None:
        """Puts together what nests. Gives an edge that is in the way of the rest, None where one edge is all."""
        while self.todo:
            box = self.todo.pop()
            self._side_by_side(box)
            if 0 < box < self.end and len(self.into[box]) == len(self.out[box]) == 1:
                (first,), (second,) = self.into[box], self.out[box]
                made = _Edge(first.start, second.end, _chain(first.part, box, second.part))
                self.out[first.start][self.out[first.start].index(first)] = made
                self.into[second.end][self.into[second.end].index(second)] = made
                self.into[box], self.out[box] = [], []
                self.todo += [first.start, second.end]
        free = [edge for box, found in self.into.items() if box < self.end and len(found) > 1 for edge in found]
        # a single line rather than one with boxes on it, and the longest
        return max(free, key=lambda edge: (isinstance(edge.part, Line), edge.end - edge.start), default=None)

    def _side_by_side(self, box: int) -> None:
        """Puts edges to a box that start at the same one together."""
        groups: dict[int, list[_Edge]] = {}
        for edge in self.into[box]:
            groups.setdefault(edge.start, []).append(edge)
        for start, group in groups.items():
            if len(group) > 1:
                made = _Edge(start, box, Group(_flat(group)))
                self.into[box] = [edge for edge in self.into[box] if edge not in group] + [made]
                self.out[start] = [edge for edge in self.out[start] if edge not in group] + [made]
                self.todo.append(start)


def _chain(first: Part, box: int, second: Part) -> Chain:
    before = first if isinstance(first, Chain) else Chain((first,), ())
    after = second if isinstance(second, Chain) else Chain((second,), ())
    return Chain((*before.parts, *after.parts), (*before.boxes, box, *after.boxes))


def _flat(edges: Sequence[_Edge]) -> tuple[Part, ...]:
    """The parts of all edges, by their ports."""
    found = [part for e in edges for part in (e.part.parts if isinstance(e.part, Group) else (e.part,))]
    return tuple(sorted(found, key=lambda part: min(line.port for line in last_lines(part))))


def last_lines(part: Part) -> list[Line]:
    """The lines by which a part enters the box behind it."""
    found: list[Line] = []
    todo = [part]
    while todo:
        match todo.pop():
            case Line() as line:
                found.append(line)
            case Chain() as chain:
                todo.append(chain.parts[-1])
            case Group() as group:
                todo += group.parts
    return found


def within(part: Part) -> list[Chain | Group]:
    """The chains and groups in a part, itself first, each before those in it."""
    found: list[Chain | Group] = []
    todo = [part]
    while todo:
        inner = todo.pop()
        if not isinstance(inner, Line):
            found.append(inner)
            todo += inner.parts
    return found
