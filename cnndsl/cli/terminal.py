"""What is written where, and in what form: colour only on a terminal, and no character that it cannot show."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from cnndsl.diagnostics import Diagnostic, render
from cnndsl.diagnostics.render import Style

if TYPE_CHECKING:
    from rich.console import Console


def prepare() -> None:
    """Makes both streams replace characters that their encoding lacks; one that was closed goes nowhere."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (open to the end)
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def width(stream: TextIO) -> int:
    """Columns of a terminal; 80 where there is none. At least 40, at most 120."""
    try:
        found = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        found = 80
    return max(40, min(120, found))


def style(stream: TextIO) -> Style:
    """Colour on a terminal, unless NO_COLOR is set or the terminal is dumb."""
    color = stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return Style(color=color, width=width(stream))


def give_up(stream: TextIO) -> None:
    """Sends what a stream still holds nowhere, so that closing it at the end does not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def console(stream: TextIO) -> Console:
    """A rich console that takes text as it is, and lets a closed pipe be seen as one."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Plain(file=stream, width=width(stream), highlight=False, markup=False, emoji=False)


def say(diagnostics: Iterable[Diagnostic], stream: TextIO) -> None:
    """Diagnostics as text, an empty line between them."""
    shown = style(stream)
    found = [render.text(d, shown) for d in diagnostics]
    if found:
        stream.write("\n\n".join(found) + "\n")
