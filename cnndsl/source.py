"""Text, and places in it.

A span is two offsets into a source; line and column are computed when somebody asks, never stored.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A named text. `name` is what messages call it: a path, ``<stdin>``, ``<string>``. `given` is whether it was
    typed behind an option or handed to a function, so that a mistake in it is wrong use."""

    name: str
    text: str
    given: bool = False
    _line_starts: list[int] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._line_starts.append(0)
        at = self.text.find("\n")
        while at >= 0:
            self._line_starts.append(at + 1)
            at = self.text.find("\n", at + 1)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; a column counts code points."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a line (from 1), without its line end."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, end)

    @property
    def end(self) -> Span:
        """The empty place behind the last character that is not white space."""
        at = len(self.text.rstrip())
        return Span(self, at, at)


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open range ``[start, end)`` of a source, in code points."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.position(self.end)[0]

    @property
    def end_column(self) -> int:
        """Column just behind the last character (exclusive)."""
        return self.source.position(self.end)[1]

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of another; this one where the other is of another source."""
        if other.source is not self.source:
            return self
        return Span(self.source, self.start, other.end)
