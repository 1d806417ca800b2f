"""Diagnostic: one mistake, where it is, why it is one, and what to do now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cnndsl.diagnostics import catalog
from cnndsl.source import Span
from cnndsl.words import guess

Severity = Literal["error", "warning"]
LONGEST_WORD = 128
"""Letters of a word in a message; a longer one is cut."""
_LONG = re.compile(rf"\w{{{LONGEST_WORD + 1},}}")


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that belongs to the mistake, with a few words about it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to the source that can be applied: `span` becomes `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A way to mend it: what to tell the author, and the edits that do it, all at once.

    `sure` is whether it can only have been meant so, as with a slip of the pen: such fixes are applied unasked by
    ``check --fix``. Others, such as another stride, make another network, and are the author's to choose. `word` is
    whether it is about what a word was meant to be, which hides what stands behind it.
    """

    text: str
    edits: tuple[Edit, ...]
    sure: bool = True
    word: bool = False


def replaced(span: Span, text: str, by: str, *, sure: bool = True) -> tuple[Fix, ...]:
    """The one fix that writes `by` in a place, told as `text`."""
    return (Fix(text, (Edit(span, by),), sure),)


def suggested(
    span: Span, word: str, known: Iterable[str], *, text: str = "did you mean `{}`?", by: str = "{}"
) -> tuple[Fix, ...]:
    """The fix that writes the known word which one in a place most likely stands for, if there is one. `text` tells it,
    `by` is what is written, both with ``{}`` for the word."""
    found = guess(word, known)
    if found is None:
        return ()
    made = by.format(found.word)
    return (Fix(text.format(made), (Edit(span, made),), found.sure, word=True),)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `code` is a key of the catalog, `message` one sentence, `span` the place to look at (None where there is
    no text, as for a missing file), `label` a few words under that place, `notes` the arithmetic, `fixes` ways out
    that can be applied, the likeliest first, `help` what else to do now.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    related: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST_WORD:
            shorter = _LONG.sub(lambda m: f"{m[0][:40]}...", self.message)
            object.__setattr__(self, "message", shorter)
        if self.code not in catalog.CODES:
            raise LookupError(f"{self.code} is not in the catalog of diagnostics")

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do now: the fixes in words, then the help."""
        return (*(fix.text for fix in self.fixes), *self.help)

    @property
    def severity(self) -> Severity:
        return "warning" if self.code.startswith("W") else "error"

    @property
    def exit_code(self) -> int:
        """The catalog's; 2 for a mistake of language in what was typed behind an option, which is wrong use."""
        if self.span is not None and self.span.source.given and self.code < "E6":
            return 2
        return catalog.CODES[self.code].exit_code


class CnnError(Exception):
    """The user's input cannot be used as it stands; `diagnostics` say why. At least one is an error."""

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]):
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        super().__init__(found)
        self.diagnostics: tuple[Diagnostic, ...] = found

    def __str__(self) -> str:
        """A line each, with the first advice."""
        from cnndsl.diagnostics.render import concise

        return "\n".join(concise(d) + (f" (help: {d.advice[0]})" if d.advice else "") for d in self.diagnostics)

    @property
    def exit_code(self) -> int:
        return exit_code(self.diagnostics)


def exit_code(diagnostics: Iterable[Diagnostic], *, strict: bool = False) -> int:
    """The exit code of a command that found these: wrong use (2) beats memory (4) beats findings (1).

    Warnings alone are clean, unless `strict`.
    """
    codes = {d.exit_code for d in diagnostics if strict or d.severity == "error"}
    return next((code for code in (2, 4, 3, 5, 1) if code in codes), 0)


def errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(d for d in diagnostics if d.severity == "error")
