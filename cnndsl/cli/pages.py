"""Pages of the language, of layers, of the train block and of codes, made from their records."""

from __future__ import annotations

from collections.abc import Iterator

from cnndsl.arguments import Argument, arguments
from cnndsl.cli.layout import Code as CodeBlock
from cnndsl.cli.layout import Entries, Heading, Page, Part, Text
from cnndsl.diagnostics.catalog import CODES, Code
from cnndsl.lang.topics import TOPICS, Topic
from cnndsl.ops.spec import Op
from cnndsl.plugins import Registry
from cnndsl.recipe.spec import Key


def find(name: str, known: Registry) -> Page | None:
    """The page of that name, or None."""
    if name.upper() in CODES:
        return code_page(CODES[name.upper()])
    if name.upper() in known.layers:
        return layer_page(known.layers[name.upper()])
    if name == "train":
        return train_page(known)
    name = name.lower()
    key = next((k for k in known.keys.values() if name == k.name), None)
    topic = next((t for t in TOPICS if t.name == name), None)
    if key is None and topic is not None:
        return topic_page(topic)
    key = key or next((k for k in known.keys.values() if name in k.words), None)
    if key is not None:
        return key_page(key)
    activation = next((op for op in known.layers.values() if op.activation_word == name), None)
    return layer_page(activation) if activation is not None else None


def names(known: Registry) -> list[str]:
    """What `find` knows."""
    found = [*known.layers, *CODES, "train", *(t.name for t in TOPICS)]
    for key in known.keys.values():
        found += [key.name, *key.words]
    return found


def contents(known: Registry) -> Page:
    """All pages, a line each."""
    return Page(
        "explain: the pages there are",
        (
            Heading("The language"),
            Entries({t.name: t.title for t in TOPICS}),
            Heading("Layers"),
            Entries({op.keyword: op.summary for op in known.layers.values()}),
            Heading("The train block"),
            Entries({"train": "all its keys", **{k.name: k.summary for k in known.keys.values()}}),
            Heading("Diagnostics"),
            Entries({c.code: c.title for c in CODES.values()}),
        ),
    )


def reference(known: Registry) -> Iterator[tuple[str, list[Page]]]:
    """Every page, by chapter: the whole reference."""
    yield "The language", [topic_page(t) for t in TOPICS]
    yield "Layers", [layer_page(op) for op in known.layers.values()]
    yield "The train block", [train_page(known)]
    yield "Diagnostics", [code_page(c) for c in CODES.values()]


def topic_page(topic: Topic) -> Page:
    parts: list[Part] = [Text(paragraph) for paragraph in topic.text.split("\n\n")]
    if topic.example:
        parts += [Heading("Example"), CodeBlock(topic.example)]
    return Page(f"{topic.name}: {topic.title}", tuple(parts))


def code_page(code: Code) -> Page:
    """What a code means, a file that gives it, and the same file repaired."""
    parts: list[Part] = [Text(code.text)]
    if code.bad:
        parts += [Heading("Gives it"), CodeBlock(code.bad), Heading("Repaired"), CodeBlock(code.good)]
    return Page(f"{code.code}: {code.title}", tuple(parts))


def layer_page(op: Op) -> Page:
    """What a layer does, its arguments with defaults, and examples."""
    shown = {a.usage: _about(a) for a in op.arguments}
    if op.takes_activation:
        shown["an activation"] = "a trailing word such as `relu`: the layer followed by that activation"
    if op.activation_word:
        shown[f"{op.activation_word} behind a layer"] = "the same as a trailing word of CONV, DWCONV, DECONV and FC"
    if op.kind == "join":
        shown["( a | b )"] = "two or more branches; each starts from the same tensor, ID is the empty one"
    if op.kind == "head":
        shown["( steps )"] = "one branch, which starts from the tensor before"
    parts: list[Part] = [Text(op.doc)]
    if shown:
        parts += [Heading("Arguments"), Entries(shown)]
    parts += [Heading("Examples"), CodeBlock("\n".join(op.examples))]
    return Page(f"{op.keyword}: {op.summary}", tuple(parts))


def _about(item: Argument) -> str:
    if item.required:
        return item.doc
    default = item.default
    if isinstance(default, tuple):
        default = default[0] if len(set(default)) == 1 else "x".join(map(str, default))
    plain = default is None or item.form == "choice"
    return item.doc if plain else f"{item.doc} ({default})"


def train_page(known: Registry) -> Page:
    """All keys of the train block."""
    text = (
        "train { ... } says how a network is trained: a key and its values a line, or several with `;` between them. "
        "A file has at most one; what it leaves out has a default, shown in parentheses."
    )
    example = "train {\n  data      mnist pad 2\n  batch     64; epochs 10; seed 1\n  optimizer sgd lr 0.05\n}\n"
    parts: list[Part] = [Text(text)]
    for key in known.keys.values():
        parts += [Heading(key.name), *_key(key)]
    return Page("train: how a network is trained", (*parts, Heading("Example"), CodeBlock(example)))


def key_page(key: Key) -> Page:
    """One key of the train block: its values, their arguments, and examples."""
    examples = dict.fromkeys(example for entry in key.entries for example in entry.examples)
    shown = (Heading("Examples"), CodeBlock("\n".join(examples)))
    return Page(f"{key.name}: a key of the train block", (*_key(key), *shown))


def _key(key: Key) -> Iterator[Part]:
    tables = [{(a.usage, _about(a)): a for a in arguments(entry.attrs)} for entry in key.entries]
    common = [shown for shown in tables[0] if len(tables) > 1 and all(shown in table for table in tables)]
    for entry, table in zip(key.entries, tables, strict=True):
        value = next((a for a in table.values() if a.field == "value"), None)
        own = f" ({value.default})" if value is not None and not value.required else ""
        standard = " (this one where the key is left out)" if key.default and entry.word == key.default else ""
        written = f"{entry.key} {entry.word}".rstrip()
        inner = {f"  {a.usage}": about for (_, about), a in table.items() if a is not value}
        shown = {usage: about for usage, about in inner.items() if (usage.strip(), about) not in common}
        yield Entries({written: entry.summary + own + standard, **shown})
    if common:
        yield Entries({f"{key.name} ...": "any of them takes", **{f"  {usage}": about for usage, about in common}})
