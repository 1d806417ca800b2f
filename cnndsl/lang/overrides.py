"""Settings of the train block from outside, ``optimizer.lr=0.01``, written into the tree: so a program is checked,
shown, kept and printed as it was run.

``key=value`` is the line ``key value`` in the place of what the file says. ``key.option=value`` changes one option of
what the file or the default says, ``augment.crop=2`` one of several values, ``loss.aux1.weight=0.3`` one output's.
``true`` and ``false`` write a word that stands by itself, or leave it out; ``default`` takes away what was said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from cnndsl.arguments import Argument, arguments
from cnndsl.diagnostics import Diagnostic, Label
from cnndsl.diagnostics.model import suggested
from cnndsl.lang import ast
from cnndsl.lang.recipe import not_a_key, output_name, turns
from cnndsl.lang.typed import DEFAULT, Typed, read, spelled, value_args
from cnndsl.recipe.spec import MAIN, Entry, Key
from cnndsl.source import Source, Span

FLAGS = {"true": True, "false": False}
NOTHING = ("none", "None", "null", "off", "no", "false", "False", "")
"""What people write to take a key away."""

Args = tuple[ast.Arg, ...]


def overridden(
    module: ast.Module, settings: Sequence[Source], known: Mapping[str, Key], diagnostics: list[Diagnostic]
) -> ast.Module:
    """The tree with settings in its train block, one after the other; with a train block where it has none. What is
    wrong goes to `diagnostics`, and that setting is left out. Values are checked where those of a file are."""
    if not settings:
        return module
    trains = module.trains
    block = _Block.of(trains[0]) if trains else _Block([], ["\n"])
    before = len(diagnostics)
    merger = _Merger(block, known, diagnostics)
    for source in settings:
        merger.set(source)
    if trains:
        made = replace(trains[0], entries=tuple(block.entries), separators=tuple(block.separators))
        return replace(module, items=tuple(made if item is trains[0] else item for item in module.items))
    if not block.entries or len(diagnostics) > before:
        return module
    made = ast.Train(_whole(settings[0]), tuple(block.entries), tuple(block.separators))
    last = module.separators[-1].rstrip()
    return replace(module, items=(*module.items, made), separators=(*module.separators[:-1], f"{last}\n\n", "\n"))


def advised(d: Diagnostic, known: Mapping[str, Key]) -> Diagnostic:
    """A diagnostic about a setting that comes without advice, with an example of it."""
    if d.advice or d.span is None or not d.span.source.given:
        return d
    source = d.span.source
    typed = read(source, known, [])
    key = known.get(typed.path[0].text) if typed is not None else None
    if typed is None or key is None:
        return d
    example = _example(key, typed)
    return replace(d, help=(f"for example `{spelled(source, typed.name, example)}`",)) if example else d


def _whole(source: Source) -> Span:
    return source.span(0, len(source.text))


@dataclass(slots=True)
class _Block:
    """The entries of a train block and the separators around them, which may be changed."""

    entries: list[ast.Entry | ast.Bad]
    separators: list[str]

    @classmethod
    def of(cls, train: ast.Train) -> _Block:
        return cls(list(train.entries), list(train.separators))

    def of_keys(self, *names: str) -> list[int]:
        """The numbers of the entries with these keys."""
        return [i for i, e in enumerate(self.entries) if isinstance(e, ast.Entry) and e.key.text in names]

    def args(self, number: int) -> Args:
        entry = self.entries[number]
        assert isinstance(entry, ast.Entry)
        return entry.args

    def put(self, number: int, args: Args) -> None:
        """Gives an entry other arguments; one that is left without any goes."""
        entry = self.entries[number]
        assert isinstance(entry, ast.Entry)
        if args:
            self.entries[number] = replace(entry, args=args)
        else:
            self.remove(number)

    def add(self, entry: ast.Entry) -> None:
        """Adds an entry behind the others: on a line of its own, or behind a `;` where the block is one line."""
        last = self.separators[-1]
        if not self.entries:
            self.separators = [last, last if "\n" in last else ""]
        elif last.strip(" \t"):
            self.separators.append("\n" if "\n" in last else "")
        else:
            self.separators[-1:] = ["\n" if "\n" in "".join(self.separators) else "; ", last]
        self.entries.append(entry)

    def remove(self, number: int) -> None:
        """Takes an entry out; comments before and behind it stay."""
        before, after = self.separators[number : number + 2]
        edge = number == 0 or number == len(self.entries) - 1
        if "\n" in before and "\n" in after:
            joined = before.rstrip(" \t") + after.lstrip(" \t").removeprefix("\r").removeprefix("\n")
        else:
            joined = next((s for s in (before, after) if "\n" in s), "" if edge else "; ")
        self.separators[number : number + 2] = [joined]
        del self.entries[number]


@dataclass(slots=True)
class _Merger:
    block: _Block
    known: Mapping[str, Key]
    diagnostics: list[Diagnostic]
    seen: dict[str, Span] = field(default_factory=dict)

    def say(self, code: str, message: str, span: Span, label: str = "", *help: str) -> None:
        self.diagnostics.append(Diagnostic(code, message, span, label, help=help))

    def set(self, source: Source) -> None:
        typed = read(source, self.known, self.diagnostics)
        if typed is None:
            return
        key = self.known.get(typed.path[0].text)
        if key is None:
            self._unknown_key(typed)
            return
        if not typed.value.text:
            example = _example(key, typed)
            ways = [f"for example `{spelled(source, typed.name, example)}`"] if example else []
            ways.append(f"`{spelled(source, typed.name, DEFAULT)}` takes away what the file says")
            self.say("E506", f"`{typed.name}` needs a value", typed.value, "nothing behind it", *ways)
            return
        if not self._first_time(typed, key):
            return
        if len(typed.path) == 1:
            self._key(key, typed)
        elif key.takes == "outputs":
            self._output(key, typed)
        elif key.takes == "several":
            self._one_of_several(key, typed)
        elif len(typed.path) > 2:
            help = f"write `{spelled(source, key.name, ' '.join((typed.path[1].text, *_rest(typed))))}`"
            self.say("E806", f"`{typed.name}` has too many parts", _path(typed), "", help)
        else:
            self._option(key, typed, typed.path[1])

    # ---- whether it is said once, and of a key

    def _unknown_key(self, typed: Typed) -> None:
        word = typed.path[0]
        apart = word.text.split()
        if len(apart) > 1 and apart[0] in self.known:
            help = f"write `{spelled(typed.source, '.'.join(apart), typed.value.text)}`"
            self.say("E502", f"the train block has no key `{word.text}`", word.span, "unknown", help)
        elif word.text == "train" and len(typed.path) > 1 and typed.path[1].text in self.known:
            name = ".".join(w.text for w in typed.path[1:])
            help = f"write `{spelled(typed.source, name, typed.value.text)}`"
            self.say("E502", "the train block has no key `train`", word.span, "leave it out", help)
        else:
            said = not_a_key(word, self.known, lambda entry, option: _told(typed, entry, option))
            self.diagnostics.append(said)

    def _first_time(self, typed: Typed, key: Key) -> bool:
        """Whether nothing is set twice, and nothing in vain; else a message was given."""
        name = "epochs" if typed.name == "steps" else typed.name
        if name != typed.name and typed.value.text == DEFAULT:
            return True
        place = _path(typed)
        first = self.seen.setdefault(name, place)
        if first is not place:
            same = typed.name == first.text
            message = f"`{typed.name}` is given twice" if same else "`epochs` and `steps` are both given"
            related = (Label(first, "first given here"),)
            self.diagnostics.append(Diagnostic("E505", message, place, "again here", related, help=("keep one",)))
            return False
        inside = next((span for other, span in self.seen.items() if other.startswith(f"{key.name}.")), None)
        if len(typed.path) == 1 and inside is not None and key.takes != "outputs":
            message = f"`{key.name}` replaces what `{inside.text}` says, which stands before it"
            related = (Label(inside, "in vain"),)
            help = (f"put `{key.name}` first",)
            self.diagnostics.append(Diagnostic("E505", message, place, "replaces it", related, help=help))
            return False
        return True

    # ---- a whole key

    def _key(self, key: Key, typed: Typed) -> None:
        """``batch=128``, ``optimizer=adam lr 1e-3``: in the place of the first entry that it replaces."""
        if typed.value.text == DEFAULT:
            for number in reversed(self.block.of_keys(key.name)):
                self.block.remove(number)
            return
        args = self._whole_value(key, typed)
        if args is None:
            return
        entry = ast.Entry(typed.whole, typed.path[0], args)
        if key.takes == "outputs":
            named = output_name(key, args)
            self._replace(self._of_output(key, MAIN if named is None else named.text), entry)
        else:
            self._replace(
                self.block.of_keys(*(("epochs", "steps") if key.name in ("epochs", "steps") else (key.name,))), entry
            )

    def _replace(self, numbers: list[int], entry: ast.Entry) -> None:
        if not numbers:
            self.block.add(entry)
            return
        first, *others = numbers
        for number in reversed(others):
            self.block.remove(number)
        self.block.entries[first] = entry

    def _whole_value(self, key: Key, typed: Typed) -> Args | None:
        text = typed.value.text
        if text in NOTHING and text not in key.words:
            help = f"`{spelled(typed.source, typed.name, DEFAULT)}` takes away what the file says"
            self.say("E503", f"`{typed.name}` does not take `{text}`", typed.value, "unknown", help)
            return None
        entry = (
            next((e for e in key.entries if e.word == re.split(r"[ \t]", text)[0]), None)
            if key.words
            else key.entry("")
        )
        fields = arguments(entry.attrs) if entry is not None else ()
        first = 1 if entry is not None and entry.word else 0
        strings = any(a.form == "text" for a in fields)
        bare = range(first, len(text) if key.takes == "several" else first + 1) if strings else ()
        words = {name for a in fields for name in (a.field, *a.spellings) if a.form != "text"}
        return value_args(typed.value, self.diagnostics, bare=bare, words=words)

    # ---- one output's loss

    def _of_output(self, key: Key, output: str) -> list[int]:
        """The entries that are of an output."""
        found = []
        for number in self.block.of_keys(key.name):
            named = output_name(key, self.block.args(number))
            if (MAIN if named is None else named.text) == output:
                found.append(number)
        return found

    def _output(self, key: Key, typed: Typed) -> None:
        """``loss.smooth=0.1``, ``loss.aux1=mse``, ``loss.aux1.weight=0.3``."""
        options = {a.field for e in key.entries for a in arguments(e.attrs)}
        output, *rest = typed.path[1:]
        option: ast.Word | None
        if output.text in options and not rest:
            named, option = ast.Word(output.span, MAIN), output
        elif len(rest) > 1:
            help = f"write `{spelled(typed.source, f'{key.name}.{output.text}.weight', typed.value.text)}`"
            self.say("E806", f"`{typed.name}` has too many parts", _path(typed), "", help)
            return
        else:
            named, option = output, rest[0] if rest else None
        numbers = self._of_output(key, named.text)
        lead: Args = () if named.text == MAIN else (named,)
        if option is None:
            self._whole_output(key, typed, lead, numbers)
            return
        assert key.default is not None
        if numbers:
            args = self.block.args(numbers[0])
            before = args[: 1 if output_name(key, args) is not None else 0]
            changed = self._changed(key, typed, option, args[len(before) :])
            if changed is not None:
                self.block.put(numbers[0], (*before, *changed))
        else:
            changed = self._changed(key, typed, option, (ast.Word(named.span, key.default),))
            if changed is not None:
                self.block.add(ast.Entry(typed.whole, typed.path[0], (*lead, *changed)))

    def _whole_output(self, key: Key, typed: Typed, lead: Args, numbers: list[int]) -> None:
        if typed.value.text == DEFAULT:
            for number in reversed(numbers):
                self.block.remove(number)
            return
        args = self._whole_value(key, typed)
        if args is None:
            return
        first, options = args[0], sorted({a.field for e in key.entries for a in arguments(e.attrs)})
        if not isinstance(first, ast.Word):
            self._unknown(typed.path[1], f"`{key.name}` has no option", options)
            return
        if first.text not in key.words:
            self._unknown(first, f"`{key.name}` does not take", key.words)
            return
        self._replace(numbers, ast.Entry(typed.whole, typed.path[0], (*lead, *args)))

    # ---- one of several values

    def _one_of_several(self, key: Key, typed: Typed) -> None:
        """``augment.crop=2``, ``metric.top5=true``."""
        word, *rest = typed.path[1:]
        if word.text not in key.words:
            if not key.words:
                help = f"write `{spelled(typed.source, key.name, typed.value.text)}`"
                self.say("E503", f"`{key.name}` has no parts", word.span, "unknown", help)
                return
            self._unknown(word, f"`{key.name}` does not take", key.words)
            return
        entry = key.entry(word.text)
        found = self._turn(key, word.text)
        turn = found[1] if found is not None else None
        if rest:
            option = rest[0]
            changed = self._changed(key, typed, option, turn or (word,)) if len(rest) == 1 else None
            if len(rest) > 1:
                self.say("E806", f"`{typed.name}` has too many parts", _path(typed), "", "take the last one off")
        else:
            changed = self._turn_value(entry, typed, word, turn)
        if changed is not None:
            self._put_turn(key, typed, found, changed)

    def _turn(self, key: Key, word: str) -> tuple[int, Args, Args, Args] | None:
        """The entry that has a value of that word: its number, the value, and the arguments before and behind it."""
        for number in self.block.of_keys(key.name):
            every = list(turns(key, self.block.args(number)))
            for at, turn in enumerate(every):
                if turn and isinstance(turn[0], ast.Word) and turn[0].text == word:
                    return number, turn, tuple(chain(*every[:at])), tuple(chain(*every[at + 1 :]))
        return None

    def _turn_value(self, entry: Entry, typed: Typed, word: ast.Word, turn: Args | None) -> Args | None:
        text, fields = typed.value.text, arguments(entry.attrs)
        if text in (DEFAULT, "false"):
            return ()
        if text == "true" and not any(a.required for a in fields):
            return turn or (word,)
        if not fields or text == "true":
            takes = "true or false" if not fields else "a value, or false"
            example = spelled(typed.source, typed.name, "true" if not fields else _example_of(entry))
            self.say("E504", f"`{typed.name}` takes {takes}, found `{text}`", typed.value, "", f"write `{example}`")
            return None
        args = value_args(typed.value, self.diagnostics)
        return None if args is None else (word, *args)

    def _put_turn(self, key: Key, typed: Typed, found: tuple[int, Args, Args, Args] | None, changed: Args) -> None:
        if found is not None:
            number, _, before, after = found
            left = (*before, *changed, *after)
            if not left and key.default is not None and len(self.block.of_keys(key.name)) == 1:
                self._nothing_left(key, typed)
            else:
                self.block.put(number, left)
            return
        numbers = self.block.of_keys(key.name)
        standard = key.default if not numbers else None
        if not changed:
            if standard == typed.path[1].text:
                self._nothing_left(key, typed)
        elif numbers:
            self.block.put(numbers[-1], (*self.block.args(numbers[-1]), *changed))
        else:
            lead = (ast.Word(typed.path[0].span, standard),) if standard and standard != typed.path[1].text else ()
            self.block.add(ast.Entry(typed.whole, typed.path[0], (*lead, *changed)))

    def _nothing_left(self, key: Key, typed: Typed) -> None:
        others = " ".join(w for w in key.words if w != typed.path[1].text)
        help = f"`{key.name}` takes one at least of {others}: `{spelled(typed.source, key.name, others.split()[0])}`"
        self.say("E504", f"without `{typed.path[1].text}` nothing is left of `{key.name}`", _path(typed), "", help)

    # ---- one option

    def _option(self, key: Key, typed: Typed, option: ast.Word) -> None:
        numbers = self.block.of_keys(key.name)
        if numbers:
            changed = self._changed(key, typed, option, self.block.args(numbers[0]))
            if changed is not None:
                self.block.put(numbers[0], changed)
            return
        if key.default is None and key.words:
            words = " or ".join(", ".join(key.words).rsplit(", ", 1))
            help = f"say which: `{spelled(typed.source, key.name, f'{key.words[0]} {option.text} {typed.value.text}')}`"
            self.say("E506", f"`{key.name}` is not set: it takes {words}", typed.path[0].span, "not there", help)
            return
        lead: Args = (ast.Word(typed.path[0].span, key.default),) if key.default else ()
        changed = self._changed(key, typed, option, lead)
        if changed:
            self.block.add(ast.Entry(typed.whole, typed.path[0], changed))

    def _changed(self, key: Key, typed: Typed, option: ast.Word, args: Args) -> Args | None:
        """The arguments of a value with one option changed, or taken out; None where a message was given. What the
        file says wrong stays: that has its message."""
        first = args[0] if args else None
        entry = next((e for e in key.entries if isinstance(first, ast.Word) and e.word == first.text), None)
        if entry is None:
            if any(e.word == "" for e in key.entries):
                entry = key.entry("")
            else:
                return args
        name = f"{key.name} {entry.word}".rstrip()
        fields = [a for a in arguments(entry.attrs) if a.field not in ("value", "values")]
        item = next((a for a in fields if option.text in (a.field, *a.spellings)), None)
        if item is None:
            self._no_option(key, typed, option, name, fields)
            return None
        lead = args[:1] if entry.word else ()
        parts = _parts(fields, args[len(lead) :])
        new = self._value(item, typed, option, name)
        if new is None:
            return None
        at = next((i for i, (found, _) in enumerate(parts) if found is item), None)
        if at is not None:
            parts[at] = (item, new)
        elif item.form == "option" or item.form == "choice" or item.named:
            parts.append((item, new))
        else:
            parts.insert(0, (item, new))
        return (*lead, *chain(*(part for _, part in parts)))

    def _no_option(self, key: Key, typed: Typed, option: ast.Word, name: str, fields: Sequence[Argument]) -> None:
        words = [word for a in fields for word in (a.spellings or (a.field,))]
        has = [e for e in key.entries if any(option.text in (a.field, *a.spellings) for a in arguments(e.attrs))]
        value = typed.value.text
        if option.text in key.words:
            help: tuple[str, ...] = (f"write `{spelled(typed.source, key.name, f'{option.text} {value}')}`",)
        elif not fields:
            help = (f"write `{spelled(typed.source, key.name, value)}`",)
        else:
            help = (f"it has {', '.join(words)}",)
        if has and option.text not in key.words:
            other = next(a for a in arguments(has[0].attrs) if option.text in (a.field, *a.spellings))
            lead = other.form in ("option", "choice") or other.named
            said = " ".join([has[0].word, *([option.text] if lead else []), *([] if value in FLAGS else [value])])
            help = (f"`{key.name} {has[0].word}` has it: `{spelled(typed.source, key.name, said)}`",)
        fixes = () if has else suggested(option.span, option.text, words)
        message = f"`{name}` has no option `{option.text}`"
        self.diagnostics.append(
            Diagnostic("E503", message, option.span, "unknown", help=() if fixes else help, fixes=fixes)
        )

    def _value(self, item: Argument, typed: Typed, option: ast.Word, name: str) -> Args | None:
        """The arguments that one option is written with; none where it is taken out, None where a message was given."""
        text = typed.value.text
        if text == DEFAULT:
            return ()
        if item.form == "choice":
            return self._flag(item, typed, option, name)
        bare = range(1) if item.form == "text" else ()
        args = value_args(typed.value, self.diagnostics, bare=bare)
        if args is None:
            return None
        kinds, takes = _TAKES[item.form]
        many = item.form == "numbers"
        if not all(isinstance(a, kinds) for a in args) or (len(args) != 1 and not many):
            message = f"`{option.text}` of {name} takes {takes}, found `{text}`"
            default = f"`{spelled(typed.source, typed.name, DEFAULT)}` takes away what the file says"
            self.say("E504", message, typed.value, "", *((default,) if text in NOTHING else ()))
            return None
        return (option, *args) if item.form == "option" or item.named else args

    def _flag(self, item: Argument, typed: Typed, option: ast.Word, name: str) -> Args | None:
        text = typed.value.text
        if option.text in item.spellings and text in FLAGS:
            return (option,) if FLAGS[text] else ()
        if text in item.spellings and option.text not in item.spellings:
            return (ast.Word(typed.value, text),)
        message = f"`{option.text}` of {name} is true or false, found `{text}`"
        self.say("E504", message, typed.value, "", f"write `{spelled(typed.source, typed.name, 'true')}`")
        return None

    def _unknown(self, word: ast.Word, message: str, known: Sequence[str]) -> None:
        fixes = suggested(word.span, word.text, known)
        help = () if fixes else (f"known: {', '.join(known)}",)
        self.diagnostics.append(
            Diagnostic("E503", f"{message} `{word.text}`", word.span, "unknown", help=help, fixes=fixes)
        )


_NUMBER = (ast.Number, ast.Size)
_TAKES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "option": (_NUMBER, "one number"),
    "number": (_NUMBER, "one number"),
    "size": (_NUMBER, "a size"),
    "numbers": ((ast.Number,), "numbers"),
    "text": ((ast.Text,), "a string"),
    "word": ((ast.Word,), "a word"),
}
"""What may stand behind an option, by its form."""


def _parts(fields: Sequence[Argument], args: Args) -> list[tuple[Argument | None, Args]]:
    """Arguments taken apart by the fields they fill: what belongs to none stays where it is."""
    parts: list[tuple[Argument | None, Args]] = []
    at = 0
    while at < len(args):
        arg, start = args[at], at
        at += 1
        found: Argument | None = None
        if isinstance(arg, ast.Word):
            found = next((a for a in fields if a.field == arg.text and (a.form == "option" or a.named)), None)
            if found is not None and found.form == "option" and at < len(args) and isinstance(args[at], _NUMBER):
                at += 1
            elif found is None:
                found = next((a for a in fields if arg.text in a.spellings or a.form == "word"), None)
        else:
            form = ("text",) if isinstance(arg, ast.Text) else ("number", "size", "numbers")
            found = next((a for a in fields if a.form in form and not a.named), None)
        while found is not None and found.form == "numbers" and at < len(args) and isinstance(args[at], ast.Number):
            at += 1
        parts.append((found, args[start:at]))
    return parts


def _told(typed: Typed, entry: Entry, option: str) -> str:
    """How an option is set, with the value that was typed, or the entry itself."""
    value = typed.value.text or "..."
    if any(option in a.spellings for a in arguments(entry.attrs)):
        value = "true"
    if option:
        return spelled(typed.source, f"{entry.key}.{option}", value)
    return spelled(typed.source, entry.key, entry.examples[0].partition(" ")[2])


def _path(typed: Typed) -> Span:
    return typed.path[0].span.to(typed.path[-1].span)


def _rest(typed: Typed) -> list[str]:
    return [*(word.text for word in typed.path[2:]), typed.value.text]


def _example_of(entry: Entry) -> str:
    """What stands behind an entry's word in its example: ``4`` of ``augment flip crop 4``."""
    return next(iter(entry.examples[0].partition(f"{entry.word} ")[2].split()), "...")


def _example(key: Key, typed: Typed) -> str:
    """A value for what was typed without one, where there is an example of it."""
    if len(typed.path) == 1:
        return key.entries[0].examples[0].partition(" ")[2]
    words = " ".join(e.examples[0] for e in key.entries).split()
    name = typed.path[-1].text
    if any(name in a.spellings for e in key.entries for a in arguments(e.attrs)):
        return "true"
    at = words.index(name) + 1 if name in words else len(words)
    return words[at] if at < len(words) else ""
