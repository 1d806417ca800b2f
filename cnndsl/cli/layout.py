"""How a page is shown: as text for a terminal, or as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of a program, or examples."""

    text: str


@dataclass(frozen=True, slots=True)
class Entries:
    """Names and what they mean; a name that begins with spaces belongs to the one before it."""

    items: Mapping[str, str]


Part: TypeAlias = Heading | Text | Code | Entries


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    parts: tuple[Part, ...]


def as_text(page: Page, width: int) -> str:
    """The page for a terminal of that many columns."""
    lines = textwrap.wrap(page.title, width)
    below_heading = False
    for part in page.parts:
        lines += [] if below_heading and isinstance(part, Entries | Code) else [""]
        lines += _text(part, width)
        below_heading = isinstance(part, Heading)
    return "\n".join(lines)


def _text(part: Part, width: int) -> list[str]:
    match part:
        case Heading(text=text):
            return [text]
        case Text(text=text):
            return textwrap.wrap(" ".join(text.split()), width)
        case Code(text=text):
            return [f"    {line}".rstrip() for line in text.rstrip("\n").split("\n")]
        case Entries(items=items):
            return _entries(items, width)


def _entries(found: Mapping[str, str], width: int) -> list[str]:
    """Names in a column, what they mean beside it; below it where the names would leave too little room."""
    longest = max((len(name) for name in found), default=0)
    column = longest + 4 if longest <= width // 3 else 8
    lines: list[str] = []
    for name, text in found.items():
        beside = len(name) + 4 <= column
        first = f"  {name}".ljust(column + 2) if beside else " " * (column + 2)
        lines += [] if beside else [f"  {name}"]
        lines += textwrap.wrap(
            text, width, initial_indent=first, subsequent_indent=" " * (column + 2), break_on_hyphens=False
        )
    return lines


def as_markdown(page: Page, level: int) -> str:
    """The page as Markdown, its title a heading of that level."""
    name, _, title = page.title.partition(": ")
    lines = [f"{'#' * level} {name}", "", f"*{title}*", ""]
    for part in page.parts:
        lines += [*_markdown(part, level + 1), ""]
    return "\n".join(lines).rstrip() + "\n"


def _markdown(part: Part, level: int) -> Iterable[str]:
    match part:
        case Heading(text=text):
            return [f"**{text}**"]
        case Text(text=text):
            return textwrap.wrap(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)
        case Code(text=text):
            return ["```", text.rstrip("\n"), "```"]
        case Entries(items=items):
            return [f"{'  ' if name[:1] == ' ' else ''}- `{name.strip()}`: {text}" for name, text in items.items()]
