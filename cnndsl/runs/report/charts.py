"""Lines over epochs or layers as SVG: axes, ticks, labels, a legend. Colours come from the page's style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from cnndsl.runs.report.html import Html, tag

WIDTH, HEIGHT = 440, 270
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 12, 40
LETTER = 6.6
"""The most that a letter of a label is wide."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line's name, its points (None where there is no number), and its class in the page's style, or a colour."""

    name: str
    values: Sequence[float | None]
    look: str
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`; `ticks` are places with what stands at them."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        if self.log:
            return (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return (value - self.low) / (self.high - self.low)


def number(value: float | None) -> float | None:
    """The value where it is a finite number."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if fine and value is not None else None


def linear(low: float, high: float, *, percent: bool = False, most: int = 6) -> Axis:
    """An axis with round ticks that reaches over both ends."""
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    step = next(s for s in _steps(high - low) if (high - low) / s <= most)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = [step * n for n in range(first, last + 1)]
    digits = next((d for d in range(12) if _is_whole(step * (100 if percent else 1) * 10**d)), 12)
    return Axis(ticks[0], ticks[-1], tuple((t, _written(t, digits, percent=percent)) for t in ticks))


def _is_whole(value: float) -> bool:
    return value >= 0.99 and abs(value - round(value)) < 1e-6 * value


def _steps(width: float) -> Iterator[float]:
    power = 10.0 ** (floor(log10(width)) - 1)
    for _ in range(4):
        yield from (power, 2 * power, 2.5 * power, 5 * power)
        power *= 10


def _written(value: float, digits: int, *, percent: bool) -> str:
    if percent:
        return f"{100 * value:.{digits}f} %"
    return f"{value:.{digits}f}" if digits <= 4 and abs(value) < 1e6 else f"{value:.3g}"


def powers(low: float, high: float) -> Axis:
    """A logarithmic axis whose ticks are powers of ten; `low` is above 0."""
    first, last = floor(log10(low) + 1e-9), ceil(log10(high) - 1e-9)
    last = max(last, first + 1)
    step = max(1, ceil((last - first) / 7))
    ticks = tuple((10.0**n, f"1e{n}" if abs(n) > 3 else f"{10.0**n:g}") for n in range(first, last + 1, step))
    return Axis(10.0**first, 10.0**last, ticks, log=True)


def whole(low: int, high: int, most: int = 8) -> Axis:
    """An axis of whole numbers, from the first to the last."""
    step = max(1, next(int(s) for s in _steps(max(high - low, 10) * 1.0) if s == int(s) and (high - low) / s <= most))
    ticks = list(range(ceil(low / step) * step, high + 1, step))
    ticks = ticks if low in ticks or (ticks and ticks[0] - low < step / 2) else [low, *ticks]
    room = 0.5 if low == high else 0.0
    return Axis(low - room, high + room, tuple((n, f"{n}") for n in ticks))


def chart(
    x: Axis,
    places: Sequence[float],
    lines: Sequence[Line],
    *,
    title: str,
    label: str,
    log: bool = False,
    percent: bool = False,
    legend: bool = True,
) -> Html:
    """Lines over the same places. `title` says what it shows, `label` what stands along the bottom. With `log` only
    what is above 0 has a place."""
    found = [v for line in lines for v in map(number, line.values) if v is not None and (v > 0 or not log)]
    if not found:
        return Html()
    low, high = min(found), max(found)
    y = powers(low, high) if log else linear(low, high, percent=percent)
    inside: list[Html] = list(_axes(x, y, label))
    for line in lines:
        inside += _line(line, x, y, places)
    box = f"0 0 {WIDTH} {HEIGHT}"
    drawn = tag("svg", *inside, viewBox=box, role="img", aria_label=title, class_="chart")
    return tag("figure", tag("figcaption", title), drawn, _legend(lines) if legend else Html(), class_="chart")


def _at(x: Axis, y: Axis, px: float, py: float) -> tuple[float, float]:
    across, up = x.share(px), y.share(py)
    return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def _axes(x: Axis, y: Axis, label: str) -> Iterator[Html]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for value, said in y.ticks:
        _, at = _at(x, y, x.low, value)
        yield tag("line", x1=LEFT, y1=round(at, 1), x2=right, y2=round(at, 1), class_="grid")
        yield tag("text", said, x=LEFT - 7, y=round(at + 4, 1), text_anchor="end")
    for value, said in x.ticks:
        at, _ = _at(x, y, value, y.low)
        yield tag("line", x1=round(at, 1), y1=bottom, x2=round(at, 1), y2=bottom + 4, class_="axis")
        yield tag("text", said, x=round(at, 1), y=bottom + 17, text_anchor="middle")
    yield tag("line", x1=LEFT, y1=bottom, x2=right, y2=bottom, class_="axis")
    yield tag("text", label, x=(LEFT + right) / 2, y=HEIGHT - 6, text_anchor="middle")


def _line(line: Line, x: Axis, y: Axis, places: Sequence[float]) -> Iterator[Html]:
    """A path where there are numbers one after the other, dots where there are few."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for px, value in zip(places, map(number, line.values), strict=True):
        if value is None or (y.log and value <= 0):
            pieces.append([])
        else:
            pieces[-1].append(_at(x, y, px, value))
    style = f"stroke:{line.colour}" if line.colour else None
    for piece in pieces:
        if len(piece) > 1:
            d = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in piece)
            yield tag("path", d=d, class_=f"line {line.look}", style=style)
        if piece and (len(piece) == 1 or len(places) <= 40):
            fill = f"fill:{line.colour}" if line.colour else None
            radius = 3.5 if len(piece) == 1 else 2.2
            yield from (
                tag("circle", cx=round(a, 1), cy=round(b, 1), r=radius, class_=f"dot {line.look}", style=fill)
                for a, b in piece
            )


def _legend(lines: Sequence[Line]) -> Html:
    if len(lines) < 2:
        return Html()
    rows = []
    for line in lines:
        style = f"background:{line.colour}" if line.colour else None
        rows.append(tag("span", tag("i", class_=f"key {line.look}", style=style), line.name))
    return tag("p", *rows, class_="legend")
