"""Did you mean: the nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelled one most likely stands for, or None where nothing is near."""
    if len(word) > 128:
        return None
    found = get_close_matches(word, list(known), n=1, cutoff=0.55)
    return found[0] if found else None
