"""The network: a table of its layers with sizes and arithmetic, its picture, and the program's text."""

from __future__ import annotations

import re
from base64 import b64encode

from cnndsl.drawing import svg
from cnndsl.drawing.words import phrase
from cnndsl.inspection.summary import Summary, field_text, summarize
from cnndsl.memory import amount
from cnndsl.runs.folder import PROGRAM
from cnndsl.runs.report.html import Html, joined, note, section, table, tag, text
from cnndsl.runs.saved import Run
from cnndsl.source import Source

HEAD = ("layer", "step", "output", "arithmetic", "parameters", "MACs", "field (jump)")
LARGEST = 40
"""Layers up to which the picture is open at once."""


def network(run: Run) -> Html:
    graph = run.model.graph
    summary = summarize(graph, Source("", ""), run.recipe)
    small = len(graph.nodes) <= LARGEST
    return section(
        "Network",
        _table(summary),
        note(_totals(summary)),
        note(
            "Output sizes are height x width x depth. MACs are the multiplications of convolutions and FC for one "
            "sample; the receptive field is how many input cells reach one cell, the jump how many lie from one cell "
            "to the next."
        ),
        tag("details", tag("summary", "Picture"), _picture(graph_svg=svg.document(graph)), open="" if small else None),
        name="network",
    )


def _table(summary: Summary) -> Html:
    rows: list[list[object]] = [["input", "", summary.graph.input.type, "", "", "", ""]]
    for row in summary.rows:
        cells = [row.node.name, _code(phrase(row.node)), row.node.type, _code(row.arithmetic)]
        rows.append([*cells, _count(row.parameters), _count(row.macs), field_text(row.field)])
    graph = summary.graph
    rows.append(["total", "", "", "", f"{graph.parameter_count:,}", f"{graph.macs:,}", ""])
    return table(HEAD, rows, right=(4, 5, 6))


def _totals(summary: Summary) -> str:
    graph, memory = summary.graph, summary.memory
    said = []
    if graph.buffer_count:
        said.append(f"And {graph.buffer_count:,} running statistics, which are not trained.")
    if memory is not None:
        said.append(
            f"Memory in float32: {amount(memory.inference)} for one sample, {amount(memory.training)} to train in "
            f"batches of {memory.batch}."
        )
    if len(graph.outputs) > 1:
        said.append("Outputs: " + ", ".join(f"{n} {graph[at].type} ({at})" for n, at in graph.outputs.items()) + ".")
    return " ".join(said)


def _code(value: str) -> Html:
    return tag("span", value, class_="code") if value else Html()


def _count(value: int) -> str:
    return f"{value:,}" if value else ""


def _picture(graph_svg: str) -> Html:
    """As an image, so that its style and the page's do not meet."""
    source = "data:image/svg+xml;base64," + b64encode(graph_svg.encode("ascii")).decode("ascii")
    return tag(
        "div", tag("img", src=Html(source), alt="the network, layer by layer", class_="picture"), class_="scroll"
    )


PIECES = re.compile(
    r'(?P<c>#[^\n]*)|(?P<s>"[^"\n]*")|(?P<k>\b(?:as|block|set|train|use)\b)|(?P<l>\b[A-Z][A-Z0-9_]+\b)'
    r"|(?P<d>(?<![\w.])-?\d[\w.]*)"
)
"""What is coloured: comments, strings, reserved words, layers, numbers and sizes."""


def program(run: Run) -> Html:
    try:
        written = (run.folder / PROGRAM).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return section("Program", note(f"{PROGRAM} cannot be read: {error.strerror}."), name="program")
    return section("Program", tag("pre", tag("code", coloured(written)), tabindex="0"), name="program")


def coloured(written: str) -> Html:
    """A program's text with its words told apart; every character of it stays."""
    parts: list[Html] = []
    end = 0
    for found in PIECES.finditer(written):
        parts += [text(written[end : found.start()]), tag("span", found[0], class_=found.lastgroup)]
        end = found.end()
    return joined([*parts, text(written[end:])])
