"""Ways to show a network, a file each, and the table of those that `cnndsl show` offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cnndsl.cli.show import json, markdown, table
from cnndsl.diagnostics.render import Style
from cnndsl.drawing import dot, mermaid, svg
from cnndsl.inspection.summary import Summary
from cnndsl.ir.graph import Graph

__all__ = ["FORMATS", "Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to show. `render` gives the text; with `partial` also that of a file with mistakes, up to the first."""

    render: Callable[[Summary, Style], str]
    partial: bool = False


def _text(document: Callable[[Summary], str]) -> Callable[[Summary, Style], str]:
    def render(summary: Summary, style: Style) -> str:
        return document(summary)

    return render


def _picture(document: Callable[[Graph], str]) -> Callable[[Summary, Style], str]:
    return _text(lambda summary: document(summary.graph))


FORMATS: Mapping[str, Format] = {
    "text": Format(table.render, partial=True),
    "json": Format(_text(json.document), partial=True),
    "markdown": Format(_text(markdown.document), partial=True),
    "dot": Format(_picture(dot.document)),
    "mermaid": Format(_picture(mermaid.document)),
    "svg": Format(_picture(svg.document)),
}
