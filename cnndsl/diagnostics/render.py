"""Renderings of diagnostics: text for people, one line for editors, JSON for programs."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cnndsl.diagnostics.model import Diagnostic
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
    for kind, items in (("note", d.notes), ("help", d.help)):
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
    lines: list[str] = []
    shown = 0
    for span, label, primary in marked:
        line = span.line
        if line != shown:
            if shown and line > shown + 1:
                lines.append(style.paint(" " * (gutter + 1) + "...", BLUE))
            window, _ = _window(span, style.width - gutter - 5)
            lines.append(style.paint(f" {line:>{gutter}} | ", BLUE) + window)
            shown = line
        _, (start, length) = _window(span, style.width - gutter - 5)
        mark = (("^" if primary else "-") * length + " " + label).rstrip()
        wrapped = _under(mark, start, style.width - gutter - 5)
        for piece in wrapped:
            lines.append(style.paint(" " * (gutter + 1) + " | ", BLUE) + style.paint(piece, color if primary else BLUE))
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


def _window(span: Span, width: int) -> tuple[str, tuple[int, int]]:
    """The part of the span's first line that fits the width, and where the mark goes: first column and length."""
    line_text = span.source.line_text(span.line)
    at = span.column - 1
    stop = span.end_column - 1 if span.end_line == span.line else len(line_text.rstrip())
    before, inside, after = line_text[:at], line_text[at:stop], line_text[stop:]
    if len(line_text) > 2 * width:  # keep measuring cheap on a line of a megabyte
        before, inside, after = before[-width:], inside[:width], after[:width]
        dropped = at > width
    else:
        dropped = False
    before, inside, after = _shown(before), _shown(inside), _shown(after)
    length = max(1, _cells(inside))
    if not dropped and _cells(before) + length + _cells(after) <= width:
        return before + inside + after, (_cells(before), length)
    keep = max(8, width // 3)
    if dropped or _cells(before) > keep:
        before = "..." + before[-keep:]
    room = max(4, width - _cells(before) - 3)
    rest = inside + after
    if _cells(rest) > room:
        rest = rest[:room] + "..."
    return before + rest, (_cells(before), min(length, room))


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
        "help": list(d.help),
        "edits": [{**_place(e.span), "replacement": e.replacement} for e in d.edits],
    }


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
