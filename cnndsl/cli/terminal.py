"""What is written where, and in what form: colour only on a terminal, and no character that it cannot show."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from cnndsl.diagnostics import Diagnostic
from cnndsl.diagnostics.render import Style, letters, plain

if TYPE_CHECKING:
    from rich.console import Console


SPELT = "cnndsl.spelt"
"""The name of our way to write characters that a stream's encoding lacks: in ASCII."""


def _spelt(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


def prepare() -> None:
    """Makes both streams spell characters that their encoding lacks; one that was closed goes nowhere."""
    codecs.register_error(SPELT, _spelt)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (open to the end)
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=SPELT)


def width(stream: TextIO) -> int:
    """Columns of a terminal; 80 where there is none. At least 40, at most 120."""
    try:
        found = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        found = 80
    return max(40, min(120, found))


def style(stream: TextIO) -> Style:
    """Colour on a terminal, unless NO_COLOR is set or the terminal is dumb; all of Unicode where it can be written."""
    color = stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return Style(color=color, width=width(stream), ascii=not encoding.lower().startswith("utf"))


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


def say(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    """Diagnostics as text, behind everything that was printed before."""
    if diagnostics:
        sys.stdout.flush()
        stream.write(letters(diagnostics, style(stream)) + "\n")
