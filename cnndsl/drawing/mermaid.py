"""A graph as a Mermaid flowchart, which GitHub and others draw where it stands in Markdown."""

from __future__ import annotations

from cnndsl.drawing.boxes import Box, boxes
from cnndsl.drawing.colours import LIGHT, known
from cnndsl.ir.graph import Graph


def document(graph: Graph) -> str:
    made = boxes(graph)
    lines = ["flowchart TD"]
    lines += [f'  n{i}["{_label(box)}"]:::{known(box.kind)}' for i, box in enumerate(made)]
    lines += [f"  n{start} --> n{i}" for i, box in enumerate(made) for start in box.inputs]
    for kind in dict.fromkeys(known(box.kind) for box in made):
        ground, edge = LIGHT[kind]
        lines.append(f"  classDef {kind} fill:{ground},stroke:{edge},color:#1f2328")
    return "\n".join(lines)


def _label(box: Box) -> str:
    return "<br/>".join(_escaped(text) for text in (box.name, *box.lines, box.size))


def _escaped(text: str) -> str:
    """Text in which nothing is markup: Mermaid writes characters by number, `#34;`."""
    return "".join(f"#{ord(c)};" if c in '"#&<`\\' else c for c in text)
