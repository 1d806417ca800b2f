"""A graph as a picture: boxes from top to bottom, coloured by kind. Self-contained SVG, for light and dark ground.

Letters are of one width (the generic `monospace`), so that a text's room is known without looking at a font.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from cnndsl.diagnostics.render.style import visible
from cnndsl.drawing.boxes import Box, boxes
from cnndsl.drawing.colours import DARK, LIGHT, Colour, known
from cnndsl.drawing.layout import Place, Point, layout
from cnndsl.ir.graph import Graph

FONT, LETTER, LINE = 13, 8.0, 18
"""Height of letters, the most that one is wide, and height of a line."""
INSET = 12
STRIPE = 5
LONGEST, SHORTEST = 44, 18
"""Letters in a line of a box: longer ones are broken, and no box is narrower."""
MARGIN, HEAD = 24, 52
CORNER = 7
TIP = 7


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in a box: its name with the output's size to the right of it, and lines below."""

    name: str
    size: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, box: Box) -> Text:
        lines = [piece for line in box.lines for piece in _broken(line)]
        if len(box.name) + len(box.size) + 3 <= LONGEST:
            return cls(box.name, box.size, tuple(lines))
        name, *below = _broken(box.name)
        return cls(name, "", (*below, *lines, box.size))

    @property
    def letters(self) -> int:
        head = len(self.name) + len(self.size) + 3
        return max(SHORTEST, head, *map(len, self.lines)) if self.lines else max(SHORTEST, head)

    @property
    def area(self) -> tuple[float, float]:
        """Width and height of the box."""
        return self.letters * LETTER + 2 * INSET + STRIPE, (1 + len(self.lines)) * LINE + INSET


def _broken(line: str) -> list[str]:
    return textwrap.wrap(line, LONGEST, subsequent_indent="  ") or [""]


def document(graph: Graph) -> str:
    made = boxes(graph)
    texts = [Text.of(box) for box in made]
    found = layout([text.area for text in texts], [box.inputs for box in made], _end(graph, made))
    heading = (visible(graph.name), f"{graph.parameter_count:,} parameters", f"{graph.macs:,} MACs")
    room = max(found.width, LETTER * max(map(len, heading)))
    width, height = room + 2 * MARGIN, found.height + 2 * MARGIN + HEAD
    bold = ' class="name"'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(", ".join(heading))}">',
        f"<style>{_style({known(box.kind) for box in made})}</style>",
        '<rect class="page" width="100%" height="100%"/>',
        *(
            f'<text x="{MARGIN}" y="{MARGIN + FONT + i * LINE}"{bold if not i else ""}>{escape(line)}</text>'
            for i, line in enumerate(heading)
        ),
        f'<g transform="translate({MARGIN + (room - found.width) / 2:g} {MARGIN + HEAD + LINE})">',
        *(f'<path class="line" d="{_path(route.points)}"/>' for route in found.routes),
        *(f'<path class="tip" d="{_tip(route.points[-1])}"/>' for route in found.routes),
    ]
    for box, text, place in zip(made, texts, found.places, strict=True):
        out += _drawn(known(box.kind), text, place)
    return "\n".join([*out, "</g>", "</svg>"]).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _end(graph: Graph, made: list[Box]) -> int | None:
    """The box that the main flow ends in."""
    main = graph.outputs.get("main")
    return next((i for i, box in enumerate(made) if any(node.name == main for node in box.nodes)), None)


def _style(kinds: set[str]) -> str:
    light = [
        f"text{{font:{FONT}px monospace;fill:#1f2328;white-space:pre}}",
        ".name{font-weight:bold}.size{text-anchor:end}",
        ".page{fill:#fff}.line{fill:none;stroke:#6e7781;stroke-width:1.5}.tip{fill:#6e7781}",
        *_colours(LIGHT, kinds),
    ]
    dark = [
        "text{fill:#e6edf3}.page{fill:#0d1117}.line{stroke:#8b949e}.tip{fill:#8b949e}",
        *_colours(DARK, kinds),
    ]
    return f"{''.join(light)}@media(prefers-color-scheme:dark){{{''.join(dark)}}}"


def _colours(table: Mapping[str, Colour], kinds: set[str]) -> Iterator[str]:
    for kind in sorted(kinds):
        ground, edge = table[kind]
        yield f".{kind}{{fill:{ground};stroke:{edge}}}.{kind}-edge{{fill:{edge}}}"


def _drawn(kind: str, text: Text, place: Place) -> Iterator[str]:
    """A box and what stands in it."""
    x, y = place.x, place.y
    yield f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{place.width:g}" height="{place.height:g}" rx="4"/>'
    yield f'<rect class="{kind}-edge" x="{x:g}" y="{y:g}" width="{STRIPE}" height="{place.height:g}" rx="2"/>'
    left, right, base = x + STRIPE + INSET, x + place.width - INSET, y + INSET / 2 + FONT
    yield f'<text class="name" x="{left:g}" y="{base:g}">{escape(text.name)}</text>'
    yield f'<text class="size" x="{right:g}" y="{base:g}">{escape(text.size)}</text>'
    for number, line in enumerate(text.lines, start=1):
        yield f'<text x="{left:g}" y="{base + number * LINE:g}">{escape(line)}</text>'


def _path(points: Sequence[Point]) -> str:
    """A line through the points, its corners rounded, that ends where its tip begins."""
    found = [points[0]]
    for point in points[1:]:
        if point != found[-1]:
            found.append(point)
    *before, last = found
    found = [*before, (last[0], last[1] - TIP + 1)]
    parts = [f"M{found[0][0]:g} {found[0][1]:g}"]
    for a, b, c in zip(found, found[1:], found[2:], strict=False):
        r = min(CORNER, _length(a, b) / 2, _length(b, c) / 2)
        (ax, ay), (cx, cy) = _towards(b, a, r), _towards(b, c, r)
        parts.append(f"L{ax:g} {ay:g}Q{b[0]:g} {b[1]:g} {cx:g} {cy:g}")
    return "".join([*parts, f"L{found[-1][0]:g} {found[-1][1]:g}"])


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(a: Point, b: Point, length: float) -> Point:
    """The point that far from `a` on the way to `b`; the way is level or upright."""
    share = length / (_length(a, b) or 1)
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _tip(point: Point) -> str:
    x, y = point
    return f"M{x:g} {y:g}L{x - 4:g} {y - TIP:g}L{x + 4:g} {y - TIP:g}Z"
