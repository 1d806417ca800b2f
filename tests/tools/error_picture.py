"""Draws the README's picture of an error message: what `cnndsl check` prints, in its colours, as SVG.

python tests/tools/error_picture.py > tests/readme/error.svg
"""

from __future__ import annotations

import re
import sys
from html import escape

import cnndsl
from cnndsl.diagnostics.render import Style, text

SOURCE = """\
# net.cnn
INPUT 32x32x3
CONV 3x3x3 *2 stride 2 pad 1
POOL maks 2
FC 10
train { epochs 5; optimizer sgd lr 0 }
"""

COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff"}
CHARACTER, LINE, MARGIN = 8.4, 20, 18
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")


def spans(line: str) -> str:
    """A line with terminal escapes as SVG text spans."""
    parts = ESCAPE.split(line)
    out = [escape(parts[0])]
    for codes, piece in zip(parts[1::2], parts[2::2], strict=True):
        numbers = [int(code) for code in codes.split(";")]
        colour = next((f' fill="{COLOURS[n]}"' for n in numbers if n in COLOURS), "")
        bold = ' font-weight="bold"' if 1 in numbers else ""
        out.append(f"<tspan{colour}{bold}>{escape(piece)}</tspan>" if colour or bold else escape(piece))
    return "".join(out)


def picture() -> str:
    """The SVG."""
    style = Style(color=True, width=80)
    found = "\n\n".join(text(d, style) for d in cnndsl.check(SOURCE, name="net.cnn"))
    lines = ["$ cnndsl check net.cnn", *found.split("\n")]
    width, height = 2 * MARGIN + 80 * CHARACTER, 2 * MARGIN + len(lines) * LINE
    rows = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + (i + 1) * LINE - 6}" xml:space="preserve">{spans(line)}</text>'
        for i, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height}" '
        f'viewBox="0 0 {width:g} {height}" role="img" aria-label="output of cnndsl check">\n'
        f'<rect width="100%" height="100%" rx="8" fill="#161b22"/>\n'
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" '
        f'fill="#e6edf3">\n{rows}\n</g>\n</svg>\n'
    )


if __name__ == "__main__":
    sys.stdout.write(picture())
