"""The whole `train` block: its keys in order, and a Recipe from what is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cnndsl.recipe import data, keys, losses, optimizers, pixels, start
from cnndsl.recipe.spec import MAIN, Entry, Key, Recipe, Setting
from cnndsl.source import Span

KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        data.KEY,
        keys.SPLIT,
        pixels.NORMALIZE,
        pixels.AUGMENT,
        keys.BATCH,
        keys.EPOCHS,
        keys.STEPS,
        keys.SEED,
        optimizers.OPTIMIZER,
        optimizers.SCHEDULE,
        losses.LOSS,
        losses.METRIC,
        start.INIT,
        start.WEIGHTS,
        start.FREEZE,
        keys.CLIP,
        keys.EMA,
        keys.CLASSWEIGHT,
        keys.STOP,
        keys.SAVE,
        keys.BACKEND,
    )
}
"""Every key, in the order of its page."""

OPEN = ("data", "augment", "optimizer", "schedule", "loss", "metric")
"""Keys whose entries come through the plugin door."""


def keys_of(entries: Iterable[Entry]) -> Mapping[str, Key]:
    """The keys with these entries in the open ones, and their own in the others."""
    found = tuple(entries)
    return {
        name: replace(key, entries=tuple(e for e in found if e.key == name)) if name in OPEN else key
        for name, key in KEYS.items()
    }


Given = Mapping[str, Sequence[Setting]]
"""By key, what is written: one setting, or several of a key that takes several."""


def default(key: Key) -> Setting | None:
    """What stands where a block leaves a key out."""
    if key.default is None:
        return None
    entry = key.entry(key.default)
    return Setting(key.default, entry.attrs(), entry=entry)


def recipe(
    given: Given | None = None,
    given_losses: Mapping[str, Setting] | None = None,
    spans: Mapping[str, Span] | None = None,
    known: Mapping[str, Key] = KEYS,
) -> Recipe:
    """A recipe from settings that are right, by key, and from losses, by output; the rest as the records of the `known`
    keys say."""
    written = given or {}

    def several(name: str) -> tuple[Setting, ...]:
        if name in written:
            return tuple(written[name])
        standard = default(known[name])
        return () if standard is None else (standard,)

    def one(name: str) -> Any:
        return next(iter(several(name)), None)

    def value(name: str) -> Any:
        setting = one(name)
        return None if setting is None else setting.attrs.value

    loss = default(known["loss"])
    assert loss is not None
    return Recipe(
        data=one("data"),
        split=value("split"),
        normalize=one("normalize"),
        augment=several("augment"),
        batch=value("batch"),
        epochs=value("epochs"),
        steps=value("steps"),
        seed=value("seed"),
        optimizer=one("optimizer"),
        schedule=one("schedule"),
        losses=dict(given_losses or {}) or {MAIN: loss},
        metrics=several("metric"),
        init=one("init"),
        weights=one("weights"),
        freeze=several("freeze"),
        clip=value("clip"),
        ema=value("ema"),
        classweight=one("classweight"),
        stop=one("stop"),
        save=one("save"),
        backend=value("backend"),
        spans=dict(spans or {}),
    )
