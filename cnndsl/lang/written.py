"""Arguments written out again from their values: what a step says, whoever said it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnndsl.arguments import Argument
from cnndsl.ops.spec import Op


def written(op: Op, values: Mapping[str, Any]) -> list[str]:
    """The arguments of a layer, in the order of its declaration; what is as it would be anyway is left out."""
    words = []
    for item in op.arguments:
        if item.field not in values:
            continue
        value = values[item.field]
        value = tuple(value) if isinstance(value, list) else value
        if item.required or value != item.default:
            text = argument(item, value)
            words += [text] if text else []
    return words


def argument(item: Argument, value: Any) -> str:
    """One argument: ``3x3``, ``*16``, ``stride 2``, ``floor``. Empty where no word says it."""
    match item.form:
        case "times":
            return f"*{value}"
        case "text":
            return f'"{value}"'
        case "choice":
            return next((word for word, means in item.spellings.items() if means == value), "")
        case "option":
            return f"{item.field} {_short(value)}"
        case "size":
            return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
        case _:
            return str(value)


def _short(value: Any) -> str:
    """``1`` for 1, 1, 1, 1; ``1x2`` for 1, 2, 1, 2."""
    if not isinstance(value, tuple):
        return str(value)
    if len(set(value)) == 1:
        return str(value[0])
    half = len(value) // 2
    if len(value) == 4 and value[:half] == value[half:]:
        value = value[:half]
    return "x".join(map(str, value))
