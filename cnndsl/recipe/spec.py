"""Entry: one way to fill a key of the `train` block. Recipe: a whole block, every default resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cnndsl.source import Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to fill a key: ``optimizer sgd …`` is key ``optimizer``, word ``sgd``, and the attrs of SGD.

    A key whose values need no word (``batch 64``) has one entry with an empty word.
    """

    key: str
    word: str
    attrs: type
    summary: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A key as the block says it: the word chosen and its arguments (an instance of the entry's attrs)."""

    word: str
    attrs: Any
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train. `data` is None where the block names none; `steps`, if given, counts in place of `epochs`."""

    data: Setting | None
    split: float
    normalize: Setting
    batch: int
    epochs: int
    steps: int | None
    seed: int
    optimizer: Setting
    loss: Setting
    init: Setting
    backend: str
