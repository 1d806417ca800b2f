"""What the kit found, for a person or a program."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SHOWN = 5
"""Faults of a section that the text shows."""


@dataclass(frozen=True, slots=True)
class Found:
    """A section's result. `passed`: trials in which nothing was wrong. `worst`: the largest difference seen, as a share
    of the one allowed. `faults` and `left_out`: trials by name, with what was wrong or why it was not tried. `skipped`
    says why the whole section was."""

    name: str
    doc: str
    passed: int
    worst: float
    seconds: float
    faults: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All sections of a backend."""

    backend: str
    seed: int
    sections: tuple[Found, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong, in trials that ran at all."""
        return not any(s.faults for s in self.sections) and any(s.passed for s in self.sections)

    def as_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "backend": self.backend,
            "seed": self.seed,
            "passed": self.passed,
            "sections": [
                {
                    "name": s.name,
                    "doc": s.doc,
                    "passed": s.passed,
                    "worst": s.worst,
                    "seconds": round(s.seconds, 3),
                    "faults": [{"trial": trial, "fault": fault} for trial, fault in s.faults],
                    "left_out": [{"trial": trial, "why": why} for trial, why in s.left_out],
                    "skipped": s.skipped,
                }
                for s in self.sections
            ],
        }

    def text(self, width: int = 80) -> str:
        """A line a section, its faults below it, and what it comes to."""
        lines = [line for s in self.sections for line in section_lines(s, width)]
        return "\n".join((*lines, verdict(self))) + "\n"


def verdict(report: Report) -> str:
    """What it comes to, in one line."""
    passed, faults = sum(s.passed for s in report.sections), sum(len(s.faults) for s in report.sections)
    left, skipped = sum(len(s.left_out) for s in report.sections), sum(bool(s.skipped) for s in report.sections)
    parts = [f"{passed:,} trial{'' if passed == 1 else 's'} passed"]
    parts += [f"{faults:,} failed"] * bool(faults)
    parts += [f"{left:,} left out"] * bool(left)
    parts += [f"{skipped} section{'s' if skipped > 1 else ''} skipped"] * bool(skipped)
    told = "conforms" if report.passed else "does not conform" if faults else "was not tried"
    return f"{report.backend} {told}: {', '.join(parts)} (seed {report.seed})"


def section_lines(s: Found, width: int) -> Iterator[str]:
    """A section as text: its figures, what it is about, and its faults."""
    if s.skipped:
        yield f"skip  {s.name}: {s.skipped}"
        return
    mark = "FAIL" if s.faults else "ok  "
    tried = s.passed + len(s.faults)
    line = f"{mark}  {s.name:<12}{s.passed:>5} of {tried:<5}"
    yield f"{line} {s.seconds:7.1f} s   at worst {s.worst:.2g} of the bound" if s.passed else line
    yield from textwrap.wrap(s.doc, width, initial_indent=" " * 6, subsequent_indent=" " * 6)
    for trial, fault in s.faults[:SHOWN]:
        yield from textwrap.wrap(f"- {trial}: {fault}", width, initial_indent=" " * 6, subsequent_indent=" " * 8)
    if len(s.faults) > SHOWN:
        yield f"      and {len(s.faults) - SHOWN} more"
    for why in dict.fromkeys(why for _, why in s.left_out):
        count = sum(w == why for _, w in s.left_out)
        yield from textwrap.wrap(f"left out {count}: {why}", width, initial_indent=" " * 6, subsequent_indent=" " * 8)
