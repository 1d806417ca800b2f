"""JSON for programs: a list of objects, every part of a diagnostic under its own key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cnndsl.diagnostics.model import Diagnostic, Edit
from cnndsl.diagnostics.render.style import Style
from cnndsl.source import Span


def document(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """All of them as one JSON list."""
    return json.dumps([as_json(d) for d in diagnostics], indent=2, ensure_ascii=style.ascii)


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
