"""A cell's trace as text, Markdown or JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

from cnndsl.inspection.cells import Grid, Origin, Term
from cnndsl.inspection.trace import Trace

SHOWN = 30
"""Terms of a sum that are written out."""
WIDEST = 12
"""Rows and columns of a grid that are written out."""


def as_text(found: Trace, sample: str, width: int) -> str:
    """For a terminal of that width."""
    return "\n".join(_cut(line, width) for line in _lines(found, sample, width)) + "\n"


def _lines(found: Trace, sample: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(f"{found.name} of {found.layer}, {found.size}; input: {sample}", width)
    yield ""
    yield from _origin(found.origin, found.value, width)
    for step, value in found.behind:
        yield f"{step}: {number(value)}"
    yield ""
    if found.error is None:
        yield from textwrap.wrap(f"The loss, {found.loss}, is taken before this layer: it has no error term.", width)
        return
    yield from textwrap.wrap(f"Error term, the gradient of {found.loss}: {number(found.error)}", width)
    for back in found.back:
        yield from textwrap.wrap(
            f"from {back.layer}: {back.rule}", width, initial_indent="  ", subsequent_indent="    "
        )
        yield from _sum(back.terms, None, back.total, width)
    if not found.back:
        yield "  it is an output: the loss gives it"


def _origin(origin: Origin, value: float, width: int) -> Iterator[str]:
    if origin.rule:
        yield from textwrap.wrap(origin.rule, width)
    yield from _side_by_side(origin.grids, width)
    for note in origin.notes:
        yield from textwrap.wrap(note, width, initial_indent="  ", subsequent_indent="    ")
    if origin.terms:
        yield from _sum(origin.terms, origin.bias, value, width)
    else:
        yield f"  = {number(value)}"


def _sum(terms: tuple[Term, ...], bias: float | None, total: float, width: int) -> Iterator[str]:
    """weight*value + ... + b = total, as many as are shown."""
    if not terms and bias is None:
        yield "  nothing: 0"
        return
    shown = [f"{number(t.weight)}*{number(t.value)}" for t in terms[:SHOWN]]
    if len(terms) > SHOWN:
        rest = sum(t.product for t in terms[SHOWN:])
        shown.append(f"[{len(terms) - SHOWN} more: {number(rest)}]")
    if bias is not None:
        shown.append(f"{number(bias)}")
    text = " + ".join(shown).replace("+ -", "- ")
    yield from textwrap.wrap(f"  {text}", width, subsequent_indent="  ", break_long_words=False)
    yield f"  = {number(total)}"


def _side_by_side(grids: tuple[Grid, ...], width: int) -> Iterator[str]:
    """Windows and filters beside one another as far as they fit."""
    line: list[list[str]] = []
    for grid in grids:
        block = _grid(grid)
        if line and sum(len(b[0]) + 3 for b in (*line, block)) > width:
            yield from _row(line)
            line = []
        line.append(block)
    if line:
        yield from _row(line)


def _row(blocks: list[list[str]]) -> Iterator[str]:
    height = max(map(len, blocks))
    for n in range(height):
        yield "   ".join((b[n] if n < len(b) else "").ljust(len(b[0])) for b in blocks).rstrip()
    yield ""


def _grid(grid: Grid) -> list[str]:
    rows = [["pad" if v is None else number(v) for v in row[:WIDEST]] for row in grid.rows[:WIDEST]]
    wide = max((len(text) for row in rows for text in row), default=1)
    lines = [" ".join(text.rjust(wide) for text in row) for row in rows]
    if len(grid.rows) > WIDEST or len(grid.rows[0]) > WIDEST:
        lines.append(f"... of {len(grid.rows)}x{len(grid.rows[0])}")
    title = max([grid.title, *lines], key=len)
    return [grid.title.ljust(len(title)), *(line.ljust(len(title)) for line in lines)]


def number(value: float) -> str:
    """A number in as many digits as a pencil would write."""
    text = f"{value:.4g}"
    return "0" if text == "-0" else text


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 3] + "..."


def as_markdown(found: Trace, sample: str, width: int) -> str:
    """A page: tables for the grids."""
    lines = [f"# {found.name}", "", f"`{found.layer}`, {found.size}; input: {sample}", ""]
    if found.origin.rule:
        lines += [f"`{found.origin.rule}`", ""]
    for grid in found.origin.grids:
        head = "| " + " | ".join(["   "] * len(grid.rows[0])) + " |"
        lines += [f"{grid.title}:", "", head, "|" + "---|" * len(grid.rows[0])]
        lines += ["| " + " | ".join("pad" if v is None else number(v) for v in row) + " |" for row in grid.rows]
        lines.append("")
    lines += [*(f"- {note}" for note in found.origin.notes), *[""] * bool(found.origin.notes)]
    lines += (
        ["```", *_sum(found.origin.terms, found.origin.bias, found.value, 100), "```", ""] if found.origin.terms else []
    )
    lines += [f"Value: {number(found.value)}", ""]
    lines += [f"{step}: {number(value)}" for step, value in found.behind] + [""] * bool(found.behind)
    if found.error is None:
        lines.append(f"The loss, {found.loss}, is taken before this layer: it has no error term.")
    else:
        lines += [f"Error term, the gradient of {found.loss}: {number(found.error)}", ""]
        for back in found.back:
            lines += [
                f"From `{back.layer}`: {back.rule}",
                "",
                "```",
                *_sum(back.terms, None, back.total, 100),
                "```",
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


def as_json(found: Trace, sample: str, width: int) -> str:
    """One object, numbers in full."""
    return json.dumps({"version": 1, "input": sample, **asdict(found)}, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Trace, str, int], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}
