"""Workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from cnndsl.diagnostics.model import Diagnostic

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def annotation(d: Diagnostic) -> str:
    """One line: ``::error file=a.cnn,line=4,endLine=4,col=10,endColumn=11,title=E302::POOL window 3 is larger ...``.

    Notes and help are further lines of the message. The end column is exclusive; columns are left out where lines
    differ, since GitHub takes them on one line only.
    """
    properties: dict[str, str | int] = {}
    if d.span is not None:
        first, last = d.span.line, d.span.end_line
        properties = {"file": d.span.source.name, "line": first, "endLine": last}
        if first == last:
            properties |= {"col": d.span.column, "endColumn": d.span.end_column}
    properties["title"] = d.code
    said = ",".join(f"{key}={_escaped(str(value), _PROPERTY)}" for key, value in properties.items())
    message = "\n".join((d.message, *(f"note: {n}" for n in d.notes), *(f"help: {h}" for h in d.advice)))
    return f"::{d.severity} {said}::{_escaped(message, _DATA)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(c, c) for c in text)
