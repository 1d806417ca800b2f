"""What this version can train with. What it cannot do is refused before anything starts, and never passed over."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cnndsl.diagnostics import CnnError, Diagnostic, Label
from cnndsl.recipe.spec import MAIN, Recipe, Setting
from cnndsl.source import Span
from cnndsl.training.data import LOADERS
from cnndsl.training.losses import MAKERS as LOSSES
from cnndsl.training.optim import MAKERS as OPTIMIZERS
from cnndsl.training.schedule import SCHEDULES

METRICS = ("accuracy", "loss")
NOT_YET = ("augment", "weights", "freeze", "ema", "classweight", "stop", "save")
"""Keys that are read, checked, and not followed yet."""


def refuse(recipe: Recipe, outputs: Collection[str] = (MAIN,)) -> None:
    """Raises CnnError (E811), one diagnostic, where a recipe, or a network of these outputs, asks for what this version
    does not do yet."""
    found = dict(_missing(recipe))
    if MAIN not in outputs:
        found["heads alone"] = recipe.spans.get("loss")
    if not found:
        return
    (first, span), *others = found.items()
    names = [f"`{name}`" for name in found]
    shown = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    related = tuple(Label(place, f"nor `{name}`") for name, place in others if place is not None)
    message = f"this version cannot train with {shown} yet"
    help = (f"leave {'them' if others else 'it'} out to train; `check` reads {'them' if others else 'it'} already",)
    raise CnnError(Diagnostic("E811", message, span, f"not `{first}`" if others else "", related, help=help))


def _missing(recipe: Recipe) -> Iterator[tuple[str, Span | None]]:
    """What is asked for and not there, in words of the train block, with its place."""
    data = recipe.data
    if data is not None:
        if data.word not in LOADERS:
            yield f"data {data.word}", data.span
        if data.attrs.resize is not None:
            yield "resize", data.span
    for key in NOT_YET:
        value = getattr(recipe, key)
        if value is not None and value != ():
            setting = value[0] if isinstance(value, tuple) else value
            yield key, recipe.spans.get(key, setting.span if isinstance(setting, Setting) else None)
    if recipe.optimizer.word not in OPTIMIZERS:
        yield f"optimizer {recipe.optimizer.word}", recipe.optimizer.span
    if recipe.schedule.word not in SCHEDULES:
        yield f"schedule {recipe.schedule.word}", recipe.schedule.span
    for output, loss in recipe.losses.items():
        if output != MAIN:
            yield f"loss {output} {loss.word}", loss.span
        elif loss.word not in LOSSES:
            yield f"loss {loss.word}", loss.span
    if [metric.word for metric in recipe.metrics] == ["loss"]:  # accuracy is measured and told with it
        yield "metric loss", recipe.metrics[0].span
    for metric in recipe.metrics:
        if metric.word not in METRICS:
            yield f"metric {metric.word}", metric.span
