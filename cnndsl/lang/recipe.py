"""The train block: entries to a Recipe."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from cnndsl.arguments import arguments
from cnndsl.diagnostics import Diagnostic, Label
from cnndsl.diagnostics.model import replaced
from cnndsl.lang import ast
from cnndsl.lang.bind import TRAIN_CODES, Bound, Signature, bind
from cnndsl.recipe import data, keys, losses, optimizers
from cnndsl.recipe.spec import Entry, Recipe, Setting
from cnndsl.source import Span
from cnndsl.words import nearest

ENTRIES: tuple[Entry, ...] = (*data.ENTRIES, *keys.ENTRIES, *optimizers.ENTRIES, *losses.ENTRIES)

_DEFAULTS: dict[str, str] = {"normalize": "auto", "optimizer": "sgd", "loss": "cross_entropy", "init": "auto"}
"""The word of each key that a block leaves out."""


def default_recipe() -> Recipe:
    """What a file without a train block says."""
    return _recipe({})


def read_train(train: ast.Train, diagnostics: list[Diagnostic], backends: Collection[str] = ()) -> Recipe:
    """The recipe of a train block; what is wrong goes to `diagnostics`, and the key keeps its default. `backends` are
    the names that `backend` may have besides `auto`; without them it may have any."""
    given: dict[str, Setting] = {}
    seen: dict[str, Span] = {}
    for entry in train.entries:
        if isinstance(entry, ast.Bad):
            continue
        key = entry.key.text
        candidates = [e for e in ENTRIES if e.key == key]
        if not candidates:
            _unknown_key(entry.key, diagnostics)
            continue
        question = "epochs" if key == "steps" else key
        if question in seen:
            related = (Label(seen[question], "first given here"),)
            message = f"`{key}` is given twice" if key == seen[question].text else "`epochs` and `steps` are both given"
            diagnostics.append(Diagnostic("E505", message, entry.key.span, "again here", related))
            continue
        seen[question] = entry.key.span
        setting = _setting(entry, candidates, diagnostics)
        if setting is not None and key == "backend" and backends and setting.attrs.value not in ("auto", *backends):
            word = ast.Word(entry.args[0].span, setting.attrs.value)
            _unknown(word, "E503", "there is no backend", ("auto", *backends), diagnostics)
            continue
        if setting is not None:
            given[key] = setting
    return _recipe(given)


def _setting(entry: ast.Entry, candidates: list[Entry], diagnostics: list[Diagnostic]) -> Setting | None:
    chosen, args = candidates[0], entry.args
    words = [c.word for c in candidates]
    if words != [""]:
        if not args:
            help = (f"write one of {', '.join(words)}",)
            diagnostics.append(
                Diagnostic("E506", f"`{entry.key.text}` needs a value", entry.key.span, "nothing behind it", help=help)
            )
            return None
        first = args[0]
        if not isinstance(first, ast.Word) or first.text not in words:
            word = first if isinstance(first, ast.Word) else ast.Word(first.span, first.span.text)
            _unknown(word, "E503", f"`{entry.key.text}` does not take", words, diagnostics)
            return None
        chosen, args = candidates[words.index(first.text)], args[1:]
    name = f"{chosen.key} {chosen.word}".rstrip()
    bound = bind(Signature(name, arguments(chosen.attrs), TRAIN_CODES), args, diagnostics)
    if bound.failed:
        return None
    if bound.missing:
        needs = " and ".join("a value" if a.field == "value" else f"`{a.usage}`" for a in bound.missing)
        help = (f"for example `{chosen.examples[0]}`",)
        diagnostics.append(Diagnostic("E506", f"`{name}` needs {needs}", entry.key.span, help=help))
        return None
    return Setting(chosen.word, _attrs(chosen, bound), entry.span)


def _attrs(entry: Entry, bound: Bound) -> Any:
    return entry.attrs(**{k: tuple(v) if isinstance(v, list) else v for k, v in bound.values.items()})


def _unknown(word: ast.Word, code: str, message: str, known: Iterable[str], diagnostics: list[Diagnostic]) -> None:
    names = sorted(known)
    guess = nearest(word.text, names)
    help = () if guess else (f"known: {', '.join(names)}",)
    fixes = replaced(word.span, f"did you mean `{guess}`?", guess) if guess else ()
    diagnostics.append(Diagnostic(code, f"{message} `{word.text}`", word.span, "unknown", help=help, fixes=fixes))


def _unknown_key(key: ast.Word, diagnostics: list[Diagnostic]) -> None:
    owner = next(
        (e for e in ENTRIES if any(a.field == key.text for a in arguments(e.attrs) if a.form == "option")), None
    )
    if owner is None:
        _unknown(key, "E502", "the train block has no key", {e.key for e in ENTRIES}, diagnostics)
        return
    help = (f"it belongs to `{owner.key}`: `{owner.key} {owner.word} {key.text} …`",)
    diagnostics.append(
        Diagnostic("E502", f"the train block has no key `{key.text}`", key.span, "not a key of its own", help=help)
    )


def _recipe(given: dict[str, Setting]) -> Recipe:
    def value(key: str, default: Any) -> Any:
        return given[key].attrs.value if key in given else default

    def setting(key: str) -> Setting:
        if key in given:
            return given[key]
        entry = next(e for e in ENTRIES if e.key == key and e.word == _DEFAULTS[key])
        return Setting(entry.word, entry.attrs())

    return Recipe(
        data=given.get("data"),
        split=value("split", 0.9),
        normalize=setting("normalize"),
        batch=value("batch", 64),
        epochs=value("epochs", 10),
        steps=value("steps", None),
        seed=value("seed", 0),
        optimizer=setting("optimizer"),
        loss=setting("loss"),
        init=setting("init"),
        backend=value("backend", "auto"),
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A key of the train block with all the ways to fill it, for `explain`."""

    key: str
    entries: tuple[Entry, ...]


def pages() -> list[Page]:
    """Every key in the order of its declaration."""
    order = dict.fromkeys(e.key for e in ENTRIES)
    return [Page(key, tuple(e for e in ENTRIES if e.key == key)) for key in order]
