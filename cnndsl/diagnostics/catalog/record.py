"""Code: the page of one diagnostic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """`title` in a few words, `text` what it means and why it is asked for, `bad` a file that gives it and `good` the
    same file repaired (both empty where no file alone can show it)."""

    code: str
    title: str
    text: str
    bad: str = ""
    good: str = ""
    exit_code: int = 1
