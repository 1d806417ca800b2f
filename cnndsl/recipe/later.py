"""What the train block may say and this version does not follow yet: `check` reads it, `run` refuses it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cnndsl.recipe.spec import MAIN, Entry, Recipe, Setting
from cnndsl.source import Span

KEYS = ("augment", "weights", "freeze", "ema", "classweight", "stop", "save")
WORDS = {"data": ("images",), "loss": ("bce",)}
METRICS = ("accuracy", "loss")
"""What is measured at every epoch."""


def is_later(entry: Entry) -> bool:
    """Whether `run` does not follow one way to fill a key yet."""
    return entry.key in KEYS or entry.word in WORDS.get(entry.key, ()) or _unknown_metric(entry.key, entry.word)


def later(recipe: Recipe, outputs: Collection[str] = (MAIN,)) -> Iterator[tuple[str, Span | None]]:
    """What a recipe, or a network of these outputs, asks for and is not there yet: in words of the train block, with
    its place."""
    data = recipe.data
    if data is not None and data.word in WORDS["data"]:
        yield f"data {data.word}", data.span
    for key in KEYS:
        value = getattr(recipe, key)
        if value is not None and value != ():
            setting = value[0] if isinstance(value, tuple) else value
            yield key, recipe.spans.get(key, setting.span if isinstance(setting, Setting) else None)
    for output, loss in recipe.losses.items():
        if output != MAIN:
            yield f"loss {output} {loss.word}", loss.span
        elif loss.word in WORDS["loss"]:
            yield f"loss {loss.word}", loss.span
    if [metric.word for metric in recipe.metrics] == ["loss"]:  # accuracy is measured and told with it
        yield "metric loss", recipe.metrics[0].span
    for metric in recipe.metrics:
        if _unknown_metric("metric", metric.word):
            yield f"metric {metric.word}", metric.span
    if MAIN not in outputs:
        yield "heads alone", recipe.spans.get("loss")


def _unknown_metric(key: str, word: str) -> bool:
    return key == "metric" and word not in METRICS
