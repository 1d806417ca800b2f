"""Windows over height and width: what layers share that slide them, on top of the size rule in `axis`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Any

from cnndsl.ir.types import Change, Reach, Reject, TensorType
from cnndsl.ops import ways
from cnndsl.ops.axis import Axis, Fit, Windowed, axis_arguments, axis_arithmetic, exact_size, fit_axis

FITS: Mapping[str, Fit] = {"exact": "exact", "floor": "floor", "ceil": "ceil", "same": "same"}
FIT_DOC = (
    "rows that fill no window: an error (exact), dropped (floor), hung over (ceil); same pads to ceil(W1/S). "
    "`exact` is the default, and undoes a `set`"
)
"""How layers with windows declare it."""


@lru_cache(maxsize=4096)
def axes(a: Windowed, x: TensorType) -> tuple[Axis, Axis]:
    """Windows along height and width; kernels ask for them at every step.

    Raises Reject: E302 larger than the input, E301 not whole, E305 pad too wide, E304 on a vector.
    """
    reject_vector(x)
    check(a)
    height, width = axis_arguments(a)
    rows = fit_axis(x.height, *height, a.fit)
    columns = fit_axis(x.width, *width, a.fit)
    if rows is None or columns is None:
        raise _misfit(a, x)
    return rows, columns


def lost(a: Windowed, x: TensorType) -> tuple[int, int]:
    """Rows and columns of the input that `floor` drops: those behind the last window. Pads do not count, nor as many
    rows as any two windows have between them."""
    if a.fit != "floor":
        return (0, 0)
    rows, columns = (
        axis.input + axis.before - (axis.output - 1) * axis.stride - max(axis.extent, axis.stride)
        for axis in axes(a, x)
    )
    return (max(0, rows), max(0, columns))


def fills(a: Windowed, x: TensorType) -> bool:
    """Whether the windows fill the input exactly. Under ``same`` they do: the pad is made so."""
    if a.fit == "same":
        return True
    return all((axis.input + axis.before + axis.after - axis.extent) % axis.stride == 0 for axis in axes(a, x))


def reach(a: Windowed) -> Reach:
    """How far an output cell looks: over one window, and a stride on to the next."""
    height, width = (((f - 1) * dilate + 1) for f, _, dilate, _ in axis_arguments(a))
    return Reach((height, width), (Fraction(a.stride[0]), Fraction(a.stride[1])))


def void(own: Mapping[str, Any], defaults: Mapping[str, Any]) -> set[str]:
    """Fields of which a `set` cannot speak beside a step's own arguments: `same` and a pad, `global` and a window."""
    found: set[str] = set()
    if own.get("fit") == "same":
        found.add("pad")
    if "pad" in own and defaults.get("fit") == "same":
        found.add("fit")
    if own.get("reach") == "global":
        found |= {"window", "stride", "pad"}
    if "window" in own:
        found.add("reach")
    if own.get("mode") == "max":
        found.add("countpad")
    return found


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
            told, argument = ways.other_pad_text(narrow)
            fits = sure and all(narrow[n] + narrow[n + 2] >= extents[n] - 1 for n in (0, 1))
            way = Change(told, {"pad": argument}) if fits else f"`{ways.pad_text(narrow)}` is the most"
            raise Reject(
                "E305",
                f"pad {widest} is not below the window's {name} of {most + 1}: a window would see only padding",
                blame="pad",
                label=f"at most {most}",
                help=(way, *more),
            )


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


def _misfit(a: Windowed, x: TensorType) -> Reject:
    """Why the windows do not fit, with the arithmetic and help that was tried against the rule."""
    notes: dict[str, list[str]] = {}
    small = False
    needed = []
    for name, w1, (window, s, dilate, pads) in zip("HW", (x.height, x.width), axis_arguments(a), strict=True):
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
            f"window {ways.pair_text(a.window)} is larger than its input {x.height}x{x.width}",
            blame="window",
            label=f"needs at least {needed[0]}x{needed[1]}",
            notes=lines,
            help=tuple(ways.smaller(a, x)),
        )
    values = " and ".join(dict.fromkeys(line.split(" = ")[1].split(",")[0] for line in notes))
    return Reject(
        "E301",
        f"output size is not whole: {values}",
        blame="stride",
        label="does not divide",
        notes=lines,
        help=tuple(ways.whole(a, x)),
    )


def decimal(value: Fraction) -> str:
    """16.5, 0.67, 4: two decimals, or as a fraction where two would look whole."""
    if value.denominator == 1:
        return str(value.numerator)
    shown = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return shown if "." in shown else f"{value.numerator}/{value.denominator}"
