"""Applying fixes to a file: those that can only have been meant so, as long as there are any."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from difflib import unified_diff
from pathlib import Path
from typing import TypeVar

from cnndsl.diagnostics import Diagnostic, Edit
from cnndsl.diagnostics.fixes import applied, unasked
from cnndsl.source import Source
from cnndsl.state.atomic import write

ROUNDS = 10
"""A fix may uncover the next mistake, so often at most."""

T = TypeVar("T")


def mended(
    source: Source, look: Callable[[Source], tuple[T, tuple[Diagnostic, ...]]]
) -> tuple[Source, T, tuple[Edit, ...]]:
    """The text after every sure fix, what looking at it gave, and the edits made, round after round: each is one of the
    text before its round. `look` gives a result, and what was found."""
    result, found = look(source)
    made: tuple[Edit, ...] = ()
    for _ in range(ROUNDS):
        edits = unasked(found, source)
        if not edits:
            break
        made += edits
        source = Source(source.name, applied(source.text, edits))
        result, found = look(source)
    return source, result, made


def told(edit: Edit) -> str:
    """An edit in a line: ``2:1: `CONVV` -> `CONV```."""
    old, new = (" ".join(text.split()) or text for text in (edit.span.text, edit.replacement))
    what = f"`{new}` put in" if not old else f"`{old}` taken out" if not new else f"`{old}` -> `{new}`"
    return f"{edit.span.line}:{edit.span.column}: {what}"


def choices_left(found: Iterable[Diagnostic]) -> int:
    """How many diagnostics have fixes of which the author may choose one."""
    return sum(any(fix.edits and not fix.sure for fix in d.fixes) for d in found)


def difference(old: Source, new: Source) -> str:
    """What changed, as a unified diff; empty where nothing did."""
    lines = unified_diff(_lines(old.text), _lines(new.text), old.name, new.name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], *([lines[-1][:-1]] if len(lines[-1]) > 1 else [])]


def rewrite(path: str, new: Source) -> None:
    """Puts the text in the file's place, whole or not at all: behind a link, with its permissions, and with the byte
    order mark if it had one. Raises CnnError (E803)."""
    place = Path(path).resolve()
    with place.open("rb") as file:
        mark = codecs.BOM_UTF8 if file.read(3) == codecs.BOM_UTF8 else b""
    write(place, mark + new.text.encode(), place.stat().st_mode & 0o777)
