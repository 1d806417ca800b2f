"""Windows as on paper: the cells that a window sees, and the windows that see a cell.

The second is the tutorial's section 6.1.1: the map of a layer with stride S is restored to that of stride 1 by zeros
put in between; with zeros around it too, the filter turned by 180 degrees slides over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnndsl.backends.protocol import Array
from cnndsl.inspection.records import Grid, Term, named
from cnndsl.ops.axis import Axis


class Seen(NamedTuple):
    """A cell under a filter: its value, None in the pad; and its place in the map, None where it is no cell of it."""

    value: float | None
    place: tuple[int, int] | None


PAD = Seen(None, None)
BETWEEN = Seen(0.0, None)
"""A zero that is put in to restore a map to stride 1."""


def under(x: Array, rows: Axis, columns: Axis, i: int, j: int) -> list[list[Seen]]:
    """What window i, j of a map x, H, W, sees."""
    return [[_at(x, m, n) for n in _taps(columns, j)] for m in _taps(rows, i)]


def over(y: Array, rows: Axis, columns: Axis, i: int, j: int) -> list[list[Seen]]:
    """What the turned filter sees of the restored map y, H2, W2, at cell i, j of the input: the windows that see this
    cell, each where the filter's weight between the two comes to lie."""
    return [[_at(y, m, n) for n in _turned(columns, j)] for m in _turned(rows, i)]


def _at(x: Array, row: int | None, column: int | None) -> Seen:
    if row is None or column is None:
        return PAD
    return BETWEEN if row < 0 or column < 0 else Seen(float(x[row, column]), (row, column))


def _taps(axis: Axis, i: int) -> Iterator[int | None]:
    """Rows of the input that window i sees; None in the pad."""
    for m in range(axis.window):
        row = i * axis.stride + m * axis.dilate - axis.before
        yield row if 0 <= row < axis.input else None


def _turned(axis: Axis, row: int) -> Iterator[int | None]:
    """Windows that see a row of the input, by their taps from the last to the first; -1 between two windows, None
    before the first and behind the last."""
    for m in reversed(range(axis.window)):
        i, between = divmod(row + axis.before - m * axis.dilate, axis.stride)
        if i < 0 or i + (between > 0) >= axis.output:
            yield None
        else:
            yield -1 if between else i


def grids(seen: list[list[Seen]], title: str, weights: Array, filter_title: str) -> tuple[Grid, Grid]:
    """What is seen, and beside it the filter, F, F, as it lies over it."""
    window = Grid(title, tuple(tuple(cell.value for cell in row) for row in seen))
    return window, Grid(filter_title, tuple(map(tuple, weights.tolist())))


def terms(seen: list[list[Seen]], weights: Array, layer: str, channel: int, *, pad: bool) -> list[Term]:
    """The products of what is seen with the filter over it. Zeros that are no cell of the map count where `pad`."""
    found = []
    for (value, place), weight in zip((cell for row in seen for cell in row), weights.ravel(), strict=True):
        if place is not None:
            found.append(Term(float(weight), float(value or 0.0), named(layer, (*place, channel))))
        elif pad:
            found.append(Term(float(weight), 0.0, None))
    return found


def letters(rows: Axis, columns: Axis) -> str:
    """Where tap m, n of window i, j lies, with what its layer has of S, dilate and P: ``i*S + m - P, j*S + n - P``."""

    def one(axis: Axis, window: str, tap: str) -> str:
        start = f"{window}*S" if axis.stride > 1 else window
        step = f"{tap}*dilate" if axis.dilate > 1 else tap
        return f"{start} + {step}" + (" - P" if axis.before else "")

    return f"{one(rows, 'i', 'm')}, {one(columns, 'j', 'n')}"
