"""Where the taps of a window lie."""

from __future__ import annotations

from collections.abc import Iterator

from cnndsl.ops.axis import Axis


def inside(axis: Axis, i: int) -> Iterator[tuple[int, int]]:
    """Taps m of window i along one axis, and the rows i*S + m*dilate - P of the input that they see; taps in the pad
    and in what hangs over are left out."""
    for m in range(axis.window):
        row = i * axis.stride + m * axis.dilate - axis.before
        if 0 <= row < axis.input:
            yield m, row
