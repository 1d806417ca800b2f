"""The size rule of windows, written once: W2 = (W1 - F + 2P)/S + 1 (the tutorial's equations 2 and 3).

F is the extent of a dilated filter, (F - 1)*dilate + 1. Layers and kernels read sizes from the `Axis` made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, isqrt
from typing import Literal, Protocol, TypeVar

from cnndsl.ir.types import Change, Reach, Reject, TensorType

Fit = Literal["exact", "floor", "ceil", "same"]
"""What to do when the windows do not fill the input: refuse, drop the rest, let the last one hang over, pad."""

FITS: Mapping[str, Fit] = {"exact": "exact", "floor": "floor", "ceil": "ceil", "same": "same"}
FIT_DOC = (
    "rows that fill no window: an error (exact), dropped (floor), hung over (ceil); same pads to ceil(W1/S). "
    "`exact` is the default, and undoes a `set`"
)
"""How layers with windows declare it."""


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


def lost(a: Windowed, x: TensorType) -> tuple[int, int]:
    """Rows and columns of the input that `floor` drops: those behind the last window. Pads do not count."""
    if a.fit != "floor":
        return (0, 0)
    rows, columns = (axis.input - (axis.output - 1) * axis.stride - axis.extent + axis.before for axis in axes(a, x))
    return (max(0, rows), max(0, columns))


def reach(a: Windowed) -> Reach:
    """How far an output cell looks: over one window, and a stride on to the next."""
    height, width = (((f - 1) * dilate + 1) for f, _, dilate, _ in _axis_arguments(a))
    return Reach((height, width), (Fraction(a.stride[0]), Fraction(a.stride[1])))


def reject_vector(x: TensorType) -> None:
    """Raises Reject (E304) where a layer that needs height and width is given a vector."""
    if x.flat:
        raise Reject(
            "E304",
            f"needs a map, and its input is a vector of {x.depth}",
            label="needs height and width",
            help=(
                "put this step before the FC or FLATTEN that makes the vector",
                f"or make it a map again: `RESHAPE {as_map(x.depth)}`",
            ),
        )


def as_map(count: int) -> str:
    """A size HxWxD of so many values: the largest square that leaves a whole depth."""
    side = next(n for n in range(min(isqrt(count), 4096), 0, -1) if count % (n * n) == 0)
    return f"{side}x{side}x{count // (side * side)}"


def check(a: Windowed) -> None:
    """What is wrong with windows whatever they slide over. Raises Reject: E207 `same` with a pad, E305."""
    if a.fit == "same":
        if any(a.pad):
            help = (Change("leave the pad out", {"pad": ""}),)
            raise Reject("E207", "computes its pad by `same`; `pad` cannot be given too", blame="pad", help=help)
        return
    sure = a.fit != "exact" or a.stride == (1, 1)
    more = (Change("use `same`, which keeps the size", {"pad": "", "fit": "same"}),) if a.stride == (1, 1) else ()
    check_pad(a.window, a.dilate, a.pad, sure=sure, more=more)


def check_pad(
    window: tuple[int, ...],
    dilate: tuple[int, int],
    pad: tuple[int, int, int, int],
    *,
    sure: bool,
    more: tuple[Change, ...] = (),
) -> None:
    """Raises Reject (E305) for a pad as wide as the window. `sure` is whether any size is whole; a pad that fills a
    window then does whatever the input is. `more` are other ways out."""
    extents = tuple((f - 1) * d + 1 for f, d in zip(window[:2], dilate, strict=True))
    for axis, name in enumerate(("height", "width")):
        widest, most = max(pad[axis], pad[axis + 2]), extents[axis] - 1
        if widest > most:
            narrow = tuple(min(p, extent - 1) for p, extent in zip(pad, extents * 2, strict=True))
            told, argument = other_pad_text(narrow)
            fits = sure and all(narrow[n] + narrow[n + 2] >= extents[n] - 1 for n in (0, 1))
            way = Change(told, {"pad": argument}) if fits else f"`{pad_text(narrow)}` is the most"
            raise Reject(
                "E305",
                f"pad {widest} is not below the window's {name} of {most + 1}: a window would see only padding",
                blame="pad",
                label=f"at most {most}",
                help=(way, *more),
            )


def pad_text(pad: tuple[int, ...]) -> str:
    """A pad as it is written, in the shortest way: ``pad 1``, ``pad 1x2``, ``pad 1x2x1x3``."""
    if pad[:2] == pad[2:]:
        pad = pad[:1] if pad[0] == pad[1] else pad[:2]
    return "pad " + "x".join(map(str, pad))


def other_pad_text(pad: tuple[int, ...]) -> tuple[str, str]:
    """Another pad, as it is told and as it is written."""
    return (f"use `{pad_text(pad)}`", pad_text(pad)) if any(pad) else ("leave the pad out", "")


def pair_text(pair: tuple[int, ...]) -> str:
    """Height and width in the shortest way: ``2``, ``2x1``."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


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
    if small:
        return Reject(
            "E302",
            f"window {pair_text(a.window)} is larger than its input {x.height}x{x.width}",
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


NEARBY = 32
"""How far from what is written a way out is looked for."""

T = TypeVar("T")


def _variant(a: Windowed, **changes: object) -> Windows:
    values = {"window": a.window, "stride": a.stride, "pad": a.pad, "fit": a.fit, "dilate": a.dilate}
    return Windows(**{**values, **changes})  # type: ignore[arg-type]


def _axis(a: Windowed, x: TensorType, which: int) -> Axis | None:
    """The windows along height (0) or width (1), or None where they do not fit."""
    window, _, dilate, pads = arguments = _axis_arguments(a)[which]
    if max(pads) > (window - 1) * dilate:
        return None
    return fit_axis((x.height, x.width)[which], *arguments, a.fit)


def _size(a: Windowed, x: TensorType) -> str | None:
    """HxW of the output, or None where it does not fit."""
    rows, columns = _axis(a, x, 0), _axis(a, x, 1)
    return f"{rows.output}x{columns.output}" if rows and columns else None


def _settle(
    candidates: Callable[[int], Iterable[T]], fits: Callable[[int, T], bool], *, alike: bool
) -> tuple[T, T] | None:
    """For height and width the first of its candidates that fits, or None; if `alike`, the first that fits both, if
    there is one."""
    for one in candidates(0) if alike else ():
        if fits(0, one) and fits(1, one):
            return one, one
    rows, columns = (next((one for one in candidates(axis) if fits(axis, one)), None) for axis in (0, 1))
    return None if rows is None or columns is None else (rows, columns)


def _near(n: int, low: int, high: int) -> list[int]:
    """The numbers from `low` to `high`, those nearest to n first."""
    return sorted(range(max(low, n - NEARBY), min(high, n + NEARBY) + 1), key=lambda m: (abs(m - n), m))


def _whole(a: Windowed, x: TensorType) -> Iterator[str | Change]:
    """Ways to a whole size, the likeliest first, each tried."""
    even = list(_other_pad(a, x, lopsided=False))
    yield from even
    for word, what in (("floor", "to drop the rows that fill no window"), ("ceil", "to let the last window hang over")):
        if size := _size(_variant(a, fit=word), x):
            yield Change(f"add `{word}` {what}: {size}", {"fit": word})
    if isinstance(a, Windows) and a.follows and a.stride == a.window:
        yield from _other_window(a, x)
    else:
        yield from _other_stride(a, x)
    if not even:
        yield from _other_pad(a, x, lopsided=True)
    yield from _other_input(a, x)


def _smaller(a: Windowed, x: TensorType) -> Iterator[Change]:
    """Ways to a window that fits, the likeliest first, each tried."""
    yield from _other_window(a, x)
    yield from list(_other_pad(a, x, lopsided=False)) or _other_pad(a, x, lopsided=True)
    if a.stride == (1, 1) and (size := _size(_variant(a, pad=(0, 0, 0, 0), fit="same"), x)):
        yield Change(f"use `same`, which gives {size}", {"fit": "same", **({"pad": ""} if any(a.pad) else {})})


def _other_pad(a: Windowed, x: TensorType, *, lopsided: bool) -> Iterator[Change]:
    """The nearest pad that fits, the same at both ends, or with one row less or more at the end."""

    def whole(axis: int, ends: tuple[int, int]) -> tuple[int, int, int, int]:
        top, left, bottom, right = a.pad
        return (ends[0], left, ends[1], right) if axis == 0 else (top, ends[0], bottom, ends[1])

    def candidates(axis: int) -> Iterator[tuple[int, int]]:
        before, after = a.pad[axis], a.pad[axis + 2]
        if not lopsided:
            extent = (a.window[axis] - 1) * a.dilate[axis] + 1
            yield from ((p, p) for p in _near(before, 0, extent - 1))
        else:
            yield from ((before, p) for p in (after, after - 1, after + 1) if p >= 0)

    def fits(axis: int, ends: tuple[int, int]) -> bool:
        return _axis(_variant(a, pad=whole(axis, ends)), x, axis) is not None

    found = _settle(candidates, fits, alike=a.pad[0] == a.pad[1] and a.pad[2] == a.pad[3])
    if found is None:
        return
    (top, bottom), (left, right) = found
    pad = (top, left, bottom, right)
    if size := _size(_variant(a, pad=pad), x):
        told, argument = other_pad_text(pad)
        yield Change(f"{told}, which gives {size}", {"pad": argument})


def _other_stride(a: Windowed, x: TensorType) -> Iterator[Change]:
    """The nearest stride that fits."""

    def fits(axis: int, s: int) -> bool:
        return _axis(_variant(a, stride=(s, s)), x, axis) is not None

    found = _settle(lambda axis: _near(a.stride[axis], 1, a.stride[axis] + 2), fits, alike=a.stride[0] == a.stride[1])
    if found and (size := _size(_variant(a, stride=found), x)):
        text = f"stride {pair_text(found)}"
        yield Change(f"use `{text}`, which gives {size}", {"stride": text})


def _other_window(a: Windowed, x: TensorType) -> Iterator[Change]:
    """The largest smaller window that fits. Where the stride follows the window, it is left to."""
    follows = isinstance(a, Windows) and a.follows and a.stride == a.window

    def other(f: int) -> Windows:
        return _variant(a, window=(f, f), stride=(f, f) if follows else a.stride)

    def candidates(axis: int) -> Iterable[int]:
        room = (x.height, x.width)[axis] + a.pad[axis] + a.pad[axis + 2]
        largest = min(a.window[axis], (room - 1) // a.dilate[axis] + 1)
        return range(largest, max(0, largest - NEARBY), -1)

    found = _settle(candidates, lambda axis, f: _axis(other(f), x, axis) is not None, alike=False)
    if found is None:
        return
    made = _variant(a, window=found, stride=found if follows else a.stride)
    if found == a.window[:2] or not (size := _size(made, x)):
        return
    changes = {"window": "x".join(map(str, (*found, *a.window[2:]))) if a.window[2:] else pair_text(found)}
    if follows and _size(_variant(made, stride=a.stride), x) != size:
        changes["stride"] = ""  # it may have been written
    yield Change(f"use a window of {pair_text(found)}, which gives {size}", changes)


def _other_input(a: Windowed, x: TensorType) -> Iterator[str]:
    """The next smaller and the next larger input that fit."""
    sizes = []
    for larger in (False, True):
        near = []
        for w1, (window, s, dilate, pads) in zip((x.height, x.width), _axis_arguments(a), strict=True):
            rest = (w1 - (window - 1) * dilate - 1 + sum(pads)) % s
            near.append(w1 - rest + (s if larger and rest else 0))
        if min(near) > 0 and (size := _size(a, TensorType(near[0], near[1], x.depth))):
            sizes.append(f"{near[0]}x{near[1]} gives {size}")
    if sizes:
        yield "or give it another input: " + ", ".join(sizes)
