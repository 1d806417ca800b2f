"""Predictions as a table, CSV or JSON, written as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from cnndsl.cli import terminal
from cnndsl.diagnostics import Diagnostic
from cnndsl.diagnostics.render.style import visible

Ranked = list[tuple[int, str, float]]
"""Classes with their names and values, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one image: `ranked` classes, empty where the output is none, and `outputs` by name."""

    file: str
    sample: int | None
    ranked: Ranked
    numbers: Sequence[float]
    outputs: Mapping[str, Any]

    @property
    def where(self) -> str:
        return self.file if self.sample is None else f"{self.file}[{self.sample}]"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is the same for all: the `run`, the output that `leads`, the scale of each output, names of the classes
    (none where it is no classes), how many of them are shown, and the length of the longest file name."""

    run: str
    leads: str
    scales: Mapping[str, str]
    names: Sequence[str]
    top: int
    longest: int

    @property
    def value(self) -> str:
        """What the numbers of classes are called."""
        return "value" if self.scales[self.leads] == "none" else "probability"


class Writer(Protocol):
    def begin(self) -> None: ...

    def add(self, said: Said) -> None: ...

    def end(self, wrong: Sequence[tuple[str, Diagnostic]]) -> None: ...


class Table:
    """Columns that fit the terminal; names that are too long are cut, file names at their beginning."""

    def __init__(self, out: TextIO, asked: Asked):
        self._out, self._asked = out, asked
        width = terminal.width(out)
        longest = max((len(visible(name)) for name in asked.names), default=0)
        self._class = min(max(len("class"), longest), 20 if asked.top > 1 else width // 2)
        room = width - self._class - len("probability") - 4
        self._file = max(min(asked.longest, room - (24 if asked.top > 1 else 0)), len("file"))
        self._next = room - self._file - 2
        self._begun = False

    def begin(self) -> None:
        """Nothing: the head stands above the first row."""

    def add(self, said: Said) -> None:
        if not self._begun:
            self._begun = True
            value = f"{self._asked.value:>11}"
            next = "  next" if self._asked.top > 1 else ""
            head = f"{'class':<{self._class}}  {value}{next}" if self._asked.names else "values"
            print(f"{'file':<{self._file}}  {head}", file=self._out)
        file = _end(visible(said.where), self._file)
        if not self._asked.names:
            room = self._class + self._next + len("probability") + 4
            print(f"{file:<{self._file}}  {_start(' '.join(f'{n:.6g}' for n in said.numbers), room)}", file=self._out)
            return
        (_, name, value), *others = [
            (n, _start(visible(name), self._class), self._shown(v)) for n, name, v in said.ranked
        ]
        rest = _start(", ".join(f"{name} {shown}" for _, name, shown in others), self._next)
        line = f"{file:<{self._file}}  {name:<{self._class}}  {value:>11}  {rest}"
        print(line.rstrip(), file=self._out)

    def end(self, wrong: Sequence[tuple[str, Diagnostic]]) -> None:
        """Nothing: what was wrong stands on standard error."""

    def _shown(self, value: float) -> str:
        return f"{value:.6g}" if self._asked.value == "value" else f"{value:.1%}"


def _start(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"


def _end(text: str, width: int) -> str:
    return text if len(text) <= width else f"…{text[len(text) - width + 1 :]}"


class Csv:
    """A head, and a row an image (RFC 4180, lines ended by LF): file, sample, class, name and its value, then names
    and values of the next. Where the output is no classes: all of its numbers."""

    def __init__(self, out: TextIO, asked: Asked):
        self._out, self._asked = out, asked
        self._writer = csv.writer(out, lineterminator="\n")
        self._begun = False

    def begin(self) -> None:
        """The head, where it is known before the first row."""
        if self._asked.names:
            value = self._asked.value
            more = [f"{what}_{n}" for n in range(2, self._asked.top + 1) for what in ("name", value)]
            self._writer.writerow(["file", "sample", "class", "name", value, *more])

    def add(self, said: Said) -> None:
        sample = "" if said.sample is None else said.sample
        if not self._asked.names:
            if not self._begun:
                self._writer.writerow(["file", "sample", *(f"value_{n + 1}" for n in range(len(said.numbers)))])
            self._begun = True
            self._writer.writerow([said.file, sample, *map(repr, said.numbers)])
            return
        (number, name, value), *others = said.ranked
        more = [cell for _, other, its in others for cell in (other, repr(its))]
        self._writer.writerow([said.file, sample, number, name, repr(value), *more])

    def end(self, wrong: Sequence[tuple[str, Diagnostic]]) -> None:
        """Nothing: what was wrong stands on standard error."""


class Json:
    """One object, an image a line of it."""

    def __init__(self, out: TextIO, asked: Asked):
        self._out, self._asked = out, asked
        self._many = False

    def begin(self) -> None:
        about = {
            "version": 1,
            "run": self._asked.run,
            "output": self._asked.leads,
            "scales": dict(self._asked.scales),
            "names": list(self._asked.names),
        }
        self._out.write(f'{json.dumps(about)[:-1]},\n"predictions": [')

    def add(self, said: Said) -> None:
        value = self._asked.value
        ranked = [{"class": n, "name": name, value: _number(v)} for n, name, v in said.ranked]
        first = ranked[0] if ranked else {"class": None, "name": None}
        line = {"file": said.file, "sample": said.sample, **first, "top": ranked, "outputs": _plain(said.outputs)}
        self._out.write(",\n" * self._many + "\n" * (not self._many) + json.dumps(line, allow_nan=False))
        self._many = True

    def end(self, wrong: Sequence[tuple[str, Diagnostic]]) -> None:
        told = [{"file": file, "code": d.code, "message": d.message} for file, d in wrong]
        self._out.write(f'\n],\n"errors": {json.dumps(told)}}}\n')


def _number(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _plain(found: Any) -> Any:
    """Numbers that are not finite as null."""
    if isinstance(found, Mapping):
        return {name: _plain(value) for name, value in found.items()}
    return [_plain(value) for value in found] if isinstance(found, list) else _number(found)


WRITERS: Mapping[str, Callable[[TextIO, Asked], Writer]] = {"table": Table, "json": Json, "csv": Csv}
