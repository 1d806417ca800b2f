"""The size rule, written once: W2 = (W1 - F + 2P)/S + 1 (the tutorial's equations 2 and 3), along one axis.

F is the extent of a dilated filter, (F - 1)*dilate + 1. Layers and kernels read sizes from the `Axis` made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal, Protocol

Fit = Literal["exact", "floor", "ceil", "same"]
"""What to do when the windows do not fill the input: refuse, drop the rest, let the last one hang over, pad."""


class Windowed(Protocol):
    """Attrs of a layer whose windows slide over height and width."""

    def __hash__(self) -> int: ...
    @property
    def window(self) -> tuple[int, ...]: ...
    @property
    def stride(self) -> tuple[int, int]: ...
    @property
    def pad(self) -> tuple[int, int, int, int]: ...
    @property
    def dilate(self) -> tuple[int, int]: ...
    @property
    def fit(self) -> Fit: ...


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows by themselves: those of a layer whose arguments are others, or a variation that is tried before it is
    suggested. `follows`: a stride that is not written is the window."""

    window: tuple[int, ...]
    stride: tuple[int, int]
    pad: tuple[int, int, int, int]
    fit: Fit
    dilate: tuple[int, int] = (1, 1)
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Windows along one axis. `before` and `after` are the written pads (for ``same`` the computed ones)."""

    input: int
    window: int
    stride: int
    dilate: int
    before: int
    after: int
    output: int

    @property
    def extent(self) -> int:
        """Rows from the first to the last tap: (F - 1)*dilate + 1."""
        return (self.window - 1) * self.dilate + 1

    @property
    def overhang(self) -> int:
        """Rows by which the last window passes the padded input; above 0 only under ``ceil``."""
        return max(0, (self.output - 1) * self.stride + self.extent - self.input - self.before - self.after)

    @property
    def padded(self) -> int:
        """Rows of the input with its pads and the overhang."""
        return self.before + self.input + self.after + self.overhang


def exact_size(w1: int, f: int, pads: int, s: int) -> Fraction:
    """(W1 - F + 2P)/S + 1 as it is, whole or not; `pads` is both pads together, `f` the dilated extent."""
    return Fraction(w1 - f + pads, s) + 1


def fit_axis(w1: int, window: int, stride: int, dilate: int, pads: tuple[int, int], fit: Fit) -> Axis | None:
    """The windows along one axis, or None where they do not fit: below one window, or not whole under ``exact``."""
    f = (window - 1) * dilate + 1
    before, after = pads
    if fit == "same":
        out = ceil(Fraction(w1, stride))
        total = max(0, (out - 1) * stride + f - w1)
        return Axis(w1, window, stride, dilate, total // 2, total - total // 2, out)
    size = exact_size(w1, f, before + after, stride)
    if size < 1 or (fit == "exact" and size.denominator != 1):
        return None
    out = floor(size)
    if fit == "ceil" and ceil(size) > out and out * stride < w1 + before:
        out += 1  # the last window must start inside the input or its leading pad
    return Axis(w1, window, stride, dilate, before, after, out)


def axis_arguments(a: Windowed) -> tuple[tuple[int, int, int, tuple[int, int]], ...]:
    """Window, stride, dilation and pads along height, and along width."""
    top, left, bottom, right = a.pad
    return (
        (a.window[0], a.stride[0], a.dilate[0], (top, bottom)),
        (a.window[1], a.stride[1], a.dilate[1], (left, right)),
    )


def axis_arithmetic(w1: int, f: int, pads: tuple[int, int], s: int) -> str:
    """(W1 - F + 2P)/S + 1 with its numbers, without the result."""
    both = f"2*{pads[0]}" if pads[0] == pads[1] else f"{pads[0]} + {pads[1]}"
    return f"({w1} - {f} + {both})/{s} + 1"
