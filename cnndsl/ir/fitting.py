"""Which input sizes fit a network: its size rules asked again for other inputs, without reading the file again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cnndsl.ir.graph import Graph
from cnndsl.ir.types import Reject, TensorType

Fitting = Literal["exact", "rounded", "refused"]
"""exact: every window is filled, and no row is left over. rounded: `floor` drops rows, or `ceil` hangs over."""


def fitting(graph: Graph, size: tuple[int, int, int]) -> Fitting:
    """How an input of (height, width, depth) fits."""
    types: dict[str, TensorType] = {}
    exact = True
    for node in graph:
        if node is graph.input:
            types[node.name] = TensorType(*size)
            continue
        inputs = tuple(types[name] for name in node.inputs)
        try:
            node.op.check(node.attrs)
            types[node.name] = node.op.infer(node.attrs, inputs)
        except Reject:
            return "refused"
        exact = exact and node.op.fills(node.attrs, inputs)
    return "exact" if exact else "rounded"


@dataclass(frozen=True, slots=True)
class Run:
    """Sizes `first`, `first + step`, … `last`."""

    first: int
    last: int
    step: int

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        if self.last - self.first == self.step:
            return f"{self.first}, {self.last}"
        return f"{self.first} to {self.last}" + (f" by {self.step}" if self.step > 1 else "")


def runs(sizes: Sequence[int]) -> list[Run]:
    """Increasing sizes as runs of one step each; the fewest that a reader finds at a glance."""
    found: list[Run] = []
    at = 0
    while at < len(sizes):
        if at + 1 == len(sizes):
            found.append(Run(sizes[at], sizes[at], 1))
            break
        step, end = sizes[at + 1] - sizes[at], at + 1
        while end + 1 < len(sizes) and sizes[end + 1] - sizes[end] == step:
            end += 1
        if end == at + 1 and end + 1 < len(sizes):
            found.append(Run(sizes[at], sizes[at], 1))
            at += 1
        else:
            found.append(Run(sizes[at], sizes[end], step))
            at = end + 1
    return found
