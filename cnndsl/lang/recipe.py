"""The train block: entries to a Recipe."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnndsl.arguments import Argument, arguments
from cnndsl.diagnostics import Diagnostic, Label
from cnndsl.diagnostics.model import replaced, suggested
from cnndsl.lang import ast
from cnndsl.lang.bind import TRAIN_CODES, Bound, Signature, bind
from cnndsl.recipe.block import KEYS, recipe
from cnndsl.recipe.spec import MAIN, Entry, Key, Recipe, Setting
from cnndsl.schema import complaints
from cnndsl.source import Span
from cnndsl.words import NO_KEYS, OPTIONS_ELSEWHERE, nearest, plain


def default_recipe(known: Mapping[str, Key] = KEYS) -> Recipe:
    """What a file without a train block says."""
    return recipe(known=known)


def read_train(
    train: ast.Train, diagnostics: list[Diagnostic], backends: Collection[str] = (), known: Mapping[str, Key] = KEYS
) -> Recipe:
    """The recipe of a train block; what is wrong goes to `diagnostics`, and the key keeps its default. `backends` are
    the names that `backend` may have besides `auto`; without them it may have any. `known` are the keys."""
    said = [a.text for e in train.entries if isinstance(e, ast.Entry) for a in e.args if isinstance(a, ast.Word)]
    reader = _Reader(diagnostics, backends, known, frozenset(said))
    for entry in train.entries:
        if isinstance(entry, ast.Entry):
            reader.read(entry)
    return recipe(reader.given, reader.losses, reader.spans, known)


@dataclass(slots=True)
class _Reader:
    """What was read so far: settings by key, losses by output, and the places of keys and of what may stand once.
    `said` are the words behind all keys."""

    diagnostics: list[Diagnostic]
    backends: Collection[str]
    known: Mapping[str, Key]
    said: frozenset[str] = frozenset()
    given: dict[str, list[Setting]] = field(default_factory=dict)
    losses: dict[str, Setting] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    seen: dict[str, Span] = field(default_factory=dict)

    def read(self, entry: ast.Entry) -> None:
        key = self.known.get(entry.key.text)
        if key is None:
            self.diagnostics.append(not_a_key(entry.key, self.known, _written, self.said))
        elif key.takes == "outputs":
            self._output(key, entry)
        elif key.takes == "several":
            self._several(key, entry)
        elif self._once("epochs" if key.name == "steps" else key.name, entry.key):
            setting = self._setting(key, entry.args, entry.key.span, entry.span)
            if setting is not None and self._is_backend(key, entry, setting):
                self.given[key.name] = [setting]
                self.spans[key.name] = entry.span

    def _once(self, question: str, word: ast.Word) -> bool:
        """Whether a question is asked for the first time; else a message was given."""
        first = self.seen.setdefault(question, word.span)
        if first is word.span:
            return True
        same = word.text == first.text
        message = f"`{word.text}` is given twice" if same else "`epochs` and `steps` are both given"
        self.diagnostics.append(
            Diagnostic("E505", message, word.span, "again here", (Label(first, "first given here"),))
        )
        return False

    def _several(self, key: Key, entry: ast.Entry) -> None:
        if not entry.args:
            self._needs(key, entry.key.span)
        for args in turns(key, entry.args):
            place = args[0].span.to(args[-1].span) if args else entry.span
            setting = self._setting(key, args, entry.key.span, place)
            if setting is None:
                continue
            if setting.word and not self._once(f"{key.name} {setting.word}", ast.Word(args[0].span, setting.word)):
                continue
            self.given.setdefault(key.name, []).append(setting)
            self.spans.setdefault(key.name, entry.span)

    def _output(self, key: Key, entry: ast.Entry) -> None:
        """``loss aux1 cross_entropy weight 0.3``, or ``loss cross_entropy`` for the main output."""
        name = output_name(key, entry.args)
        args = entry.args if name is None else entry.args[1:]
        output = MAIN if name is None else name.text
        first = self.seen.setdefault(f"{key.name} {output}", entry.span)
        if first is not entry.span:
            message = f"`{key.name}` is given twice for `{output}`"
            help = ("each output has one; name another output's before its loss: `loss aux1 cross_entropy`",)
            related = (Label(first, "first given here"),)
            self.diagnostics.append(Diagnostic("E505", message, entry.key.span, "again here", related, help=help))
            return
        setting = self._setting(key, args, entry.key.span, entry.span)
        if setting is not None:
            self.losses[output] = setting
            self.spans.setdefault(key.name, entry.span)

    def _is_backend(self, key: Key, entry: ast.Entry, setting: Setting) -> bool:
        if key.name != "backend" or not self.backends or setting.attrs.value in ("auto", *self.backends):
            return True
        word = ast.Word(entry.args[0].span, setting.attrs.value)
        _unknown(word, "E503", "there is no backend", ("auto", *self.backends), self.diagnostics)
        return False

    def _setting(self, key: Key, args: tuple[ast.Arg, ...], place: Span, span: Span) -> Setting | None:
        """A value of a key. `place` is the key's, for what is missing; `span` is the setting's own."""
        if not args:
            self._needs(key, place)
            return None
        chosen = self._chosen(key, args)
        if chosen is None:
            return None
        name, fields = f"{chosen.key} {chosen.word}".rstrip(), arguments(chosen.attrs)
        rest = args[1:] if chosen.word else args
        if rest and isinstance(rest[0], ast.Word) and _wants_quotes(rest[0], fields):
            bare, text = rest[0], f'"{rest[0].text}"'
            fixes = replaced(bare.span, f"write `{text}`", text)
            self.diagnostics.append(Diagnostic("E503", f"`{name}` takes a string in quotes", bare.span, fixes=fixes))
            return None
        late = next((a for a in rest if isinstance(a, ast.Word) and _is_other_key(a, fields, self.known)), None)
        if late is not None:
            message = f"`{late.text}` is a key of its own, and no option of {name}"
            fixes = replaced(late.span, f"put `;` or a line end before `{late.text}`", f"; {late.text}", sure=False)
            self.diagnostics.append(Diagnostic("E503", message, late.span, "not expected", fixes=fixes))
            return None
        found = _bound(name, fields, rest, self.diagnostics)
        if found.failed:
            return None
        if found.missing:
            needs = " and ".join("a value" if a.field == "value" else f"`{a.usage}`" for a in found.missing)
            help = (f"for example `{chosen.examples[0]}`",)
            self.diagnostics.append(Diagnostic("E506", f"`{name}` needs {needs}", place, help=help))
            return None
        attrs = chosen.attrs(**{k: tuple(v) if isinstance(v, list) else v for k, v in found.values.items()})
        wrong = attrs.wrong() if hasattr(attrs, "wrong") else None
        if wrong is not None:
            self.diagnostics.append(Diagnostic("E504", f"`{name}` {wrong}", span))
            return None
        return Setting(chosen.word, attrs, span, chosen)

    def _needs(self, key: Key, place: Span) -> None:
        words = key.words
        help = f"write one of {', '.join(words)}" if words else f"for example `{key.entries[0].examples[0]}`"
        message = f"`{key.name}` needs a value"
        self.diagnostics.append(Diagnostic("E506", message, place, "nothing behind it", help=(help,)))

    def _chosen(self, key: Key, args: tuple[ast.Arg, ...]) -> Entry | None:
        """The entry that the first argument chooses."""
        first, words = args[0], key.words
        if not words or (not isinstance(first, ast.Word) and any(not e.word for e in key.entries)):
            return key.entry("")
        if isinstance(first, ast.Word) and first.text in words:
            return key.entry(first.text)
        word = first if isinstance(first, ast.Word) else ast.Word(first.span, first.span.text)
        usual = key.entry(key.default) if key.default else None
        if usual is not None and any(word.text in (a.field, *a.spellings) for a in arguments(usual.attrs)):
            help = (f"write which one before it: `{key.name} {usual.word} {word.text} …`",)
            message = f"`{key.name}` does not take `{word.text}`"
            self.diagnostics.append(Diagnostic("E503", message, word.span, "unknown", help=help))
            return None
        _unknown(word, "E503", f"`{key.name}` does not take", words, self.diagnostics)
        return None


def _is_other_key(word: ast.Word, fields: tuple[Argument, ...], known: Mapping[str, Key]) -> bool:
    """Whether a word is a key of the train block and nothing that the fields have a place for."""
    own = {name for a in fields for name in (a.field, *a.spellings)}
    return word.text in known and word.text not in own and all(a.form != "word" for a in fields)


def _wants_quotes(word: ast.Word, fields: tuple[Argument, ...]) -> bool:
    """Whether a word stands where a string is asked for, and is none of the other arguments."""
    others = {name for a in fields for name in (a.field, *a.spellings)}
    return any(a.form == "text" for a in fields) and word.text not in others


def turns(key: Key, args: tuple[ast.Arg, ...]) -> Iterator[tuple[ast.Arg, ...]]:
    """The arguments of each of several values: each begins with a word of the key, or is one argument without words."""
    words = key.words
    start = 0
    for at in range(1, len(args) + 1):
        arg = args[at] if at < len(args) else None
        if arg is None or not words or (isinstance(arg, ast.Word) and _is_start(arg, key)):
            yield args[start:at]
            start = at


def _is_start(word: ast.Word, key: Key) -> bool:
    """Whether a word begins another value: one of the key's words, or none of the options of any."""
    options = {name for e in key.entries for a in arguments(e.attrs) for name in (a.field, *a.spellings)}
    return word.text in key.words or word.text not in options


def output_name(key: Key, args: tuple[ast.Arg, ...]) -> ast.Word | None:
    """The output's name before its value, if there is one: a word that the key does not have, before one that it has or
    nearly has."""
    if len(args) < 2 or not isinstance(args[0], ast.Word) or not isinstance(args[1], ast.Word):
        return None
    first, second = args[0], args[1]
    if first.text in key.words:
        return None
    if second.text in key.words:
        return first
    options = {a.field for e in key.entries for a in arguments(e.attrs)}
    meant = nearest(first.text, key.words) is None and second.text not in options
    return first if meant and nearest(second.text, key.words) is not None else None


def _bound(name: str, fields: tuple[Argument, ...], args: tuple[ast.Arg, ...], diagnostics: list[Diagnostic]) -> Bound:
    """Binds arguments; lists of numbers are taken out before, the others are the binder's."""
    lists = tuple(a for a in fields if a.form == "numbers")
    if not lists:
        return bind(Signature(name, fields, TRAIN_CODES), args, diagnostics)
    rest = list(args)
    taken: dict[str, Any] = {}
    failed = False
    for item in lists:
        at = next((i for i, a in enumerate(rest) if isinstance(a, ast.Word) and a.text == item.field), None)
        first = at + 1 if item.named and at is not None else 0
        end = first
        while end < len(rest) and isinstance(rest[end], ast.Number):
            end += 1
        if item.named and at is None:
            continue
        numbers = [n for n in rest[first:end] if isinstance(n, ast.Number)]
        if item.named and at is not None:
            if not numbers:
                failed = True
                message = f"`{item.field}` of {name} needs a value"
                diagnostics.append(Diagnostic("E506", message, rest[at].span, "nothing behind it"))
            first = at
        del rest[first:end]
        if numbers:
            failed = _refused(name, item, numbers, diagnostics) or failed
            taken[item.field] = tuple(n.value for n in numbers)
    found = bind(Signature(name, tuple(a for a in fields if a not in lists), TRAIN_CODES), tuple(rest), diagnostics)
    found.failed = found.failed or failed
    found.values |= taken
    found.missing += tuple(a for a in lists if a.required and a.field not in taken)
    return found


def _refused(name: str, item: Argument, numbers: list[ast.Number], diagnostics: list[Diagnostic]) -> bool:
    """Whether a list of numbers has a message against it now."""
    schema, before = item.schema, len(diagnostics)
    for number in numbers:
        for complaint in complaints(schema["items"], number.value):
            diagnostics.append(Diagnostic("E504", f"`{item.field}` of {name} {complaint.text}", number.span))
    for complaint in complaints({k: v for k, v in schema.items() if k != "items"}, [n.value for n in numbers]):
        place = numbers[0].span.to(numbers[-1].span)
        diagnostics.append(Diagnostic("E504", f"{name} {complaint.text}".strip(), place))
    return len(diagnostics) > before


def _unknown(word: ast.Word, code: str, message: str, known: Iterable[str], diagnostics: list[Diagnostic]) -> None:
    names = sorted(known)
    fixes = suggested(word.span, word.text, names)
    help = () if fixes else (f"known: {', '.join(names)}",)
    diagnostics.append(Diagnostic(code, f"{message} `{word.text}`", word.span, "unknown", help=help, fixes=fixes))


def _written(entry: Entry, option: str) -> str:
    """How the block says an option, ``optimizer sgd lr …``, or the entry itself."""
    if not option:
        return entry.examples[0]
    value = "" if any(option in a.spellings for a in arguments(entry.attrs)) else "…"
    return " ".join(part for part in (entry.key, entry.word, option, value) if part)


def not_a_key(
    word: ast.Word, known: Mapping[str, Key], told: Callable[[Entry, str], str], said: Collection[str] = ()
) -> Diagnostic:
    """E502 for a word that is no key: it belongs to one, or is a value of one, or looks like one. `told` writes how
    that is said, from the entry meant and the name of an option, empty for the entry itself; `said` are words of the
    block, which tell the entry that is meant of several."""
    message, written = f"the train block has no key `{word.text}`", plain(word.text)
    value = next((e for key in known.values() for e in key.entries if e.word == word.text), None)
    owner, option = _owner(word.text, known, said)
    if written in NO_KEYS:
        help = NO_KEYS[written]
    elif value is not None:
        help = f"it is a value of `{value.key}`: `{told(value, '')}`"
    elif owner is not None:
        help = f"it belongs to `{owner.key}`: `{told(owner, option)}`"
    else:
        names = sorted(known)
        fixes = suggested(word.span, word.text, names)
        listed = () if fixes else (f"known: {', '.join(names)}",)
        return Diagnostic("E502", message, word.span, "unknown", help=listed, fixes=fixes)
    return Diagnostic("E502", message, word.span, "not a key of its own", help=(help,))


def _owner(word: str, known: Mapping[str, Key], said: Collection[str]) -> tuple[Entry | None, str]:
    """The entry that has a word as an option, under this name or, as other systems call it, another; of several the
    one that the block says, or the usual one, or the first."""
    name, _, option = OPTIONS_ELSEWHERE.get(plain(word), "").partition(" ")
    option = option or word
    found = [
        (e.word in said, e.word == key.default, e)
        for key in known.values()
        if not name or key.name == name
        for e in key.entries
        if any(option in (a.field if a.form == "option" else "", *a.spellings) for a in arguments(e.attrs))
    ]
    return max(found, key=lambda f: f[:2])[2] if found else None, option
