"""A cell's trace as text, Markdown or JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

from cnndsl.inspection.records import Grid, Origin, Term
from cnndsl.inspection.trace import Trace

SHOWN = 30
"""Terms of a sum that are written out."""
DEEPEST = 8
"""Windows, each with its filter, that are written out."""
WIDEST = 12
"""Rows and columns of a grid that are written out."""


def as_text(found: Trace, sample: str, width: int, whole: bool = False) -> str:
    """For a terminal of that width; `whole`: every depth and every term."""
    return "\n".join(_cut(line, width) for line in _lines(found, sample, width, whole)) + "\n"


def _lines(found: Trace, sample: str, width: int, whole: bool) -> Iterator[str]:
    yield from textwrap.wrap(f"{found.name} of {found.layer}, {found.size}; input: {sample}", width)
    yield ""
    yield from _origin(found.origin, found.value, width, whole)
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
        yield from _side_by_side(back.grids, width, whole)
        yield from _sum(back.terms, None, back.total, width, whole)
    if not found.back:
        yield "  it is an output: the loss gives it"


def _origin(origin: Origin, value: float, width: int, whole: bool) -> Iterator[str]:
    if origin.rule:
        yield from textwrap.wrap(origin.rule, width)
    yield from _side_by_side(origin.grids, width, whole)
    for note in origin.notes:
        yield from textwrap.wrap(note, width, initial_indent="  ", subsequent_indent="    ")
    if origin.terms:
        yield from _sum(origin.terms, origin.bias, value, width, whole)
    else:
        yield f"  = {number(value)}"


def _sum(terms: tuple[Term, ...], bias: float | None, total: float, width: int, whole: bool) -> Iterator[str]:
    """weight*value + ... + b = total, as many as are shown."""
    if not terms and bias is None:
        yield "  nothing: 0"
        return
    most = len(terms) if whole else SHOWN
    shown = [f"{number(t.weight)}*{_factor(t.value)}" for t in terms[:most]]
    if len(terms) > most:
        rest = sum(t.product for t in terms[most:])
        shown.append(f"[{len(terms) - most} more: {number(rest)}]")
    if bias is not None:
        shown.append(f"{number(bias)}")
    text = " + ".join(shown).replace("+ -", "- ")
    yield from textwrap.wrap(f"  {text}", width, subsequent_indent="  ", break_long_words=False)
    yield f"  = {number(total)}"


def _factor(value: float) -> str:
    """A factor behind a sign: one below 0 in parentheses."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def _some(grids: tuple[Grid, ...], whole: bool) -> tuple[tuple[Grid, ...], str]:
    """The grids that are written out, each window with its filter, and a word on the others."""
    most = len(grids) if whole else 2 * DEEPEST
    left = (len(grids) - most + 1) // 2
    return grids[:most], f"[{left} more, with their filters: --all-depths]" if left > 0 else ""


def _side_by_side(grids: tuple[Grid, ...], width: int, whole: bool) -> Iterator[str]:
    """Windows and filters beside one another as far as they fit."""
    line: list[list[str]] = []
    shown, left = _some(grids, whole)
    for grid in shown:
        block = _grid(grid, width)
        if line and sum(len(b[0]) + 3 for b in (*line, block)) > width:
            yield from _row(line)
            line = []
        line.append(block)
    if line:
        yield from _row(line)
    if left:
        yield from (f"  {left}", "")


def _row(blocks: list[list[str]]) -> Iterator[str]:
    height = max(map(len, blocks))
    for n in range(height):
        yield "   ".join((b[n] if n < len(b) else "").ljust(len(b[0])) for b in blocks).rstrip()
    yield ""


def _grid(grid: Grid, width: int) -> list[str]:
    """Lines of one length: as many whole columns as fit, and a word where that is not all."""
    rows = [["pad" if v is None else number(v) for v in row[:WIDEST]] for row in grid.rows[:WIDEST]]
    wide = max((len(text) for row in rows for text in row), default=1)
    most = max(1, (width + 1) // (wide + 1))
    lines = [" ".join(text.rjust(wide) for text in row[:most]) for row in rows]
    shown, size = (len(rows), min(len(rows[0]), most)), (len(grid.rows), len(grid.rows[0]))
    if shown != size:
        lines.append(f"[{shown[0]}x{shown[1]} of {size[0]}x{size[1]}: --format json has all]")
    title = max([grid.title, *lines], key=len)
    return [grid.title.ljust(len(title)), *(line.ljust(len(title)) for line in lines)]


def number(value: float) -> str:
    """A number in as many digits as a pencil would write."""
    text = f"{value:.4g}"
    return "0" if text == "-0" else text


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 3] + "..."


def as_markdown(found: Trace, sample: str, width: int, whole: bool = False) -> str:
    """A page: tables for the grids."""
    lines = [f"# {found.name}", "", f"`{found.layer}`, {found.size}; input: {sample}", ""]
    if found.origin.rule:
        lines += [f"`{found.origin.rule}`", ""]
    lines += _tables(found.origin.grids, whole)
    lines += [*(f"- {note}" for note in found.origin.notes), *[""] * bool(found.origin.notes)]
    lines += (
        ["```", *_sum(found.origin.terms, found.origin.bias, found.value, 100, whole), "```", ""]
        if found.origin.terms
        else []
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
                *_tables(back.grids, whole),
                "```",
                *_sum(back.terms, None, back.total, 100, whole),
                "```",
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


def _tables(grids: tuple[Grid, ...], whole: bool) -> Iterator[str]:
    shown, left = _some(grids, whole)
    for grid in shown:
        head = "| " + " | ".join(["   "] * len(grid.rows[0])) + " |"
        yield from (f"{grid.title}:", "", head, "|" + "---|" * len(grid.rows[0]))
        yield from ("| " + " | ".join("pad" if v is None else number(v) for v in row) + " |" for row in grid.rows)
        yield ""
    if left:
        yield from (left, "")


def as_json(found: Trace, sample: str, width: int, whole: bool = True) -> str:
    """One object, numbers in full, and all of them."""
    return json.dumps({"version": 1, "input": sample, **asdict(found)}, indent=2) + "\n"


FORMATS: Mapping[str, Callable[..., str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}
