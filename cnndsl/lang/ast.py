"""The syntax tree: what was written, with its places and its separators, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cnndsl.source import Source, Span

RESERVED = ("as", "block", "set", "use", "train")


@dataclass(frozen=True, slots=True)
class Number:
    """``2``, ``-1``, ``0.05``: `whole` is whether it was written as an integer."""

    span: Span
    value: int | float
    whole: bool


@dataclass(frozen=True, slots=True)
class Size:
    """``3x3x3``: two or more numbers."""

    span: Span
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """``*16`` or ``*N``: a number, or the name of a pattern variable."""

    span: Span
    count: int | str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """``stride``, ``relu``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """``"a folder"``: `value` without its quotes."""

    span: Span
    value: str


Arg: TypeAlias = Number | Size | Times | Word | Text


@dataclass(frozen=True, slots=True)
class Layer:
    """``CONV 3x3 *8 relu`` or ``ADD( a | b )``; `name` is the place of the keyword."""

    span: Span
    name: Span
    args: tuple[Arg, ...]
    branches: tuple[Steps, ...] | None
    optional: bool
    glue: str = ""
    """Line ends and comments before the ``(``."""

    @property
    def keyword(self) -> str:
        return self.name.text


@dataclass(frozen=True, slots=True)
class Group:
    """``[ steps ]*3``; `times` None is once."""

    span: Span
    steps: Steps
    times: Times | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Bad:
    """A step that could not be read; its message is already there."""

    span: Span


Step: TypeAlias = Layer | Group | Bad


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps and the raw text of the separators before, between and after them: one more than there are steps."""

    items: tuple[Step, ...]
    separators: tuple[str, ...]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Entry:
    """``optimizer sgd lr 0.1`` in a train block."""

    span: Span
    key: Word
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Train:
    """``train { … }``; `separators` as in Steps, one more than there are entries."""

    span: Span
    entries: tuple[Entry | Bad, ...]
    separators: tuple[str, ...]
    glue: str = ""
    """Line ends and comments before the ``{``."""


@dataclass(frozen=True, slots=True)
class Module:
    """A whole file: its steps and its train blocks (more than one is a mistake), in the order they stand.

    `unclosed` has the offsets of brackets that were closed in the author's place, after a message.
    """

    source: Source
    items: tuple[Step | Train, ...]
    separators: tuple[str, ...]
    unclosed: frozenset[int] = frozenset()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(item for item in self.items if not isinstance(item, Train))

    @property
    def trains(self) -> tuple[Train, ...]:
        return tuple(item for item in self.items if isinstance(item, Train))
