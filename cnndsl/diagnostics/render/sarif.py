"""SARIF 2.1.0, the form in which analysis tools hand over what they found."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cnndsl.diagnostics.catalog import CODES, Code
from cnndsl.diagnostics.model import Diagnostic, Edit, Fix
from cnndsl.diagnostics.render.style import BOX, Style
from cnndsl.source import Source, Span
from cnndsl.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_UNSEEN = dict.fromkeys(range(0xD800, 0xE000), BOX)
"""Half characters, as in names of files that are not UTF-8: no JSON text may hold them."""


def document(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """One log with one run in it."""
    return json.dumps(as_sarif(diagnostics), indent=2, ensure_ascii=style.ascii)


def as_sarif(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The log as plain JSON values. The rules are the codes that were found, in the order of their first finding."""
    index = {code: number for number, code in enumerate(dict.fromkeys(d.code for d in diagnostics))}
    driver = {"name": "cnndsl", "version": __version__, "rules": [_rule(CODES[code]) for code in index]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, index[d.code]) for d in diagnostics],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _text(said: str) -> dict[str, str]:
    return {"text": said.translate(_UNSEEN)}


def _level(code: str) -> str:
    return "warning" if code.startswith("W") else "error"


def _rule(page: Code) -> dict[str, Any]:
    examples = (f"Gives it:\n\n{page.bad}", f"Repaired:\n\n{page.good}") if page.bad else ()
    return {
        "id": page.code,
        "shortDescription": _text(page.title),
        "fullDescription": _text(page.text),
        "help": _text("\n\n".join((page.text, *examples))),
        "defaultConfiguration": {"level": _level(page.code)},
    }


def _result(d: Diagnostic, index: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": index,
        "level": _level(d.code),
        "message": _text("\n".join((d.message, *d.notes, *d.advice))),
    }
    if d.span is not None:
        found["locations"] = [{"physicalLocation": _place(d.span)}]
    if d.related:
        found["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(r.span), "message": _text(r.text)}
            for number, r in enumerate(d.related)
        ]
    fixes = [_fix(fix) for fix in d.fixes if fix.edits]
    return {**found, "fixes": fixes} if fixes else found


def _fix(fix: Fix) -> dict[str, Any]:
    """Edits by file; one that only inserts deletes a region of no length."""
    by_source: dict[Source, list[Edit]] = {}
    for edit in fix.edits:
        by_source.setdefault(edit.span.source, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(source),
            "replacements": [
                {"deletedRegion": _region(e.span), "insertedContent": _text(e.replacement)} for e in edits
            ],
        }
        for source, edits in by_source.items()
    ]
    return {"description": _text(fix.text), "artifactChanges": changes}


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span.source), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(source: Source) -> dict[str, Any]:
    """Where a source is: relative to the folder we are in where it stands below it, else absolute."""
    if source.name.startswith("<"):  # a text without a file
        return {"uri": quote(source.name), "description": _text(source.name.strip("<>"))}
    path, here = Path(os.path.abspath(source.name)), Path.cwd()
    if path.is_relative_to(here):
        return {"uri": quote(os.fsencode(path.relative_to(here).as_posix()))}
    return {"uri": path.as_uri()}
