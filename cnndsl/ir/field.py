"""Receptive fields: how many cells of the network's input can reach one cell of a layer's output.

Along a path, for each axis, field += (extent - 1)*jump and jump *= step, with the extent and step of `Op.reach`; INPUT
has field 1 and jump 1. Where paths join, the largest field counts. Paths may arrive with jumps that differ, and a later
window makes each grow by its own; so the largest field is kept for every jump there is.

Behind an output that is finer than its input (UPSAMPLE, DECONV) cells differ in what they see, by less than a jump of
the coarser map; the rule above is then the size between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from cnndsl.ir.graph import Node
from cnndsl.ir.types import Reach, TensorType

Paths = Mapping[Fraction, Fraction]
"""Along one axis: jump to the largest field of the paths that have it."""

START: Paths = {Fraction(1): Fraction(1)}


@dataclass(frozen=True, slots=True)
class Field:
    """The receptive field of one cell of an output, for height and width: not clipped to the input, the largest over
    all paths."""

    height: Paths
    width: Paths

    @property
    def size(self) -> tuple[int, int]:
        """Input cells; a part of a cell counts as one."""
        return ceil(max(self.height.values())), ceil(max(self.width.values()))

    @property
    def jump(self) -> tuple[Fraction, Fraction] | None:
        """Input cells from one output cell to the next; None where paths differ in it."""
        height, width = _jump(self.height), _jump(self.width)
        return None if height is None or width is None else (height, width)


def fields(nodes: Iterable[Node]) -> dict[str, Field]:
    """The field of every node, by its name. The nodes stand in topological order, INPUT first."""
    found: dict[str, Field] = {}
    types: dict[str, TensorType] = {}
    for node in nodes:
        inputs = tuple(types[name] for name in node.inputs)
        types[node.name] = node.type
        if not inputs:
            found[node.name] = Field(START, START)
            continue
        reach = node.op.reach(node.attrs, inputs, node.type)
        height: dict[Fraction, Fraction] = {}
        width: dict[Fraction, Fraction] = {}
        for name, x in zip(node.inputs, inputs, strict=True):
            extent, step = _of_input(reach, x, node.type, joined=len(inputs) > 1)
            _grow(height, found[name].height, extent[0], step[0])
            _grow(width, found[name].width, extent[1], step[1])
        found[node.name] = Field(height, width)
    return found


def _of_input(
    reach: Reach, x: TensorType, out: TensorType, *, joined: bool
) -> tuple[tuple[int, int], tuple[Fraction, Fraction]]:
    """The reach into one of the inputs."""
    if out.flat and not x.flat:
        return (x.height, x.width), reach.step  # a vector has one place, and it holds values of the whole map
    if joined and x.height == x.width == 1 and (out.height, out.width) != (1, 1):
        return reach.extent, (Fraction(0), Fraction(0))  # one value for a whole map: the next cell sees the same
    return reach.extent, reach.step


def _grow(into: dict[Fraction, Fraction], paths: Paths, extent: int, step: Fraction) -> None:
    for jump, size in paths.items():
        grown, key = size + (extent - 1) * jump, jump * step
        into[key] = max(grown, into.get(key, grown))


def _jump(paths: Paths) -> Fraction | None:
    """The only jump; paths that see the same from every cell (jump 0) agree with any other."""
    jumps = [jump for jump in paths if jump] or list(paths)
    return jumps[0] if len(jumps) == 1 else None
