"""Two train blocks compared: the keys that say something else, defaults filled in."""

from __future__ import annotations

import dataclasses
from typing import Any

from cnndsl.arguments import dump
from cnndsl.recipe.spec import Recipe, Setting


def differences(before: Recipe, after: Recipe) -> dict[str, tuple[str, str]]:
    """Key to what each block says, for the keys in which they differ."""
    found: dict[str, tuple[str, str]] = {}
    for item in dataclasses.fields(Recipe):
        old, new = getattr(before, item.name), getattr(after, item.name)
        if item.compare and old != new:
            found[item.name] = (said(old), said(new))
    return found


def said(value: Any) -> str:
    """A value of a recipe in words: ``sgd lr 0.1 momentum 0``."""
    if isinstance(value, Setting):
        options = (_option(name, v) for name, v in dump(value.attrs).items() if v is not None and v is not False)
        return " ".join([*([value.word] if value.word else []), *options])
    if isinstance(value, dict):
        return ", ".join(f"{name} {said(v)}" for name, v in value.items()) or "none"
    if isinstance(value, tuple | list):
        return " ".join(said(v) for v in value) or "none"
    return "none" if value is None else str(value)


def _option(name: str, value: Any) -> str:
    shown = "x".join(map(str, value)) if isinstance(value, list) else str(value)
    return shown if name == "value" else name if value is True else f"{name} {shown}"
