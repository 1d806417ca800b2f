"""Renderings of diagnostics, a file each, and the table of those that a command offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cnndsl.diagnostics.model import Diagnostic
from cnndsl.diagnostics.render import json, sarif
from cnndsl.diagnostics.render.concise import concise, summary
from cnndsl.diagnostics.render.github import annotation
from cnndsl.diagnostics.render.json import as_json
from cnndsl.diagnostics.render.style import Style, plain
from cnndsl.diagnostics.render.text import text

__all__ = ["FORMATS", "Format", "Style", "as_json", "concise", "letters", "plain", "summary", "text"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to report. `render` gives the text for some diagnostics; with `whole` it is one document for everything
    that was looked at, else it is written for each file; with `verdict` a line about each file follows."""

    render: Callable[[Sequence[Diagnostic], Style], str]
    whole: bool = False
    verdict: bool = False


def _each(one: Callable[[Diagnostic], str]) -> Callable[[Sequence[Diagnostic], Style], str]:
    return lambda found, style: "\n".join(style.show(one(d)) for d in found)


def letters(found: Sequence[Diagnostic], style: Style) -> str:
    """Diagnostics as text for people, an empty line between them."""
    return "\n\n".join(text(d, style) for d in found)


FORMATS: Mapping[str, Format] = {
    "text": Format(letters, verdict=True),
    "concise": Format(_each(concise)),
    "json": Format(json.document, whole=True),
    "sarif": Format(sarif.document, whole=True),
    "github": Format(_each(annotation)),
}
