"""The way back through a window with a stride: which windows see a cell, one remainder of the stride at a time.

Cell r of x is seen by tap i of window o where o*S + i*D = r + P. Of the cells r = p, p + S, p + 2S, ... the same taps
see each, those with i*D = p + P modulo S, and their windows lie side by side: so the gradient of these cells is a
convolution of dy with stride 1 by these taps, last one first. At stride 1 there is one phase: all cells, all taps.
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from cnndsl.ops.axis import Axis

TURNED = 3
"""How many times the work of the windows of y may be that of the windows of x, each of which is used three times."""


def is_turned(rows: Axis, columns: Axis, depth: int, filters: int) -> bool:
    """Whether the way back from `filters` maps to `depth` channels is by the turned filters, from the windows of y,
    which need no adding up but are as many as x has cells; else the windows of x are laid down and added up."""
    from_y = filters * rows.input * columns.input / (rows.stride * columns.stride)
    return from_y <= TURNED * depth * rows.output * columns.output


class Phase(NamedTuple):
    """Cells of x and the taps that see them. `axis`: the windows over dy that give their gradient, one a cell, by
    `taps` in that order."""

    cells: slice
    taps: tuple[int, ...]
    axis: Axis


def phases(axis: Axis) -> list[Phase]:
    """The phases that have cells."""
    return [_phase(axis, first) for first in range(min(axis.stride, axis.input))]


def _phase(axis: Axis, first: int) -> Phase:
    stride, dilate = axis.stride, axis.dilate
    count = -(-(axis.input - first) // stride)
    taps = tuple(i for i in reversed(range(axis.window)) if (first + axis.before - i * dilate) % stride == 0)
    step = dilate // gcd(stride, dilate)
    # cell u of the phase is seen by window u + (first + P - i*D)/S through tap i
    nearest = (first + axis.before - taps[0] * dilate) // stride if taps else 0
    reach = (max(1, len(taps)) - 1) * step
    windows = Axis(
        input=axis.output,
        window=len(taps),
        stride=1,
        dilate=step,
        before=-nearest,
        after=count + reach + nearest - axis.output,
        output=count,
    )
    return Phase(slice(first, axis.input, stride), taps, windows)
