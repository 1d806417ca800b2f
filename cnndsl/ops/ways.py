"""Ways out of windows that do not fit: another pad, stride, window or word, each tried on the size rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from cnndsl.ir.types import Change, TensorType
from cnndsl.ops.axis import Axis, Windowed, Windows, axis_arguments, fit_axis

NEARBY = 32
"""How far from what is written a way out is looked for."""

T = TypeVar("T")


def whole(a: Windowed, x: TensorType) -> Iterator[str | Change]:
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


def smaller(a: Windowed, x: TensorType) -> Iterator[Change]:
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
        for w1, (window, s, dilate, pads) in zip((x.height, x.width), axis_arguments(a), strict=True):
            rest = (w1 - (window - 1) * dilate - 1 + sum(pads)) % s
            near.append(w1 - rest + (s if larger and rest else 0))
        if min(near) > 0 and (size := _size(a, TensorType(near[0], near[1], x.depth))):
            sizes.append(f"{near[0]}x{near[1]} gives {size}")
    if sizes:
        yield f"or give it another input: {', '.join(sizes)} (`cnndsl sizes` tries every layer)"


def _variant(a: Windowed, **changes: object) -> Windows:
    values = {"window": a.window, "stride": a.stride, "pad": a.pad, "fit": a.fit, "dilate": a.dilate}
    return Windows(**{**values, **changes})  # type: ignore[arg-type]


def _axis(a: Windowed, x: TensorType, which: int) -> Axis | None:
    """The windows along height (0) or width (1), or None where they do not fit."""
    window, _, dilate, pads = arguments = axis_arguments(a)[which]
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
