"""Fixes: tried before they are shown, and applied."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from cnndsl.diagnostics.catalog import CODES
from cnndsl.diagnostics.model import Diagnostic, Edit, Fix
from cnndsl.source import Source, Span

Found = tuple[Sequence[Diagnostic], int]
"""What checking a text finds, and the work it was: characters read, and steps written out."""

BEHIND = (
    "E3",
    "E6",
    "E202",
    "E204",
    "E205",
    "E206",
    "E207",
    "E217",
    "E401",
    "E402",
    "E504",
    "E505",
    "E506",
    "E508",
    "E509",
)
"""What may well stand behind a misspelt word, whatever it was meant to be: sizes, data, and values that are missing,
out of range or given twice. Arguments of another kind, on the other hand, speak against the word that was guessed."""


T = TypeVar("T")


class Counted(Mapping[str, T]):
    """A table that counts how often it is asked. A table of layers is asked for every step that is written out, which
    measures the work of a text better than its length."""

    def __init__(self, table: Mapping[str, T]):
        self.table = table
        self.asked = 0

    def __getitem__(self, key: str) -> T:
        self.asked += 1
        return self.table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits made, which do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=_order):
        parts += (text[at : edit.span.start], edit.replacement)
        at = edit.span.end
    return "".join((*parts, text[at:]))


def unasked(diagnostics: Iterable[Diagnostic], source: Source) -> tuple[Edit, ...]:
    """The edits of the first sure fix of every diagnostic, in order, without those that touch an earlier one's."""
    taken: list[Edit] = []
    for d in diagnostics:
        fix = next((f for f in d.fixes if f.sure and f.edits), None)
        if fix is None or any(edit.span.source is not source for edit in fix.edits):
            continue
        if not any(_touches(edit, taken) for edit in fix.edits):
            for edit in fix.edits:
                insort(taken, edit, key=_order)
    return tuple(taken)


def _order(edit: Edit) -> tuple[int, int]:
    return edit.span.start, edit.span.end


def _touches(edit: Edit, others: Sequence[Edit]) -> bool:
    """Whether an edit changes what one of the others does, or inserts beside it; `others` are in order and apart."""
    at = bisect_right(others, _order(edit), key=_order)
    near = others[max(0, at - 1) : at + 1]
    return any(edit.span.start <= o.span.end and o.span.start <= edit.span.end for o in near)


def verified(
    source: Source, diagnostics: Sequence[Diagnostic], examine: Callable[[Source], Found], budget: int
) -> list[Diagnostic]:
    """The diagnostics with those of their fixes that help. Each fix is made in the text, which is checked again.

    Its own diagnostic must be gone. A fix that is not sure, such as another pad, may show that a size further on does
    not fit either, and says so then, behind those after which all fits; another new error speaks against it. A sure
    one and a guessed word may uncover what the mistake had hidden: errors on later lines, further on one with such a
    fix of its own, and anywhere one of the kinds in BEHIND. Several sure ones are tried together first, as they are
    applied, and one by one where they do not all help so.

    Such a fix keeps its words but loses its edits where it cannot be judged: what stands behind it cannot be read, it
    changes another file than this one, or `budget` is used up, the work that may be spent (in the measure of
    `examine`). Every other fix that was not seen to help is dropped. A diagnostic left without advice points to its
    page.
    """
    trials = _Trials(source, diagnostics, examine, budget)
    together = trials.together()
    return [_with(d, trials.kept(d, together)) for d in diagnostics]


class _Trials:
    """The fixes of a text, tried as long as the budget lasts."""

    def __init__(
        self, source: Source, diagnostics: Sequence[Diagnostic], examine: Callable[[Source], Found], budget: int
    ):
        self.source = source
        self.diagnostics = diagnostics
        self.examine = examine
        self.left = budget
        self.last = len(source.text)

    def together(self) -> frozenset[int]:
        """The diagnostics (by their number in memory) whose first fix helps, made with that of the others."""
        chosen = [d for d in self.diagnostics if d.fixes and d.fixes[0].sure]
        edits = [edit for d in chosen for edit in d.fixes[0].edits]
        if len(chosen) < 2 or len(unasked(chosen, self.source)) < len(edits):
            return frozenset()
        helps = self.outcome(edits, chosen, sure=True) == "helps"
        return frozenset(map(id, chosen)) if helps else frozenset()

    def kept(self, d: Diagnostic, together: frozenset[int]) -> tuple[Fix, ...]:
        """The fixes of a diagnostic that are shown."""
        kept: list[Fix] = []
        partly: list[Fix] = []
        for number, fix in enumerate(d.fixes):
            known = number == 0 and id(d) in together
            outcome = "helps" if known else self.outcome(fix.edits, [d], sure=fix.sure or fix.word)
            if isinstance(outcome, int):
                partly.append(replace(fix, text=f"{fix.text}; line {outcome} does not fit then"))
            elif outcome == "helps":
                kept.append(fix)
            elif outcome == "unclear" and (fix.sure or fix.word):
                kept.append(replace(fix, edits=()))
        return (*kept, *partly)

    def outcome(
        self, edits: Sequence[Edit], targets: Sequence[Diagnostic], *, sure: bool
    ) -> Literal["helps", "unclear", "fails"] | int:
        """What edits that are to mend some diagnostics do; a number is the line of a size further on that does not fit
        once they are made."""
        if not edits or self.last > self.left or any(edit.span.source is not self.source for edit in edits):
            return "unclear"
        new = Source(self.source.name, applied(self.source.text, edits))
        after, self.last = self.examine(new)
        self.left -= self.last
        moved = _Moved.by(edits)
        mended = {id(d) for d in targets}
        known = Counter(_key(d, self.source, moved) for d in self.diagnostics if id(d) not in mended)
        ends = sorted({moved(edit.span.end) for edit in edits})
        gone = {(d.code, *_range(d, moved)) for d in targets}
        unclear = False
        further: int | None = None
        for d in after:
            key = _key(d, new, _Moved())
            if known[key]:
                known[key] -= 1
            elif _among(d, gone, new):
                return "fails"
            elif d.severity == "error" and not (sure and _may_be_behind(d, new, ends)):
                if not sure and d.code.startswith("E3") and d.span is not None and _is_behind(d.span, new, ends, gone):
                    further = further or d.span.line
                    continue
                if not sure or not d.code.startswith("E1"):
                    return "fails"
                unclear = True
        return "unclear" if unclear else further or "helps"


def _with(d: Diagnostic, fixes: tuple[Fix, ...]) -> Diagnostic:
    if fixes == d.fixes:
        return d
    page = (f"`cnndsl explain {d.code}` has an example, and its repair",) if CODES[d.code].bad else ()
    return replace(d, fixes=fixes, help=d.help if fixes or d.help else page)


def _range(d: Diagnostic, moved: Callable[[int], int]) -> tuple[int, int]:
    return (moved(d.span.start), moved(d.span.end)) if d.span is not None else (-1, -1)


def _among(d: Diagnostic, places: Iterable[tuple[str, int, int]], source: Source) -> bool:
    """Whether a diagnostic says the same as one that should be gone: its code, at one of these places."""
    if d.span is not None and d.span.source is not source:
        return False
    start, end = (d.span.start, d.span.end) if d.span is not None else (-1, -1)
    return any(code == d.code and start <= last and first <= end for code, first, last in places)


def _is_behind(span: Span, source: Source, ends: Sequence[int], places: Iterable[tuple[str, int, int]]) -> bool:
    """Whether a place is behind all edits, and behind what they are to mend."""
    return span.source is source and span.start >= max(*ends, *(last for _, _, last in places))


def _may_be_behind(d: Diagnostic, source: Source, ends: Sequence[int]) -> bool:
    """Whether an error may have been hidden by words that were mended; `ends` is where they end, in order."""
    at = d.span.start if d.span is not None and d.span.source is source else None
    if any(fix.sure or fix.word for fix in d.fixes) and (at is None or at >= ends[0]):
        return True
    if d.code.startswith("E1"):
        return False
    return d.code.startswith(BEHIND) or (at is not None and at >= ends[0] and not _on_its_line(at, source.text, ends))


def _on_its_line(at: int, text: str, ends: Sequence[int]) -> bool:
    """Whether one of the offsets `ends`, in order, is on the line that `at` is on."""
    first, stop = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    near = bisect_left(ends, first)
    return near < len(ends) and (stop < 0 or ends[near] <= stop)


def _key(d: Diagnostic, source: Source, moved: Callable[[int], int]) -> tuple[str, str, int | str]:
    """What makes a diagnostic the same in another version of the text: its code and its place there."""
    if d.span is None:
        return d.code, "", d.message
    start = d.span.start
    return d.code, d.span.source.name, moved(start) if d.span.source is source else start


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where an offset of a text is once edits were made: `ends` of what they replaced, and how far what is behind each
    has moved. What stood inside of a replaced part stays where it was."""

    ends: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    @classmethod
    def by(cls, edits: Iterable[Edit]) -> _Moved:
        ends, shifts, total = [], [], 0
        for edit in sorted(edits, key=_order):
            total += len(edit.replacement) - (edit.span.end - edit.span.start)
            ends.append(edit.span.end)
            shifts.append(total)
        return cls(tuple(ends), tuple(shifts))

    def __call__(self, offset: int) -> int:
        at = bisect_right(self.ends, offset)
        return offset + self.shifts[at - 1] if at else offset
