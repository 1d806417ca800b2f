"""Arguments to fields: which written word, size or number fills which field of a declaration.

One binder serves layers and the entries of a train block; only the codes of its messages differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnndsl.arguments import Argument
from cnndsl.diagnostics import Diagnostic, Label
from cnndsl.diagnostics.model import replaced, suggested
from cnndsl.lang import ast
from cnndsl.ops.spec import Op
from cnndsl.schema import complaints
from cnndsl.source import Span
from cnndsl.words import nearest


@dataclass(frozen=True, slots=True)
class Codes:
    """The diagnostics a binder speaks in."""

    unknown: str = "E203"
    value: str = "E204"
    twice: str = "E205"
    no_value: str = "E206"
    form: str = "E208"


LINEAR = "linear"
"""The word that undoes an activation."""
LAYER_CODES = Codes()
TRAIN_CODES = Codes(unknown="E503", value="E504", twice="E505", no_value="E506", form="E503")


@dataclass(frozen=True, slots=True)
class Signature:
    """What can be bound: `name` is what messages call it (``CONV``, ``optimizer sgd``). `others` are layers' names,
    to tell who writes a layer as an option."""

    name: str
    arguments: tuple[Argument, ...]
    codes: Codes = LAYER_CODES
    activations: Mapping[str, Op] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    """Names that have a value in braces."""


@dataclass(slots=True, eq=False)
class Bound:
    """What came out. `values` has the fields that were written and are right; `spans` the places of their arguments.

    `missing` are required fields that were not written, `free` the pattern variables without a value; `open` says that
    an argument has no value yet. `activation` is the one that trails, None for none; `activation_attrs` are its
    arguments; `activation_span` is there where one was written, ``linear`` too. `failed` says that a message was given,
    so that nothing further is built on this step.
    """

    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    activation: Op | None = None
    activation_attrs: Any = None
    activation_span: Span | None = None
    missing: tuple[Argument, ...] = ()
    free: tuple[str, ...] = ()
    open: bool = False
    failed: bool = False


def bind(signature: Signature, args: tuple[ast.Arg, ...], diagnostics: list[Diagnostic]) -> Bound:
    """Sorts the arguments, which have no expressions any more, into the signature's fields; what is wrong goes to
    `diagnostics`."""
    return _Binder(signature, args, diagnostics).run()


def merged(signature: Signature, own: Bound, defaults: Bound | None, void: Collection[str] = ()) -> Bound:
    """What a step says, and where it says nothing what a `set` said: argument by argument. Defaults of the fields in
    `void` do not count beside what the step says."""
    if defaults is None:
        return own
    kept = {name: v for name, v in defaults.values.items() if name not in own.spans and name not in void}
    spans = {name: s for name, s in defaults.spans.items() if name not in own.spans and name not in void}
    source = own if own.activation_span is not None else defaults
    given = {**spans, **own.spans}
    return Bound(
        values={**kept, **own.values},
        spans=given,
        activation=source.activation,
        activation_attrs=source.activation_attrs,
        activation_span=source.activation_span,
        missing=tuple(a for a in signature.arguments if a.required and a.field not in given),
        free=tuple(dict.fromkeys([*defaults.free, *own.free])),
        open=own.open or bool(set(spans) - set(kept)),
        failed=own.failed or defaults.failed,
    )


class _Binder:
    def __init__(
        self,
        signature: Signature,
        args: tuple[ast.Arg, ...],
        diagnostics: list[Diagnostic],
    ):
        self.signature = signature
        self.codes = signature.codes
        self.args = args
        self.at = 0
        self.diagnostics = diagnostics
        self.bound = Bound()
        self.free: list[str] = []

    def run(self) -> Bound:
        while self.at < len(self.args):
            arg = self.args[self.at]
            self.at += 1
            match arg:
                case ast.Word():
                    self._word(arg)
                case ast.Times():
                    self._times(arg)
                case ast.Text():
                    self._positional(arg, ("text",), (arg.value,))
                case ast.Number():
                    self._positional(arg, ("number", "size"), (arg.value,))
                case ast.Size():
                    self._positional(arg, ("size",), arg.numbers)
                case ast.Expression():
                    message = f"{self.signature.name} takes no expression: there are no parameters here"
                    self._fail(self.codes.form, message, arg.span, "not expected")
                case ast.Open():
                    self._open(arg, "times" if arg.times else "number", "size")
        bound = self.bound
        given = set(bound.spans)
        bound.missing = tuple(a for a in self.signature.arguments if a.required and a.field not in given)
        bound.free = tuple(dict.fromkeys(self.free))
        return bound

    def _fail(self, code: str, message: str, span: Span, label: str = "", **more: Any) -> None:
        self.bound.failed = True
        self.diagnostics.append(Diagnostic(code, message, span, label, **more))

    def _fields(self, *forms: str) -> list[Argument]:
        return [a for a in self.signature.arguments if a.form in forms]

    def _open(self, arg: ast.Open, *forms: str) -> None:
        """An argument without a value yet takes the place that its value would take."""
        fields = [a for a in self._fields(*forms) if a.field not in self.bound.spans]
        self._wait(arg, fields[0].field if fields else "", arg.span)

    def _wait(self, arg: ast.Open, name: str, span: Span) -> None:
        self.bound.open = True
        self.free += arg.names
        if name:
            self.bound.spans[name] = span

    def _times(self, arg: ast.Times) -> None:
        fields = self._fields("times")
        if not fields:
            help = tuple(self._repeat_help(arg))
            self._fail(self.codes.form, f"{self.signature.name} takes no count", arg.span, "not expected", help=help)
            return
        if not arg.whole:
            message = f"the count of {self.signature.name} must be a whole number"
            self._fail(self.codes.value, message, arg.span)
            self.bound.spans[fields[0].field] = arg.span
        else:
            self._set(fields[0], arg.span, arg.count)

    def _repeat_help(self, arg: ast.Times) -> list[str]:
        counts = [a.field for a in self._fields("option") if a.field == "times"]
        if counts:
            count = arg.span.text.lstrip("* ")
            return [f"it has as many filters as channels come in; `times {count}` makes {count} of each channel"]
        numbers = self._fields("number")
        if numbers:
            return [f"write `{self.signature.name} {arg.span.text.lstrip('* ')}`, without the star"]
        return [f"to repeat the step, write `[ {self.signature.name} ]{arg.span.text}`"]

    def _positional(self, arg: ast.Arg, forms: tuple[str, ...], numbers: tuple[Any, ...]) -> None:
        fields = self._fields(*forms)
        if not fields:
            what = {"text": "string", "number": "number"}.get(forms[0], "size")
            takes = ", ".join(f"`{a.usage}`" for a in self.signature.arguments)
            help = (f"{self.signature.name} takes {takes}" if takes else f"{self.signature.name} takes no arguments",)
            message = f"{self.signature.name} takes no {what} of its own"
            self._fail(self.codes.form, message, arg.span, "not expected", help=help)
            return
        target = next((a for a in fields if a.field not in self.bound.spans), fields[0])
        if target.form == "text":
            self._set(target, arg.span, numbers[0])
        else:
            self._numbers(target, arg, arg.span, numbers)

    def _numbers(self, target: Argument, arg: ast.Arg, span: Span, numbers: tuple[Any, ...]) -> None:
        one = target.schema.get("items", target.schema)
        if isinstance(arg, ast.Number) and not arg.whole and one.get("type") == "integer":
            self._value_error(target, span, arg.span, f"must be a whole number, found {arg.span.text}")
            return
        if target.form in ("number",) or (target.form == "option" and target.axes == 1):
            if len(numbers) != 1:
                self._value_error(target, span, arg.span, f"takes one number, found {arg.span.text}")
                return
            self._set(target, span, numbers[0], place=arg.span)
            return
        try:
            value = target.spread(numbers)
        except ValueError:
            shown = {(2,): "HxW", (3,): "HxWxD", (2, 3): "HxW or HxWxD"}.get(target.ranks, "other sizes")
            sized = target.form == "size" and target.axes == 1
            wanted = shown if sized else target.usage.removeprefix(f"{target.field} ")
            short = target.ranks == (3,) and len(numbers) == 2
            help = f"the depth comes last: `{arg.span.text}x1` for one channel, `{arg.span.text}x3` for colours"
            more = {"help": (help,)} if short else {}
            self._value_error(target, span, arg.span, f"is written {wanted}, found {arg.span.text}", **more)
            return
        self._set(target, span, list(value), place=arg.span)

    def _subject(self, target: Argument) -> str:
        """What a message calls a field: the key itself where it has one value, the words of a choice."""
        if target.form == "times":
            return f"the count of {self.signature.name}"
        if target.field == "value":
            return f"`{self.signature.name}`"
        return f"`{' or '.join(target.spellings) or target.field}` of {self.signature.name}"

    def _value_error(self, target: Argument, span: Span, place: Span, text: str, **more: Any) -> None:
        self.bound.spans.setdefault(target.field, span)
        self._fail(self.codes.value, f"{self._subject(target)} {text}", place, **more)

    def _set(self, target: Argument, span: Span, value: Any, *, place: Span | None = None) -> None:
        """Takes a value for a field: once, and only if the field's schema has nothing against it."""
        first = self.bound.spans.get(target.field)
        if first is not None:
            message = f"{self._subject(target)} is given twice"
            counts = [a for a in self._fields("times") if a.field not in self.bound.spans]
            help = ("a count is written with a star: `*16`",) if target.form == "size" and counts else ()
            related = (Label(first, "first given here"),)
            self._fail(self.codes.twice, message, span, "again here", related=related, help=help)
            return
        self.bound.spans[target.field] = span
        for complaint in complaints(target.schema, value):
            self._fail(self.codes.value, f"{self._subject(target)} {complaint.text}", place or span)
            return
        self.bound.values[target.field] = value

    def _word(self, word: ast.Word) -> None:
        for item in self.signature.arguments:
            if item.form == "option" and item.field == word.text:
                self._option(item, word)
                return
            if item.form == "choice" and self._choice(item, word):
                return
        if word.text in self.signature.activations or (word.text == LINEAR and self.signature.activations):
            self._activation(word)
            return
        words = self._fields("word")
        if words:
            self._set(words[0], word.span, word.text)
            return
        self._unknown(word)

    def _option(self, item: Argument, word: ast.Word) -> None:
        value = self.args[self.at] if self.at < len(self.args) else None
        if isinstance(value, ast.Open) and not value.times:
            self.at += 1
            self._wait(value, item.field, word.span.to(value.span))
            return
        if not isinstance(value, ast.Number | ast.Size):
            help = (f"write `{word.text} {_example(item)}`",)
            if isinstance(value, ast.Word) and value.text in self.signature.parameters:
                self.at += 1
                help = (f"write `{word.text} {{{value.text}}}`",)
            elif isinstance(value, ast.Word) and any(value.text in a.spellings for a in self.signature.arguments):
                help = (f"`{value.text}` stands by itself: leave `{word.text}` out",)
            message = f"`{word.text}` of {self.signature.name} needs a value"
            self.bound.spans.setdefault(item.field, word.span)
            if isinstance(value, ast.Times | ast.Text):
                self.at += 1
            self._fail(self.codes.no_value, message, word.span, "nothing behind it", help=help)
            return
        self.at += 1
        numbers: tuple[Any, ...] = value.numbers if isinstance(value, ast.Size) else (value.value,)
        self._numbers(item, value, word.span.to(value.span), numbers)

    def _choice(self, item: Argument, word: ast.Word) -> bool:
        """Tries the spellings of a choice, longest first; some have two words."""
        for spelling in sorted(item.spellings, key=len, reverse=True):
            parts = spelling.split()
            following = self.args[self.at : self.at + len(parts) - 1]
            if parts[0] == word.text and [w.text for w in following if isinstance(w, ast.Word)] == parts[1:]:
                self.at += len(following)
                span = word.span.to(following[-1].span) if following else word.span
                self._set(item, span, item.spellings[spelling])
                return True
        return False

    def _activation(self, word: ast.Word) -> None:
        if self.bound.activation_span is not None:
            related = (Label(self.bound.activation_span, "first given here"),)
            message = f"{self.signature.name} has two activations"
            self._fail(self.codes.twice, message, word.span, "again here", related=related)
            return
        self.bound.activation_span = word.span
        if word.text == LINEAR:
            return
        op = self.bound.activation = self.signature.activations[word.text]
        value = self.args[self.at] if self.at < len(self.args) else None
        takes = tuple(a for a in op.arguments if a.form == "number")
        args: tuple[ast.Arg, ...] = ()
        if takes and isinstance(value, ast.Number | ast.Open) and not getattr(value, "times", False):
            self.at += 1
            args = (value,)
            self.bound.activation_span = word.span.to(value.span)
        inner = bind(Signature(word.text, takes), args, self.diagnostics)
        self.bound.failed = self.bound.failed or inner.failed
        self.bound.open = self.bound.open or inner.open
        self.free += inner.free
        if not (inner.failed or inner.open or inner.missing):
            self.bound.activation_attrs = op.attrs(**inner.values)
        elif inner.missing:
            message = f"`{word.text}` needs {' and '.join(f'`{a.usage}`' for a in inner.missing)} behind it"
            self._fail("E206", message, word.span)

    def _unknown(self, word: ast.Word) -> None:
        if word.text in self.signature.parameters:
            message = f"the value of a parameter stands in braces here: `{{{word.text}}}`"
            fixes = replaced(word.span, f"write `{{{word.text}}}`", f"{{{word.text}}}")
            self._fail("E216", message, word.span, fixes=fixes)
            return
        options = [a.field for a in self.signature.arguments if a.form == "option"]
        choices = [s for a in self.signature.arguments for s in a.spellings]
        known = [*options, *choices, *self.signature.activations, *([LINEAR] if self.signature.activations else [])]
        longer = [s for s in choices if s.split()[0] == word.text]
        if longer:
            message = f"`{word.text}` of {self.signature.name} needs a word behind it"
            self._fail(
                self.codes.no_value, message, word.span, help=(f"write {' or '.join(f'`{s}`' for s in longer)}",)
            )
            return
        guess = nearest(word.text, known)
        value = self.args[self.at] if self.at < len(self.args) else None
        if isinstance(value, ast.Number | ast.Size) and (guess in options or not self._has_room(value)):
            self.at += 1  # an unknown option swallows its value, so that one slip makes one message
        if guess:
            help: tuple[str, ...] = ()
            fixes = suggested(word.span, word.text, known)
        elif word.text.upper() in self.signature.others:
            help, fixes = (f"{word.text.upper()} is a layer of its own: `-> {word.text.upper()}`",), ()
        else:
            help, fixes = (f"it takes {', '.join(f'`{k}`' for k in known)}" if known else "it takes no words",), ()
        message = f"{self.signature.name} has no option `{word.text}`"
        self._fail(self.codes.unknown, message, word.span, "unknown", help=help, fixes=fixes)

    def _has_room(self, value: ast.Number | ast.Size) -> bool:
        forms = ("size",) if isinstance(value, ast.Size) else ("number", "size")
        return any(a.field not in self.bound.spans for a in self._fields(*forms))


def _example(item: Argument) -> str:
    if isinstance(item.default, tuple):
        return str(max(1, item.default[0]))
    return str(item.default if item.default is not None else 2)
