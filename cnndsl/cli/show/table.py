"""A network's figures as a table for people: a layer a row, totals below.

Where the window is narrow the table gives way in this order: the layers' words go; words and arithmetic stand on a line
of their own under their layer; then memory, receptive field and MACs go, one by one. Nothing else is cut.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cnndsl.diagnostics.render import Style
from cnndsl.diagnostics.render.style import BOLD, RED
from cnndsl.drawing.words import phrase
from cnndsl.inspection.summary import Row, Summary, field_text
from cnndsl.memory import amount

GAP = 2
ARITHMETIC = "arithmetic"
GIVING_WAY: tuple[tuple[str, ...], ...] = (
    (),
    ("step",),
    ("step", ARITHMETIC),
    ("step", ARITHMETIC, "memory"),
    ("step", ARITHMETIC, "memory", "field (jump)"),
    ("step", ARITHMETIC, "memory", "field (jump)", "MACs"),
)
"""Columns that are left out, until the table fits."""
NUMBERS = ("parameters", "MACs", "memory", "field (jump)", "as FC")
"""Columns that are set to the right."""


@dataclass(slots=True)
class Line:
    """A row's cells by column; `broken` marks the layer at which a file with mistakes ends."""

    cells: dict[str, str] = field(default_factory=dict)
    broken: bool = False


def render(summary: Summary, style: Style) -> str:
    lines = [Line(_cells(row, fc_cost=summary.fc_cost)) for row in summary.rows]
    if summary.broken is not None:
        lines.append(_broken(summary))
    head, total = Line(_head(summary)), Line(_total(summary))
    every = {c: max(len(line.cells.get(c, "")) for line in (head, *lines, total)) for c in head.cells}
    ways = ({c: width for c, width in every.items() if c not in left_out} for left_out in GIVING_WAY)
    narrowest = {c: width for c, width in every.items() if c not in GIVING_WAY[-1]}
    widths = next((way for way in ways if _width(way) <= style.width), narrowest)
    out = [style.paint(f"{style.show(summary.graph.name)}: input {summary.graph.input.type}", BOLD), ""]
    out.append(style.paint(_row(head, widths), BOLD))
    rule = ("-" if style.ascii else "─") * min(style.width, _width(widths))
    out.append(rule)
    for line in lines:
        text = _row(line, widths)
        out.append(style.paint(text, RED) if line.broken else text)
        if ARITHMETIC not in widths:
            out += _under(line, style)
    if summary.memory is not None:
        out += [rule, style.paint(_row(total, widths), BOLD)]
    return "\n".join([*out, *_below(summary, style)])


def _head(summary: Summary) -> dict[str, str]:
    names = ["layer", "step", "output", ARITHMETIC, "parameters", "MACs", "memory", "field (jump)"]
    return {name: name for name in [*names, *(["as FC"] if summary.fc_cost else [])]}


def _cells(row: Row, *, fc_cost: bool) -> dict[str, str]:
    cells = {
        "layer": row.node.name,
        "step": phrase(row.node),
        "output": str(row.node.type),
        ARITHMETIC: row.arithmetic,
        "parameters": _count(row.parameters),
        "MACs": _count(row.macs),
        "memory": amount(row.memory),
        "field (jump)": field_text(row.field),
    }
    return {**cells, "as FC": _count(row.fc_parameters or 0)} if fc_cost else cells


def _broken(summary: Summary) -> Line:
    broken = summary.broken
    assert broken is not None
    cells = {"layer": broken.name, "step": broken.keyword, "output": broken.diagnostic.code}
    return Line({**cells, ARITHMETIC: broken.arithmetic}, broken=True)


def _total(summary: Summary) -> dict[str, str]:
    if summary.memory is None:
        return {}
    graph = summary.graph
    return {"layer": "total", "parameters": f"{graph.parameter_count:,}", "MACs": f"{graph.macs:,}"}


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _width(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _row(line: Line, widths: Mapping[str, int]) -> str:
    cells = []
    for name, width in widths.items():
        text = line.cells.get(name, "")
        cells.append(text.rjust(width) if name in NUMBERS else text.ljust(width))
    return (" " * GAP).join(cells).rstrip()


def _under(line: Line, style: Style) -> Iterator[str]:
    """A layer's words, where they say more than its name, and its arithmetic."""
    words = line.cells["step"]
    text = "   ".join([*([words] if " " in words else []), *filter(None, [line.cells.get(ARITHMETIC)])])
    pieces = textwrap.wrap(text, style.width - 4, break_long_words=False) if text else []
    yield from (style.paint(f"    {piece}", RED) if line.broken else f"    {piece}" for piece in pieces)


def _below(summary: Summary, style: Style) -> Iterator[str]:
    """What does not stand in the table."""
    graph, memory = summary.graph, summary.memory
    yield ""
    if memory is None:
        return  # the mistakes follow
    if graph.buffer_count:
        yield f"and {graph.buffer_count:,} running statistics, which are not trained"
    batch = f"batch{'es' if memory.batch > 1 else ''} of {memory.batch}"
    text = (
        f"memory in float32: {amount(memory.inference)} for one sample, {amount(memory.training)} to train in {batch},"
        f" {amount(memory.peak)} of it at the peak of the memory plan"
    )
    yield from textwrap.wrap(text, style.width)
    if len(graph.outputs) > 1:
        text = "outputs: " + ", ".join(f"{name} {graph[at].type} ({at})" for name, at in graph.outputs.items())
        yield from textwrap.wrap(text, style.width, break_on_hyphens=False)
