"""What the train block may say and this version does not follow yet: `check` reads it, `run` refuses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnndsl.recipe.spec import Entry, Recipe, Setting
from cnndsl.source import Span

KEYS = ("augment",)
WORDS: Mapping[str, tuple[str, ...]] = {}


def is_later(entry: Entry) -> bool:
    """Whether `run` does not follow one way to fill a key yet."""
    return entry.key in KEYS or entry.word in WORDS.get(entry.key, ())


def later(recipe: Recipe) -> Iterator[tuple[str, Span | None]]:
    """What a recipe asks for and is not there yet: in words of the train block, with its place."""
    for key in KEYS:
        value = getattr(recipe, key)
        if value is not None and value != ():
            setting = value[0] if isinstance(value, tuple) else value
            yield key, recipe.spans.get(key, setting.span if isinstance(setting, Setting) else None)
