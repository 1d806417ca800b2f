"""The memory plan: when each tensor of a pass lives, and where it lies in one arena.

A pure function of the graph. Times count calls: node i runs forward at i, and of n nodes backward at 2n - 1 - i. Sizes
are in values a sample, so that one plan serves every batch. A tensor lives from the call that writes it to the last one
that reads it; `Op.reads`, `Op.overwrites` and `Op.hands_on` say what a layer's backward reads and what may share
memory.

Offsets are found the largest first, each at the lowest place that is free as long as it lives (Pisarchyk and Lee 2020,
"Efficient Memory Management for Deep Neural Net Inference", greedy by size).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from cnndsl.ir.graph import Graph, Node

Mode = Literal["inference", "step", "tape"]
"""A forward pass alone; one with its backward at once; or one whose backward may come later, and more than once."""

GRAIN = 16
"""Values a sample that offsets are multiples of: 64 bytes of float32, so that every tensor begins a cache line."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory for one tensor, or for several that share it. `first` and `last` are times, both included; `cells` are
    values a sample."""

    name: str
    cells: int
    first: int
    last: int
    offset: int = 0

    def meets(self, other: Buffer) -> bool:
        """Whether both live at some time."""
        return self.first <= other.last and other.first <= self.last

    def overlaps(self, other: Buffer) -> bool:
        """Whether they have cells in common."""
        return self.offset < other.offset + other.cells and other.offset < self.offset + self.cells


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything lies.

    `outputs`: node name to the buffer of its output. `shares`: for (node, k) the buffer that its gradient by input k is
    written to. `sums`: for (node, k) the buffer that the sum is written to where a gradient of that input is there
    already.
    """

    buffers: tuple[Buffer, ...]
    outputs: Mapping[str, int]
    shares: Mapping[tuple[str, int], int]
    sums: Mapping[tuple[str, int], int]

    @property
    def cells(self) -> int:
        """The arena's size, in values a sample."""
        return max((b.offset + b.cells for b in self.buffers), default=0)

    @property
    def total(self) -> int:
        """What all buffers would take without sharing, in values a sample."""
        return sum(b.cells for b in self.buffers)

    @property
    def peak(self) -> int:
        """The most values a sample that live at one time: no arena can be smaller."""
        return peak(self.buffers)


def peak(buffers: Iterable[Buffer]) -> int:
    """The most cells that live at one time."""
    changes: dict[int, int] = {}
    for b in buffers:
        changes[b.first] = changes.get(b.first, 0) + b.cells
        changes[b.last + 1] = changes.get(b.last + 1, 0) - b.cells
    most = now = 0
    for time in sorted(changes):
        now += changes[time]
        most = max(most, now)
    return most


def plan(graph: Graph, mode: Mode, *, input_gradient: bool = False) -> Plan:
    """The plan of a pass, with an offset for every buffer."""
    found = lifetimes(graph, mode, input_gradient=input_gradient)
    return replace(found, buffers=placed(found.buffers))


def lifetimes(graph: Graph, mode: Mode, *, input_gradient: bool = False) -> Plan:
    """The plan without offsets, which take longest to find on a large graph; `Plan.peak` needs none."""
    return _Planner(graph, mode, input_gradient).plan()


def placed(buffers: tuple[Buffer, ...]) -> tuple[Buffer, ...]:
    """The buffers with offsets: no two that live at one time overlap."""
    order = sorted(range(len(buffers)), key=lambda i: (-buffers[i].cells, buffers[i].first, i))
    done: list[Buffer] = []
    found = list(buffers)
    for i in order:
        b = buffers[i]
        offset = 0
        for other in sorted((o for o in done if o.meets(b)), key=lambda o: o.offset):
            if offset + b.cells <= other.offset:
                break
            offset = max(offset, other.offset + other.cells)
        found[i] = replace(b, offset=offset)
        done.append(found[i])
    return tuple(found)


def wanted(graph: Graph, input_gradient: bool) -> dict[str, tuple[bool, ...]]:
    """Node name -> which of its input gradients somebody reads: those above which something is trained."""
    needed: dict[str, bool] = {graph.input.name: input_gradient}
    found: dict[str, tuple[bool, ...]] = {}
    for node in graph.nodes[1:]:
        found[node.name] = tuple(needed[name] for name in node.inputs)
        needed[node.name] = any(found[node.name]) or any(spec.trained for spec in node.params)
    return found


@dataclass(slots=True)
class _Open:
    """A buffer while it is being planned. `holders` are the tensors in it that are still to be read."""

    name: str
    cells: int
    first: int
    last: int
    holders: set[str] = field(default_factory=set)


class _Planner:
    """Goes through a pass as a program would, and notes what lives when."""

    def __init__(self, graph: Graph, mode: Mode, input_gradient: bool):
        self.graph = graph
        self.mode = mode
        self.wanted = wanted(graph, input_gradient)
        self.end = 2 * len(graph.nodes) if mode != "inference" else len(graph.nodes)
        self.open: list[_Open] = []
        self.outputs: dict[str, int] = {}
        self.shares: dict[tuple[str, int], int] = {}
        self.sums: dict[tuple[str, int], int] = {}

    def plan(self) -> Plan:
        last = self._last_reads()
        for time, node in enumerate(self.graph.nodes):
            self._forward(node, time, last)
        if self.mode != "inference":
            self._backward()
        buffers = tuple(Buffer(b.name, b.cells, b.first, b.last) for b in self.open)
        return Plan(buffers, self.outputs, self.shares, self.sums)

    def _new(self, name: str, node: Node, first: int, last: int) -> int:
        cells = -(-node.type.count // GRAIN) * GRAIN
        self.open.append(_Open(name, cells, first, last))
        return len(self.open) - 1

    def _last_reads(self) -> dict[str, int]:
        """Node name -> when its output is last read."""
        size = len(self.graph.nodes)
        last = dict.fromkeys(self.graph.by_name, 0)
        for time, node in enumerate(self.graph.nodes):
            last[node.name] = max(last[node.name], time)
            for name in node.inputs:
                last[name] = max(last[name], time)
            if self.mode == "inference":
                continue
            backward = self.end if self.mode == "tape" else 2 * size - 1 - time
            reads = node.op.reads(node.attrs)
            for name in (*(node.inputs if "x" in reads else ()), *((node.name,) if "y" in reads else ())):
                last[name] = max(last[name], backward)
        for name in self.graph.outputs.values():
            last[name] = self.end
        return last

    def _forward(self, node: Node, time: int, last: Mapping[str, int]) -> None:
        """Gives the node's output a buffer: its input's where it may lie there."""
        source = self.outputs[node.inputs[0]] if node.inputs else None
        if source is not None:
            found = self.open[source]
            same = node.op.hands_on == "all"
            free = node.op.overwrites and found.last == time and last[node.inputs[0]] == time
            if (same or free) and node.inputs[0] != self.graph.input.name:
                found.last = max(found.last, last[node.name])
                self.outputs[node.name] = source
                return
        self.outputs[node.name] = self._new(node.name, node, time, last[node.name])

    def _backward(self) -> None:
        """Gives every gradient a buffer, last node first."""
        size = len(self.graph.nodes)
        found: dict[str, int] = {}
        for name in self.graph.outputs.values():
            if name not in found:
                found[name] = self._gradient(self.graph[name], size)
        for time, node in enumerate(reversed(self.graph.nodes[1:]), start=size):
            dy = found.pop(node.name, None)
            if dy is None:
                continue
            for k, (name, asked) in enumerate(zip(node.inputs, self.wanted[node.name], strict=True)):
                if asked:
                    self._share(node, k, self.graph[name], dy, found, time)
            self._leave(dy, node.name, time)
        for name, index in found.items():
            self._leave(index, name, self.end)

    def _gradient(self, node: Node, time: int) -> int:
        index = self._new(f"{node.name} gradient", node, time, time)
        self.open[index].holders.add(node.name)
        return index

    def _share(self, node: Node, k: int, source: Node, dy: int, found: dict[str, int], time: int) -> None:
        """Where the gradient of `node` by its input k goes, and where the sum, if there is one already."""
        there = found.get(source.name)
        alone = self.open[dy].holders == {node.name}
        if node.op.hands_on or (node.op.overwrites and there is None and alone):
            share = dy
        else:
            share = self._new(f"{source.name} gradient", source, time, time)
        self.shares[node.name, k] = share
        if there is None:
            found[source.name] = share
            self.open[share].holders.add(source.name)
            return
        total = there
        reading = set() if node.op.hands_on else {node.name}  # which has done with dy by then
        if self.open[there].holders - reading != {source.name}:
            total = self._new(f"{source.name} gradient", source, time, time)
            self._leave(there, source.name, time)
            self.open[total].holders.add(source.name)
        self.sums[node.name, k] = total
        found[source.name] = total

    def _leave(self, index: int, holder: str, time: int) -> None:
        """One tensor less lies in the buffer; it lives at least until now."""
        buffer = self.open[index]
        buffer.holders.discard(holder)
        buffer.last = max(buffer.last, time)
