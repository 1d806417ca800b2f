"""The size rule of windows, written once: W2 = (W1 - F + 2P)/S + 1 (the tutorial's equations 2 and 3).

F is the extent of a dilated filter, (F - 1)*dilate + 1. Layers and kernels read sizes from the `Axis` made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Literal, Protocol

from cnndsl.ir.types import Reject, TensorType

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


def _axis_arguments(a: Windowed) -> tuple[tuple[int, int, int, tuple[int, int]], ...]:
    top, left, bottom, right = a.pad
    return (
        (a.window[0], a.stride[0], a.dilate[0], (top, bottom)),
        (a.window[1], a.stride[1], a.dilate[1], (left, right)),
    )


@lru_cache(maxsize=4096)
def axes(a: Windowed, x: TensorType) -> tuple[Axis, Axis]:
    """Windows along height and width; kernels ask for them at every step.

    Raises Reject: E302 larger than the input, E301 not whole, E305 pad too wide, E304 on a vector.
    """
    reject_vector(x)
    check(a)
    height, width = _axis_arguments(a)
    rows = fit_axis(x.height, *height, a.fit)
    columns = fit_axis(x.width, *width, a.fit)
    if rows is None or columns is None:
        raise _misfit(a, x)
    return rows, columns


def reject_vector(x: TensorType) -> None:
    """Raises Reject (E304) where a layer that slides a window is given a vector."""
    if x.flat:
        raise Reject(
            "E304",
            f"needs a map, and its input is a vector of {x.depth}",
            label="needs height and width",
            help=("put this step before the FC or FLATTEN that makes the vector",),
        )


def check(a: Windowed) -> None:
    """What is wrong with windows whatever they slide over. Raises Reject: E207 `same` with a pad, E305."""
    if a.fit == "same":
        if any(a.pad):
            raise Reject("E207", "computes its pad by `same`; `pad` cannot be given too", blame="pad")
        return
    for (f, _, dilate, pads), name in zip(_axis_arguments(a), ("height", "width"), strict=True):
        extent = (f - 1) * dilate + 1
        if max(pads) >= extent:
            raise Reject(
                "E305",
                f"pad {max(pads)} is not below the window's {name} of {extent}: a window would see only padding",
                blame="pad",
                label=f"at most {extent - 1}",
                help=(f"use `pad {extent - 1}` or less",) if extent > 1 else ("leave the pad out",),
            )


def axis_arithmetic(w1: int, f: int, pads: tuple[int, int], s: int) -> str:
    """(W1 - F + 2P)/S + 1 with its numbers, without the result."""
    both = f"2*{pads[0]}" if pads[0] == pads[1] else f"{pads[0]} + {pads[1]}"
    return f"({w1} - {f} + {both})/{s} + 1"


def arithmetic(a: Windowed, x: TensorType) -> str:
    """The size rule with this layer's numbers, as tables show it; once where height and width agree."""
    lines = []
    for axis in axes(a, x):
        if a.fit == "same":
            lines.append(f"ceil({axis.input}/{axis.stride}) = {axis.output}")
            continue
        size = exact_size(axis.input, axis.extent, axis.before + axis.after, axis.stride)
        rule = axis_arithmetic(axis.input, axis.extent, (axis.before, axis.after), axis.stride)
        rounded = "" if size == axis.output else f", {a.fit} {axis.output}"
        lines.append(f"{rule} = {decimal(size)}{rounded}")
    return lines[0] if lines[0] == lines[1] else f"H: {lines[0]}; W: {lines[1]}"


def decimal(value: Fraction) -> str:
    """16.5, 0.67, 4: two decimals, or as a fraction where two would look whole."""
    if value.denominator == 1:
        return str(value.numerator)
    shown = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return shown if "." in shown else f"{value.numerator}/{value.denominator}"


def _misfit(a: Windowed, x: TensorType) -> Reject:
    """Why the windows do not fit, with the arithmetic and help that was tried against the rule."""
    notes: dict[str, list[str]] = {}
    small = False
    needed = []
    for name, w1, (window, s, dilate, pads) in zip("HW", (x.height, x.width), _axis_arguments(a), strict=True):
        f = (window - 1) * dilate + 1
        size = exact_size(w1, f, sum(pads), s)
        needed.append(max(1, f - sum(pads)))
        if size >= 1 and (a.fit != "exact" or size.denominator == 1):
            continue
        below = size < 1
        small = small or below
        why = "not one full window" if below else "not a whole number"
        if dilate != 1:
            why += f" (F = ({window} - 1)*{dilate} + 1 = {f})"
        notes.setdefault(f"{axis_arithmetic(w1, f, pads, s)} = {decimal(size)}, {why}", []).append(name)
    lines = tuple(f"{' and '.join(names)}: {line}" for line, names in notes.items())
    shown = "x".join(map(str, a.window[:2])) if a.window[0] != a.window[1] else str(a.window[0])
    if small:
        return Reject(
            "E302",
            f"window {shown} is larger than its input {x.height}x{x.width}",
            blame="window",
            label=f"needs at least {needed[0]}x{needed[1]}",
            notes=lines,
            help=tuple(_smaller(a, x)),
        )
    values = " and ".join(dict.fromkeys(line.split(" = ")[1].split(",")[0] for line in notes))
    return Reject(
        "E301",
        f"output size is not whole: {values}",
        blame="stride",
        label="does not divide",
        notes=lines,
        help=tuple(_whole(a, x)),
    )


@dataclass(frozen=True, slots=True)
class _Try:
    """A variation of a layer's window, to be tried against the rule before it is suggested."""

    window: tuple[int, ...]
    stride: tuple[int, int]
    pad: tuple[int, int, int, int]
    dilate: tuple[int, int]
    fit: Fit


def _sizes(a: Windowed, x: TensorType) -> str | None:
    """HxW of the output, or None where it does not fit."""
    found = []
    for w1, arguments in zip((x.height, x.width), _axis_arguments(a), strict=True):
        (window, _, dilate, pads) = arguments
        if max(pads) > (window - 1) * dilate:
            return None
        axis = fit_axis(w1, *arguments, a.fit)
        if axis is None:
            return None
        found.append(axis.output)
    return f"{found[0]}x{found[1]}"


def _variant(a: Windowed, **changes: object) -> _Try:
    values = {"window": a.window, "stride": a.stride, "pad": a.pad, "dilate": a.dilate, "fit": a.fit}
    return _Try(**{**values, **changes})  # type: ignore[arg-type]


def _pads(a: Windowed) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Symmetric pads nearest to the written one, then one row more or less at the end."""
    top, left, bottom, right = a.pad
    nearby = range(max(0, top - 32), top + 33)
    for p in sorted(nearby, key=lambda p: (abs(p - top), p)):
        yield f"pad {p}", (p, p, p, p)
    for change in (-1, 1):
        if bottom + change >= 0 and right + change >= 0:
            pads = (top, left, bottom + change, right + change)
            yield "pad " + "x".join(map(str, pads)), pads


def _whole(a: Windowed, x: TensorType) -> Iterator[str]:
    """Ways to a whole size, each tried."""
    for text, pads in _pads(a):
        if size := _sizes(_variant(a, pad=pads), x):
            yield f"use `{text}`, which gives {size}"
            break
    for word, what in (("floor", "to drop the rows that fill no window"), ("ceil", "to let the last window hang over")):
        if size := _sizes(_variant(a, fit=word), x):
            yield f"add `{word}` {what}: {size}"
    for s in sorted(range(1, max(a.stride) + 3), key=lambda s: (abs(s - a.stride[0]), s)):
        if size := _sizes(_variant(a, stride=(s, s)), x):
            yield f"use `stride {s}`, which gives {size}"
            break
    near = [
        f"{x.height + d}x{x.width + d} gives {size}"
        for d in sorted(range(-max(a.stride), max(a.stride) + 1), key=lambda d: (abs(d), d))
        if x.height + d > 0 and x.width + d > 0 and (size := _sizes(a, TensorType(x.height + d, x.width + d, x.depth)))
    ]
    if near:
        yield "or give it another input: " + ", ".join(near[:2])


def _smaller(a: Windowed, x: TensorType) -> Iterator[str]:
    """Ways to a window that fits, each tried."""
    for f in range(min(x.height, x.width, *a.window[:2]), 0, -1):
        stride = (f, f) if a.stride == a.window[:2] else a.stride
        if size := _sizes(_variant(a, window=(f, f), stride=stride), x):
            yield f"use a window of {f}, which gives {size}"
            break
    for text, pads in _pads(a):
        if size := _sizes(_variant(a, pad=pads), x):
            yield f"use `{text}`, which gives {size}"
            break
