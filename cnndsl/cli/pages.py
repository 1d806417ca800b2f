"""Pages of codes, layers and the train block, made from their records."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from cnndsl.arguments import Argument, arguments
from cnndsl.diagnostics.catalog import CODES, Code
from cnndsl.lang.recipe import pages
from cnndsl.ops.spec import Op
from cnndsl.recipe.spec import Key


def find(name: str, layers: Mapping[str, Op], width: int) -> str | None:
    """The page of that name, or None."""
    if name.upper() in CODES:
        return code_page(CODES[name.upper()], width)
    if name.upper() in layers:
        return layer_page(layers[name.upper()], width)
    if name == "train":
        return train_page(width)
    key = next((p for p in pages() if name == p.name), None) or next((p for p in pages() if name in p.words), None)
    return key_page(key, width) if key else None


def contents(layers: Mapping[str, Op], width: int) -> str:
    """All pages, a line each."""
    lines = ["Layers"]
    lines += _entries({op.keyword: op.summary for op in layers.values()}, width)
    lines += ["", "The train block", *_entries({"train": "its keys, with their values and defaults"}, width)]
    lines += ["", "Diagnostics", *_entries({c.code: c.title for c in CODES.values()}, width)]
    return "\n".join(lines)


def _entries(found: Mapping[str, str], width: int) -> list[str]:
    column = max(map(len, found), default=0) + 4
    lines: list[str] = []
    for name, text in found.items():
        lines += textwrap.wrap(
            text, width, initial_indent=f"  {name}".ljust(column + 2), subsequent_indent=" " * (column + 2)
        )
    return lines


def _paragraph(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width)


def _code(text: str) -> list[str]:
    return [f"    {line}".rstrip() for line in text.rstrip("\n").split("\n")]


def code_page(code: Code, width: int) -> str:
    """What a code means, a file that gives it, and the same file repaired."""
    lines = [f"{code.code}: {code.title}", "", *_paragraph(code.text, width)]
    if code.bad:
        lines += ["", "Gives it:", "", *_code(code.bad), "", "Repaired:", "", *_code(code.good)]
    return "\n".join(lines)


def layer_page(op: Op, width: int) -> str:
    """What a layer does, its arguments with defaults, and examples."""
    lines = [f"{op.keyword}: {op.summary}", "", *_paragraph(op.doc, width)]
    shown = {_usage(a): _about(a) for a in op.arguments}
    if op.takes_activation:
        shown["an activation"] = "a trailing word such as `relu`: the layer followed by that activation"
    if op.kind == "join":
        shown["( a | b )"] = "two or more branches; each starts from the same tensor, ID is the empty one"
    if shown:
        lines += ["", "Arguments", *_entries(shown, width)]
    lines += ["", "Examples", *(f"    {example}" for example in op.examples)]
    return "\n".join(lines)


def _usage(item: Argument) -> str:
    return item.usage


def _about(item: Argument) -> str:
    if item.required:
        return item.doc
    default = item.default
    if isinstance(default, tuple):
        default = default[0] if len(set(default)) == 1 else "x".join(map(str, default))
    plain = default is None or item.form == "choice"
    return item.doc if plain else f"{item.doc} ({default})"


def train_page(width: int) -> str:
    """All keys of the train block."""
    text = (
        "train { ... } says how a network is trained: a key and its values a line, or several with `;` between them. "
        "A file has at most one; what it leaves out has a default, shown in parentheses."
    )
    lines = ["train: how a network is trained", "", *_paragraph(text, width)]
    for page in pages():
        lines += ["", *_key(page, width)]
    example = (
        "train {\n  data      mnist pad 2\n  batch     64; epochs 10; seed 1\n  optimizer sgd lr 0.05 momentum 0.9\n}"
    )
    return "\n".join([*lines, "", "Example", *_code(example)])


def key_page(key: Key, width: int) -> str:
    """One key of the train block: its values, their arguments, and examples."""
    examples = dict.fromkeys(example for entry in key.entries for example in entry.examples)
    return "\n".join([*_key(key, width), "", "Examples", *(f"    {example}" for example in examples)])


def _key(key: Key, width: int) -> list[str]:
    lines: list[str] = []
    for entry in key.entries:
        fields = {a.field: a for a in arguments(entry.attrs)}
        value = fields.pop("value", None)
        own = f" ({value.default})" if value is not None and not value.required else ""
        standard = " (this one where the key is left out)" if key.default and entry.word == key.default else ""
        lines += _entries({f"{entry.key} {entry.word}".rstrip(): entry.summary + own + standard}, width)
        lines += _entries({f"  {a.usage}": _about(a) for a in fields.values()}, width)
    return lines
