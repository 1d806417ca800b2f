"""How arguments are declared: a frozen dataclass whose fields say how they are written and what they may be.

One declaration serves the binder, the JSON Schema, the `explain` page and the code that reads the values. Layers
declare their arguments so, and so do the keys of the `train` block.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from functools import cache
from typing import Any, Literal

from cnndsl.schema import complaints

LARGEST_WINDOW = 65_536
"""Bound of a window, stride, pad or dilation."""
LARGEST_COUNT = 9_999_999_999
"""Bound of a count: ten digits. What is too large for a machine is refused by the memory estimate."""

Form = Literal["size", "times", "number", "numbers", "text", "word", "option", "choice"]


@dataclass(frozen=True, slots=True)
class Argument:
    """How one field of the attrs is written.

    form      written as
    size      ``3x3``; `ranks` says how many numbers it may have, a single number is a square where rank 2 is allowed;
              with `axes` 4 it is written as an option's value is
    times     ``*16``
    number    ``0.5``
    numbers   ``0.5 0.4 0.3``: one or more that stand by themselves, or behind the field's name where `named`
    text      ``"a folder"``
    word      ``vectorized``: any word
    option    ``stride 2``: the field's name and a value. `axes` 2 takes ``2`` or ``2x1``; `axes` 4 takes also
              ``1x2x1x3`` (top, left, bottom, right); `axes` 1 is a plain number
    choice    one of the words in `spellings`
    """

    field: str
    form: Form
    schema: Mapping[str, Any]
    doc: str
    required: bool
    default: Any = None
    named: bool = False
    ranks: tuple[int, ...] = (1,)
    axes: int = 1
    spellings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    letter: str = "N"

    @property
    def usage(self) -> str:
        """As a message or a page shows it: ``stride N``."""
        value = {1: "N", 2: "N or HxW", 4: "N or HxW or TxLxBxR"}[self.axes]
        match self.form:
            case "size" if self.axes > 1:
                return value
            case "size":
                return "x".join("HWD"[: max(self.ranks)])
            case "numbers":
                return f"{self.field} N [N ...]" if self.named else "N [N ...]"
            case "times":
                return "*N"
            case "number":
                return self.letter
            case "word":
                return "NAME"
            case "text":
                return '"..."'
            case "option":
                return f"{self.field} {value}"
            case "choice":
                return " | ".join(self.spellings)

    def spread(self, numbers: tuple[Any, ...]) -> Any:
        """The field's value from the numbers written: ``stride 2`` is (2, 2). Raises ValueError on a wrong count."""
        count = len(numbers)
        if self.axes == 2 and count in (1, 2):
            return numbers * (2 // count)
        if self.axes == 4 and count in (1, 2, 4):
            return numbers * (4 // count)
        if self.axes == 1 and self.form == "size":
            if count == 1 and 2 in self.ranks:
                return numbers * 2
            if count in self.ranks:
                return numbers
        elif self.axes == 1 and count == 1:
            return numbers[0]
        raise ValueError(f"{self.field}: {count} numbers")


_KEY = "cnndsl.argument"


def _field(form: Form, schema: Mapping[str, Any], doc: str, default: Any, **more: Any) -> Any:
    made = {"form": form, "schema": schema, "doc": doc, **more}
    if default is MISSING:
        return dataclasses.field(metadata={_KEY: made})
    return dataclasses.field(default=default, metadata={_KEY: made})


def _integer(minimum: int, maximum: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": minimum, "maximum": maximum}


def size(
    *,
    ranks: tuple[int, ...] = (2,),
    axes: Literal[1, 4] = 1,
    minimum: int = 1,
    maximum: int = LARGEST_WINDOW,
    default: Any = MISSING,
    doc: str,
) -> Any:
    """A size that stands by itself: ``3x3``. With `axes` 4 it says something of each side, ``1x2x1x3``, and `ranks` has
    no meaning; `default` is then one number."""
    schema = {
        "type": ["array", "null"] if default is None else "array",
        "items": _integer(minimum, maximum),
        "minItems": axes if axes > 1 else min(ranks),
        "maxItems": axes if axes > 1 else max(ranks),
    }
    if axes > 1 and isinstance(default, int):
        default = (default,) * axes
    return _field("size", schema, doc, default, ranks=ranks, axes=axes)


def times(*, minimum: int = 1, doc: str) -> Any:
    """A count behind a star: ``*16``."""
    return _field("times", _integer(minimum, LARGEST_COUNT), doc, MISSING)


def number(*, schema: Mapping[str, Any], default: Any = MISSING, letter: str = "N", doc: str) -> Any:
    """A number that stands by itself: ``FC 10``, ``DROPOUT 0.5``; `letter` is what pages and messages call it."""
    return _field("number", schema, doc, default, letter=letter)


def text(*, doc: str) -> Any:
    """A string that stands by itself."""
    return _field("text", {"type": "string", "minLength": 1, "maxLength": 4096}, doc, MISSING)


def numbers(
    *,
    schema: Mapping[str, Any],
    least: int = 1,
    most: int = LARGEST_WINDOW,
    named: bool = False,
    default: Any = MISSING,
    doc: str,
) -> Any:
    """One or more numbers; `schema` is what holds for each. With `named` the field's name stands before them."""
    many = {"type": "array", "items": dict(schema), "minItems": least, "maxItems": most}
    return _field("numbers", many, doc, default, named=named)


def word(*, default: Any = MISSING, doc: str) -> Any:
    """A word that stands by itself and is not one of a list known here."""
    return _field("word", {"type": "string"}, doc, default)


def count(*, doc: str) -> Any:
    """A whole number from 1 that stands by itself."""
    return number(schema=_integer(1, LARGEST_COUNT), doc=doc)


def option(
    default: Any,
    *,
    axes: Literal[1, 2, 4] = 1,
    minimum: int = 0,
    maximum: int = LARGEST_WINDOW,
    schema: Mapping[str, Any] | None = None,
    doc: str,
) -> Any:
    """A named value: ``stride 2``. `default` is one number, spread over the axes; `schema` replaces the bounds."""
    one = schema or _integer(minimum, maximum)
    if axes == 1:
        return _field("option", one, doc, default)
    many: dict[str, Any] = {"type": "array", "items": one, "minItems": axes, "maxItems": axes}
    if default is None:
        many["type"] = ["array", "null"]
        return _field("option", many, doc, None, axes=axes)
    return _field("option", many, doc, (default,) * axes, axes=axes)


def choice(spellings: Mapping[str, Any], *, default: Any = MISSING, doc: str) -> Any:
    """Words that stand by themselves: ``floor``. `spellings` maps each word to the field's value."""
    values = list(spellings.values())
    allowed = values if default is MISSING or default in values else [default, *values]
    return _field("choice", {"enum": allowed}, doc, default, spellings=dict(spellings))


@cache
def arguments(attrs: type) -> tuple[Argument, ...]:
    """The arguments of an attrs dataclass, in the order of its fields."""
    found = []
    for item in dataclasses.fields(attrs):
        made = item.metadata.get(_KEY)
        if made is None:
            raise TypeError(f"{attrs.__name__}.{item.name} is not declared with size, times, number, option or choice")
        required = item.default is MISSING
        found.append(Argument(field=item.name, required=required, default=None if required else item.default, **made))
    return tuple(found)


@cache
def attrs_schema(attrs: type) -> dict[str, Any]:
    """JSON Schema of the arguments as `Op.dump` writes them."""
    fields = arguments(attrs)
    return {
        "type": "object",
        "properties": {a.field: dict(a.schema) for a in fields},
        "required": [a.field for a in fields],
        "additionalProperties": False,
    }


def dump(attrs: Any) -> dict[str, Any]:
    """The arguments as plain JSON values."""
    plain = {}
    kind: type = type(attrs)
    for item in arguments(kind):
        value = getattr(attrs, item.field)
        plain[item.field] = list(value) if isinstance(value, tuple) else value
    return plain


def load(attrs: type, values: Mapping[str, Any]) -> Any:
    """Arguments from plain JSON values. Raises ValueError, naming the field."""
    for complaint in complaints(attrs_schema(attrs), values):
        where = ".".join(map(str, complaint.path)) or "arguments"
        raise ValueError(f"{where} {complaint.text}")
    return attrs(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class NoArguments:
    """Attrs of something that takes none."""
