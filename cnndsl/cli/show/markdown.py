"""A network's figures as a Markdown table, for a README or a pull request."""

from __future__ import annotations

from cnndsl.diagnostics.render.style import visible
from cnndsl.drawing.words import phrase
from cnndsl.inspection.summary import Summary, field_text
from cnndsl.memory import amount

COLUMNS = ("layer", "step", "output", "arithmetic", "parameters", "MACs", "field (jump)")
ALIGNED = (":--", ":--", ":--", ":--", "--:", "--:", "--:")


def document(summary: Summary) -> str:
    graph = summary.graph
    more = summary.fc_cost
    lines = [f"**{_plain(visible(graph.name))}**, input {graph.input.type}", ""]
    lines += [_row((*COLUMNS, *(["as FC"] if more else []))), _row((*ALIGNED, *(["--:"] if more else [])))]
    for row in summary.rows:
        cells = [_code(row.node.name), _code(phrase(row.node)), str(row.node.type), _code(row.arithmetic)]
        cells += [_count(row.parameters), _count(row.macs), field_text(row.field)]
        lines.append(_row((*cells, *([_count(row.fc_parameters or 0)] if more else []))))
    if summary.broken is not None:
        broken = summary.broken
        cells = [_code(broken.name), _code(broken.keyword), f"**{broken.diagnostic.code}**", _code(broken.arithmetic)]
        lines.append(_row((*cells, *[""] * (len(COLUMNS) - 4 + more))))
    return "\n".join([*lines, *_totals(summary)])


def _totals(summary: Summary) -> list[str]:
    graph, memory = summary.graph, summary.memory
    if memory is None:
        return []
    total = ["**total**", "", "", "", f"**{graph.parameter_count:,}**", f"**{graph.macs:,}**", ""]
    lines = [_row((*total, *([""] if summary.fc_cost else []))), ""]
    said = []
    if graph.buffer_count:
        said.append(f"And {graph.buffer_count:,} running statistics, which are not trained.")
    said.append(
        f"Memory in float32: {amount(memory.inference)} for one sample, {amount(memory.training)} to train in batches "
        f"of {memory.batch}, {amount(memory.peak)} of it at the peak of the memory plan."
    )
    if len(graph.outputs) > 1:
        said.append("Outputs: " + ", ".join(f"{n} {graph[at].type} ({_code(at)})" for n, at in graph.outputs.items()))
    return [*lines, " ".join(said)]


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    """As code, in which stars stay stars."""
    return f"`{text}`" if text else ""


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _plain(text: str) -> str:
    """A name in which no character is markup."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-.!|~" else c for c in text)
