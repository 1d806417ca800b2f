"""Text for people: the message, the lines it is about with marks under them, notes and help."""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass

from cnndsl.diagnostics.model import Diagnostic
from cnndsl.diagnostics.render.style import BLUE, BOLD, RED, YELLOW, Style
from cnndsl.source import Span

Mark = tuple[Span, str, bool]
"""What is marked, the words under it, and whether it is the place of the mistake itself."""


def text(d: Diagnostic, style: Style) -> str:
    """The message, the lines of the source it is about with marks under them, notes and help."""
    color = RED if d.severity == "error" else YELLOW
    head = f"{d.severity}[{d.code}]"
    lines = textwrap.wrap(f"{head}: {style.show(d.message)}", style.width, subsequent_indent="  ") or [head]
    lines[0] = style.paint(head, BOLD, color) + style.paint(lines[0].removeprefix(head), BOLD)
    lines[1:] = [style.paint(line, BOLD) for line in lines[1:]]
    gutter = 1
    if d.span is not None:
        marked = [(d.span, d.label, True), *((r.span, r.text, False) for r in d.related)]
        gutter = len(str(max(span.line for span, _, _ in marked)))
        for number, source in enumerate(dict.fromkeys(span.source for span, _, _ in marked)):
            here = [mark for mark in marked if mark[0].source is source]
            place = here[0][0]
            arrow = " " * gutter + (" ::: " if number else " --> ")
            lines.append(style.paint(arrow, BLUE) + style.show(f"{source.name}:{place.line}:{place.column}"))
            lines += _excerpt(sorted(here, key=_order), gutter, style, color)
    for kind, items in (("note", d.notes), ("help", d.advice)):
        for item in items:
            lead = " " * gutter + f"  = {kind}: "
            room = max(20, style.width - len(lead))
            wrapped = textwrap.wrap(style.show(item), room, break_long_words=False, break_on_hyphens=False) or [""]
            lines.append(style.paint(" " * gutter + "  = ", BLUE) + style.paint(f"{kind}:", BOLD) + f" {wrapped[0]}")
            lines += [" " * len(lead) + more for more in wrapped[1:]]
    return "\n".join(lines)


def _order(mark: Mark) -> tuple[int, int]:
    return mark[0].start, mark[0].end


def _excerpt(marked: list[Mark], gutter: int, style: Style, color: int) -> list[str]:
    """The lines of one source that are marked, each once, with every mark under what it marks."""
    lines: list[str] = []
    width = style.width - gutter - 5
    by_line: dict[int, list[Mark]] = {}
    for mark in marked:
        by_line.setdefault(mark[0].line, []).append(mark)
    last = 0
    for line, marks in by_line.items():
        if last and line > last + 1:
            lines.append(style.paint(" " * (gutter + 1) + "...", BLUE))
        last = line
        anchor = next((m for m in marks if m[2]), marks[0])[0]
        window = _Window.around(anchor, width, style)
        lines.append(style.paint(f" {line:>{gutter}} | ", BLUE) + window.text)
        for span, label, primary in marks:
            start, length = window.place(span)
            words = (("^" if primary else "-") * length + " " + style.show(label)).rstrip()
            for piece in _under(words, start, width):
                shown = style.paint(piece, color if primary else BLUE)
                lines.append(style.paint(" " * (gutter + 1) + " | ", BLUE) + shown)
    return lines


def _under(mark: str, start: int, width: int) -> list[str]:
    """A mark and its words; the words go below where they would pass the edge."""
    if start + len(mark) <= width or " " not in mark:
        return [" " * start + mark]
    carets, words = mark.split(" ", 1)
    indent = " " * max(0, min(start, width - len(words)))
    return [" " * start + carets, *(indent + w for w in textwrap.wrap(words, max(20, width - len(indent))))]


def _cells(text: str) -> int:
    """Columns a text takes on a terminal."""
    total = 0
    for c in text:
        if not unicodedata.combining(c):
            total += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return total


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of a source line that is shown: the code points from `first` to `stop`, dots where it is cut."""

    line: str
    first: int
    stop: int
    text: str
    style: Style

    @classmethod
    def around(cls, span: Span, width: int, style: Style) -> _Window:
        """As much of the span's first line as fits the width, with the span's beginning in it."""
        line = span.source.line_text(span.line)
        at = span.column - 1
        if len(line) <= width and _cells(style.show(line)) <= width:
            return cls(line, 0, len(line), style.show(line), style)
        first = max(0, at - width // 3) if at > width // 2 else 0
        lead = "..." if first else ""
        stop, room = first, width - len(lead) - 3
        while stop < len(line) and (room := room - _cells(style.show(line[stop]))) >= 0:
            stop += 1
        shown = lead + style.show(line[first:stop]) + ("..." if stop < len(line) else "")
        return cls(line, first, stop, shown, style)

    def place(self, span: Span) -> tuple[int, int]:
        """Column and length of the mark of a span that begins on this line; at the edge where it is outside."""
        start = span.column - 1
        end = span.end_column - 1 if span.end_line == span.line else len(self.line.rstrip())
        column, until = self._column(start), self._column(end)
        return column, max(1, until - column)

    def _column(self, at: int) -> int:
        lead = 3 if self.first else 0
        if at < self.first:
            return 0
        return lead + _cells(self.style.show(self.line[self.first : min(at, self.stop)]))
