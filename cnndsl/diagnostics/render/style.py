"""Style: what the place that text is shown in can show."""

from __future__ import annotations

from dataclasses import dataclass

TAB = 4
BOLD, RED, GREEN, YELLOW, BLUE = 1, 31, 32, 33, 34

BOX = "\N{REPLACEMENT CHARACTER}"
"""Stands for a character that cannot be seen."""

PLAIN = {"…": "...", BOX: "?"}
"""The characters of our own words that are not ASCII, and how they are written in it."""


@dataclass(frozen=True, slots=True)
class Style:
    """How text is shown: `color` uses terminal escapes, `width` is in columns, `ascii` has nothing but ASCII."""

    color: bool = False
    width: int = 80
    ascii: bool = False

    def paint(self, text: str, *codes: int) -> str:
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m" if self.color and text else text

    def show(self, text: str) -> str:
        """The text in characters that can be shown: tabs as spaces, a box for what cannot be seen."""
        shown = visible(text)
        return plain(shown) if self.ascii and not shown.isascii() else shown


def visible(text: str) -> str:
    """The text without what would move the cursor or colour the screen."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " * TAB if c == "\t" else BOX for c in text)


def plain(text: str) -> str:
    """The text in ASCII: our own characters spelt out, `?` for every other."""
    return "".join(c if c.isascii() else PLAIN.get(c, "?") for c in text)
