"""A graph in the language of Graphviz: `cnndsl show FILE --format dot | dot -Tsvg`."""

from __future__ import annotations

from cnndsl.diagnostics.render.style import visible
from cnndsl.drawing.boxes import Box, boxes
from cnndsl.drawing.colours import LIGHT, known
from cnndsl.ir.graph import Graph


def document(graph: Graph) -> str:
    made = boxes(graph)
    lines = [
        f"digraph {_quoted(visible(graph.name))} {{",
        "  rankdir=TB",
        '  node [shape=box style="rounded,filled" fontname="monospace" fontsize=11]',
    ]
    lines += [f"  n{i} [{_attributes(box)}]" for i, box in enumerate(made)]
    lines += [f"  n{start} -> n{i}" for i, box in enumerate(made) for start in box.inputs]
    return "\n".join([*lines, "}"])


def _attributes(box: Box) -> str:
    ground, edge = LIGHT[known(box.kind)]
    label = r"\n".join(_escaped(text) for text in (box.name, *box.lines, box.size))
    return f'label="{label}" fillcolor="{ground}" color="{edge}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'
