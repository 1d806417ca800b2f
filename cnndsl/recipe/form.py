"""A recipe as plain JSON values, and back; and the JSON Schema of that form.

Keys are those of the train block. A value is what its key takes: a number, or an object with the ``word`` that chooses
and the arguments by name; a list of them for a key that takes several; by output for `loss`. What is left out has its
default. The schema is made from the records, as `grammars/train.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnndsl.arguments import Argument, arguments
from cnndsl.arguments import dump as dump_attrs
from cnndsl.recipe.block import KEYS, default, recipe
from cnndsl.recipe.spec import Entry, Key, Recipe, Setting
from cnndsl.schema import complaints

FIELDS = {"loss": "losses", "metric": "metrics"}
"""Where a recipe's field is not named as its key."""


def dump(found: Recipe, known: Mapping[str, Key] = KEYS) -> dict[str, Any]:
    """Every key of a recipe as plain JSON values, defaults filled in; null where nothing stands."""
    plain: dict[str, Any] = {}
    for key in known.values():
        value = getattr(found, FIELDS.get(key.name, key.name))
        if key.takes == "outputs":
            plain[key.name] = {output: _dumped(setting) for output, setting in value.items()}
        elif key.takes == "several":
            plain[key.name] = [_dumped(setting) for setting in value]
        else:
            plain[key.name] = _dumped(value) if isinstance(value, Setting) else value
    return plain


def _dumped(setting: Setting) -> dict[str, Any]:
    word = {"word": setting.word} if setting.word else {}
    return {**word, **dump_attrs(setting.attrs)}


def load(plain: Mapping[str, Any], known: Mapping[str, Key] = KEYS) -> Recipe:
    """The recipe of plain JSON values. Raises ValueError, naming the place of what is wrong."""
    for complaint in complaints(schema(known), plain):
        where = ".".join(map(str, complaint.path)) or "recipe"
        raise ValueError(f"{where} {complaint.text}")
    given: dict[str, list[Setting]] = {}
    losses: dict[str, Setting] = {}
    for name, value in plain.items():
        if value is None or name not in known:
            continue
        key = known[name]
        if key.takes == "outputs":
            losses = {output: _loaded(key, one) for output, one in value.items()}
        else:
            given[name] = [_loaded(key, one) for one in (value if key.takes == "several" else [value])]
    return recipe(given, losses, known=known)


def _loaded(key: Key, value: Any) -> Setting:
    said = dict(value) if isinstance(value, Mapping) else {"value": value}
    entry = key.entry(said.pop("word", ""))
    attrs = entry.attrs(**{k: tuple(v) if isinstance(v, list) else v for k, v in said.items()})
    wrong = attrs.wrong() if hasattr(attrs, "wrong") else None
    if wrong is not None:
        raise ValueError(f"{key.name} {wrong}")
    return Setting(entry.word, attrs, entry=entry)


def schema(known: Mapping[str, Key] = KEYS) -> dict[str, Any]:
    """JSON Schema of the form that `dump` gives."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "train",
        "description": "How a network is trained: the train block of a .cnn file. What is left out has its default.",
        "type": "object",
        "properties": {key.name: _key_schema(key) for key in known.values()},
        "additionalProperties": False,
    }


def _key_schema(key: Key) -> dict[str, Any]:
    choices = [_entry_schema(entry) for entry in key.entries]
    one = choices[0] if len(choices) == 1 else {"oneOf": choices}
    if key.takes == "outputs":
        name = {"pattern": "^[a-z][a-z0-9_]*$", "maxLength": 128}
        return {"type": "object", "propertyNames": name, "minProperties": 1, "additionalProperties": one}
    if key.takes == "several":
        return {"type": "array", "items": one}
    standard = default(key)
    if standard is None:
        return {"oneOf": [{"type": "null"}, *choices], "default": None}
    plain = _dumped(standard)
    return {**one, "default": plain["value"] if _is_plain(key.entries[0]) else plain}


def _is_plain(entry: Entry) -> bool:
    """Whether an entry's value stands for itself, without an object around it."""
    return [a.field for a in arguments(entry.attrs)] == ["value"]


def _entry_schema(entry: Entry) -> dict[str, Any]:
    fields = arguments(entry.attrs)
    if _is_plain(entry):
        return {"description": entry.summary, **fields[0].schema}
    word = {"word": {"const": entry.word}} if entry.word else {}
    return {
        "description": entry.summary,
        "type": "object",
        "properties": {**word, **{a.field: _field_schema(a) for a in fields}},
        "required": [*word, *(a.field for a in fields if a.required)],
        "additionalProperties": False,
    }


def _field_schema(item: Argument) -> dict[str, Any]:
    standard = list(item.default) if isinstance(item.default, tuple) else item.default
    return {"description": item.doc, **item.schema, **({} if item.required else {"default": standard})}
