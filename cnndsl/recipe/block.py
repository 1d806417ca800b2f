"""The whole `train` block: its keys in order, and a Recipe from what is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnndsl.recipe import data, keys, losses, optimizers, pixels, start
from cnndsl.recipe.spec import MAIN, Key, Recipe, Setting
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

Given = Mapping[str, Sequence[Setting]]
"""By key, what is written: one setting, or several of a key that takes several."""


def default(key: Key) -> Setting | None:
    """What stands where a block leaves a key out."""
    return None if key.default is None else Setting(key.default, key.entry(key.default).attrs())


def recipe(
    given: Given | None = None,
    given_losses: Mapping[str, Setting] | None = None,
    spans: Mapping[str, Span] | None = None,
) -> Recipe:
    """A recipe from settings that are right, by key, and from losses, by output; the rest as the records say."""
    written = given or {}

    def several(name: str) -> tuple[Setting, ...]:
        if name in written:
            return tuple(written[name])
        standard = default(KEYS[name])
        return () if standard is None else (standard,)

    def one(name: str) -> Any:
        return next(iter(several(name)), None)

    def value(name: str) -> Any:
        setting = one(name)
        return None if setting is None else setting.attrs.value

    loss = default(losses.LOSS)
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
