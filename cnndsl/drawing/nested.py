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
    """Between two boxes, what has been put together so far; `port` is where it enters the second."""

    start: int
    end: int
    port: int
    part: Part


def nested(inputs: Sequence[Sequence[int]], main: int | None = None) -> tuple[Part, tuple[Line, ...]]:
    """What stands between the first box and the end, and the lines that fit into no nesting. `inputs` are those of
    every box, in topological order; of what nothing reads, `main` stands first."""
    lines = [Line(start, end, port) for end, starts in enumerate(inputs) for port, start in enumerate(starts)]
    apart: set[Line] = set()
    while True:
        edges = _reduced(len(inputs), [line for line in lines if line not in apart], main)
        if len(edges) == 1:
            return edges[0].part, tuple(line for line in lines if line in apart)
        apart |= _loosened(edges, len(inputs))


def _reduced(count: int, lines: Sequence[Line], main: int | None) -> list[_Edge]:
    """The edges that are left when everything that nests is put together; one, if all of it does."""
    edges = [_Edge(line.start, line.end, line.port, line) for line in lines]
    read = {line.start for line in lines}
    ends = sorted((box for box in range(count) if box not in read), key=lambda box: box != main)
    edges += [_Edge(box, count, port, Line(box, count, port)) for port, box in enumerate(ends)]
    into: dict[int, list[_Edge]] = {box: [] for box in range(count + 1)}
    out: dict[int, list[_Edge]] = {box: [] for box in range(count + 1)}
    for edge in edges:
        into[edge.end].append(edge)
        out[edge.start].append(edge)
    todo = list(range(count + 1))
    while todo:
        box = todo.pop()
        _side_by_side(into, out, box)
        if 0 < box < count and len(into[box]) == len(out[box]) == 1:
            (first,), (second,) = into[box], out[box]
            made = _Edge(first.start, second.end, second.port, _chain(first.part, box, second.part))
            out[first.start][out[first.start].index(first)] = made
            into[second.end][into[second.end].index(second)] = made
            into[box], out[box] = [], []
            todo += [first.start, second.end]
    return [edge for found in out.values() for edge in found]


def _side_by_side(into: dict[int, list[_Edge]], out: dict[int, list[_Edge]], box: int) -> None:
    """Puts edges to a box that start at the same one together, by the order of their ports."""
    groups: dict[int, list[_Edge]] = {}
    for edge in into[box]:
        groups.setdefault(edge.start, []).append(edge)
    for start, group in groups.items():
        if len(group) > 1:
            group.sort(key=lambda edge: edge.port)
            made = _Edge(start, box, group[0].port, Group(_flat(group)))
            into[box] = [edge for edge in into[box] if edge not in group] + [made]
            out[start] = [edge for edge in out[start] if edge not in group] + [made]


def _chain(first: Part, box: int, second: Part) -> Chain:
    before = first if isinstance(first, Chain) else Chain((first,), ())
    after = second if isinstance(second, Chain) else Chain((second,), ())
    return Chain((*before.parts, *after.parts), (*before.boxes, box, *after.boxes))


def _flat(edges: Sequence[_Edge]) -> tuple[Part, ...]:
    return tuple(part for e in edges for part in (e.part.parts if isinstance(e.part, Group) else (e.part,)))


def _loosened(edges: Sequence[_Edge], end: int) -> set[Line]:
    """Lines to take out where nothing nests any more: those of one edge into a box that has another. A single line
    rather than one with boxes on it, and the longest."""
    counts = {edge.end: 0 for edge in edges}
    for edge in edges:
        counts[edge.end] += 1
    free = [edge for edge in edges if counts[edge.end] > 1 and edge.end != end]
    best = max(free, key=lambda edge: (isinstance(edge.part, Line), edge.end - edge.start))
    return set(_last_lines(best.part))


def _last_lines(part: Part) -> list[Line]:
    """The lines by which a part enters the box behind it."""
    match part:
        case Line():
            return [part]
        case Chain():
            return _last_lines(part.parts[-1])
        case Group():
            return [line for inner in part.parts for line in _last_lines(inner)]
