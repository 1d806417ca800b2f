"""The one place where JSON Schemas are checked, and where a schema's complaint becomes words.

jsonschema is imported when the first value is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Complaint:
    """`path` leads to the value (keys and indices), `rule` is the schema's keyword, `text` says what must hold."""

    path: tuple[str | int, ...]
    rule: str
    text: str


def complaints(schema: Schema, value: Any) -> Iterator[Complaint]:
    """Everything the schema has against a value, in the order of the value's places."""
    validator = _validator(id(schema), _Keep(schema))
    for error in sorted(validator.iter_errors(value), key=lambda e: [str(part) for part in e.absolute_path]):
        yield Complaint(tuple(error.absolute_path), str(error.validator), _words(error))


class _Keep:
    """Holds a schema alive, so that its id stays its own as a cache key."""

    def __init__(self, schema: Schema):
        self.schema = schema

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keep) and other.schema is self.schema


@cache
def _validator(_key: int, keep: _Keep) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(dict(keep.schema))


_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a word",
    "array": "a list",
    "object": "an object",
    "boolean": "true or false",
    "null": "nothing",
}


def _words(error: Any) -> str:
    limit, value = error.validator_value, error.instance
    found = f", found {value}" if isinstance(value, int | float) else ""
    match error.validator:
        case "minimum":
            return f"must be at least {limit}{found}"
        case "maximum":
            return f"must be at most {limit}{found}"
        case "exclusiveMinimum":
            return f"must be above {limit}{found}"
        case "exclusiveMaximum":
            return f"must be below {limit}{found}"
        case "type":
            kinds = [limit] if isinstance(limit, str) else list(limit)
            shown = found or f", found {value!r}"
            return f"must be {' or '.join(_TYPES[k] for k in kinds)}{shown}"
        case "enum":
            return f"must be one of {', '.join(map(str, limit))}, found {value!r}"
        case "const":
            return f"must be {limit!r}, found {value!r}"
        case "minItems":
            return f"needs at least {limit} numbers, found {len(value)}"
        case "maxItems":
            return f"takes at most {limit} numbers, found {len(value)}"
        case _:
            return str(error.message)
