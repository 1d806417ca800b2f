"""Entry and Key: what the `train` block may say. Recipe: what a block says, every default resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cnndsl.source import Span

MAIN = "main"
"""The name of the main flow's output."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to fill a key: ``optimizer sgd …`` is key ``optimizer``, word ``sgd``, and the attrs of SGD.

    A key whose values need no word (``batch 64``) has one entry with an empty word. Among entries with words, an empty
    one is chosen where no word is written (``normalize 0.5 0.25``).

    `make` gives what does the work from the attrs: of ``loss`` a `cnndsl.backends.protocol.Loss`, of ``optimizer`` an
    `Optimizer`, whose attrs have ``lr`` and ``slots``; of ``schedule`` a function (step, steps, epoch) -> factor of the
    rate, all counted from 0, behind the warmup among its attrs; of ``augment`` a `cnndsl.data.augment.Augmentation`; of
    ``metric`` a `cnndsl.training.metrics.Metric`, a new one at every call. It may import what checking a file does
    without. The plugin that brings an entry gives its `make`.
    """

    key: str
    word: str
    attrs: type
    summary: str
    examples: tuple[str, ...]
    make: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the `train` block, and the ways to fill it.

    `default` is the word of the entry that stands, with the defaults of its arguments, where a block leaves the key
    out; with None nothing stands there. `takes` is ``one`` value; ``several``, one behind the other or on lines of
    their own, no word twice; or one for each of the network's ``outputs``, whose name then goes before it.
    """

    name: str
    entries: tuple[Entry, ...]
    default: str | None = None
    takes: Literal["one", "several", "outputs"] = "one"
    about: str = ""
    """What the key is for, where its first entry's summary does not say it."""

    @property
    def summary(self) -> str:
        return self.about or self.entries[0].summary

    @property
    def words(self) -> tuple[str, ...]:
        """The words that choose an entry."""
        return tuple(e.word for e in self.entries if e.word)

    def entry(self, word: str) -> Entry:
        """The entry of that word."""
        return next(e for e in self.entries if e.word == word)


@dataclass(frozen=True, slots=True)
class Setting:
    """A key as the block says it: the word chosen, its arguments (an instance of the entry's attrs), and the entry."""

    word: str
    attrs: Any
    span: Span | None = field(default=None, compare=False)
    entry: Entry | None = field(default=None, compare=False, repr=False)

    def made(self, ours: Mapping[str, Callable[[Any], Any]]) -> Any:
        """What does the work: made by the entry, or where that came without a maker by ours, which are by word."""
        make = self.entry.make if self.entry is not None else None
        return (make or ours[self.word])(self.attrs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train: a field a key, None or () where a block says nothing and nothing is meant.

    `steps`, if given, counts in place of `epochs`. `losses` maps an output's name to its loss, the weight among its
    arguments: ``main`` for one that is written without a name. `spans` are the places of the keys that are written.
    """

    data: Setting | None
    split: float
    normalize: Setting
    augment: tuple[Setting, ...]
    batch: int
    epochs: int
    steps: int | None
    seed: int
    optimizer: Setting
    schedule: Setting
    losses: Mapping[str, Setting]
    metrics: tuple[Setting, ...]
    init: Setting
    weights: Setting | None
    freeze: tuple[Setting, ...]
    clip: float | None
    ema: float | None
    classweight: Setting | None
    stop: Setting | None
    save: Setting | None
    backend: str
    spans: Mapping[str, Span] = field(default_factory=dict, compare=False)
