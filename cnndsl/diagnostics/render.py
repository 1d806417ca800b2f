"""Renderings of diagnostics: text for people, one line for editors, JSON for programs."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cnndsl.diagnostics.model import Diagnostic, Edit
from cnndsl.source import Span

TAB = 4


@dataclass(frozen=True, slots=True)
class Style:
    """How text is shown: `color` uses terminal escapes, `width` is in columns."""

    color: bool = False
    width: int = 80

    def paint(self, text: str, *codes: int) -> str:
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m" if self.color and text else text


BOLD, RED, GREEN, YELLOW, BLUE = 1, 31, 32, 33, 34


def concise(d: Diagnostic) -> str:
    """One line: ``models/tiny.cnn:4:10: error[E302]: POOL window 3 is larger than its input``."""
    where = f"{d.span.source.name}:{d.span.line}:{d.span.column}: " if d.span else ""
    return f"{where}{d.severity}[{d.code}]: {d.message}"


def text(d: Diagnostic, style: Style) -> str:
    """The message, the lines of the source it is about with marks under them, notes and help."""
    color = RED if d.severity == "error" else YELLOW
    head = f"{d.severity}[{d.code}]"
    lines = textwrap.wrap(f"{head}: {d.message}", style.width, subsequent_indent="  ") or [head]
    lines[0] = style.paint(head, BOLD, color) + style.paint(lines[0].removeprefix(head), BOLD)
    gutter = 1
    if d.span is not None:
        marked = sorted([(d.span, d.label, True), *((r.span, r.text, False) for r in d.related)], key=_order)
        gutter = len(str(max(span.line for span, _, _ in marked)))
        lines.append(style.paint(" " * gutter + " --> ", BLUE) + f"{d.span.source.name}:{d.span.line}:{d.span.column}")
        lines += _excerpt(marked, gutter, style, color)
    for kind, items in (("note", d.notes), ("help", d.advice)):
        for item in items:
            lead = " " * gutter + f"  = {kind}: "
            wrapped = textwrap.wrap(
                item, max(20, style.width - len(lead)), break_long_words=False, break_on_hyphens=False
            ) or [""]
            lines.append(style.paint(" " * gutter + "  = ", BLUE) + style.paint(f"{kind}:", BOLD) + f" {wrapped[0]}")
            lines += [" " * len(lead) + more for more in wrapped[1:]]
    return "\n".join(lines)


def _order(mark: tuple[Span, str, bool]) -> tuple[int, int]:
    return mark[0].start, mark[0].end


def _excerpt(marked: list[tuple[Span, str, bool]], gutter: int, style: Style, color: int) -> list[str]:
    """The lines that are marked, each once, with every mark under what it marks."""
    lines: list[str] = []
    width = style.width - gutter - 5
    by_line: dict[int, list[tuple[Span, str, bool]]] = {}
    for mark in marked:
        by_line.setdefault(mark[0].line, []).append(mark)
    last = 0
    for line, marks in by_line.items():
        if last and line > last + 1:
            lines.append(style.paint(" " * (gutter + 1) + "...", BLUE))
        last = line
        anchor = next((m for m in marks if m[2]), marks[0])[0]
        window = _Window.around(anchor, width)
        lines.append(style.paint(f" {line:>{gutter}} | ", BLUE) + window.text)
        for span, label, primary in marks:
            start, length = window.place(span)
            words = (("^" if primary else "-") * length + " " + label).rstrip()
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


def _shown(text: str) -> str:
    """A source line as a terminal may show it: tabs as spaces, characters that cannot be seen as a box."""
    clean = text.replace("\t", " " * TAB)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in clean)


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of a source line that is shown: the code points from `first` to `stop`, dots where it is cut."""

    line: str
    first: int
    stop: int
    text: str

    @classmethod
    def around(cls, span: Span, width: int) -> _Window:
        """As much of the span's first line as fits the width, with the span's beginning in it."""
        line = span.source.line_text(span.line)
        at = span.column - 1
        if len(line) <= width and _cells(_shown(line)) <= width:
            return cls(line, 0, len(line), _shown(line))
        first = max(0, at - width // 3) if at > width // 2 else 0
        lead = "..." if first else ""
        stop, room = first, width - len(lead) - 3
        while stop < len(line) and (room := room - _cells(_shown(line[stop]))) >= 0:
            stop += 1
        return cls(line, first, stop, lead + _shown(line[first:stop]) + ("..." if stop < len(line) else ""))

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
        return lead + _cells(_shown(self.line[self.first : min(at, self.stop)]))


def as_json(d: Diagnostic) -> dict[str, Any]:
    """The diagnostic as plain JSON values; lines and columns from 1, the end column exclusive."""
    return {
        "code": d.code,
        "severity": d.severity,
        "message": d.message,
        **_place(d.span),
        "label": d.label,
        "related": [{**_place(r.span), "message": r.text} for r in d.related],
        "notes": list(d.notes),
        "help": list(d.advice),
        "edits": [_edit(e) for e in d.fixes[0].edits] if d.fixes else [],
        "fixes": [{"text": f.text, "sure": f.sure, "edits": [_edit(e) for e in f.edits]} for f in d.fixes],
    }


def _edit(e: Edit) -> dict[str, Any]:
    return {**_place(e.span), "replacement": e.replacement}


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """``2 errors, 1 warning``; empty where there is nothing to say."""
    kinds = [d.severity for d in diagnostics]
    parts = [
        f"{count} {word}{'s' if count != 1 else ''}" for word in ("error", "warning") if (count := kinds.count(word))
    ]
    return ", ".join(parts)
