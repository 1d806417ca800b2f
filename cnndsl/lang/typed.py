"""A setting as it was typed, ``optimizer.lr=0.01``: what is before the `=`, and the arguments behind it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from lark import Token

from cnndsl.diagnostics import Diagnostic
from cnndsl.lang import ast, complaints
from cnndsl.lang.grammar import parser
from cnndsl.lang.tree import argument
from cnndsl.recipe.spec import Key
from cnndsl.source import Source, Span

OPTION = "--set"
"""The name of a source that was typed on the command line."""
ARGUMENT = "settings"
"""The name of one that a function was given."""
DEFAULT = "default"
"""The word that takes a key or an option away, so that its default stands."""

LONGEST = 10_000
"""Characters of a setting."""

_CHUNK = re.compile(r'"[^"\n]*"?|[^ \t"]+')
_BARE = re.compile(r'[^\s"]+')
_ARGUMENTS = frozenset(("SIZE", "NUMBER", "WORD", "STRING"))
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_OTHER_MARK = re.compile(r"([a-z][a-z0-9_.]*)(?:[ \t]*:[ \t]*|[ \t]+)([^\n]+)")


@dataclass(frozen=True, slots=True)
class Typed:
    """`path` are the words before the `=`, ``optimizer`` and ``lr``; `value` is the place of what stands behind it."""

    source: Source
    path: tuple[ast.Word, ...]
    value: Span

    @property
    def name(self) -> str:
        """The path as it is written."""
        return ".".join(word.text for word in self.path)

    @property
    def whole(self) -> Span:
        """The whole of it; a place of its own each time."""
        return self.source.span(0, len(self.source.text))


def spelled(source: Source, name: str, value: str) -> str:
    """How a setting is written where the source came from: ``--set batch=128``."""
    if source.name == OPTION:
        text = f"{name}={value}"
        return f"{OPTION} {text}" if re.fullmatch(r"[\w.=/-]+", text, re.ASCII) else f"{OPTION} '{text}'"
    plain = value if re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", value) else f"'{value}'"
    return f"{ARGUMENT}={{'{name}': {plain}}}"


def read(source: Source, known: Mapping[str, Key], diagnostics: list[Diagnostic]) -> Typed | None:
    """What was typed, taken apart; None where it is not of the form KEY=VALUE, with a message."""
    text = source.text
    if len(text) > LONGEST:
        message = f"the setting has {len(text):,} characters, and {LONGEST:,} is the limit"
        diagnostics.append(Diagnostic("E806", message, source.span(0, 0), help=("write it into the file",)))
        return None
    odd = complaints.control_characters(source)
    if odd:
        diagnostics.append(odd[0])
        return None
    if "=" not in text:
        diagnostics.append(_no_value(source, known))
        return None
    at = text.index("=")
    value = _stripped(source, at + 1, len(text))
    if not text[:at].strip():
        help = (f"write the key first: `{spelled(source, 'optimizer.lr', '0.01')}`",)
        diagnostics.append(Diagnostic("E806", "there is no key before the `=`", source.span(0, at + 1), help=help))
        return None
    path: list[ast.Word] = []
    start = 0
    for part in text[:at].split("."):
        place = _stripped(source, start, start + len(part))
        if not place.text:
            help = (f"write `{spelled(source, 'optimizer.lr', '0.01')}`",)
            said = Diagnostic("E806", "there is no name beside this `.`", source.span(0, at), "incomplete", help=help)
            diagnostics.append(said)
            return None
        path.append(ast.Word(place, place.text))
        start += len(part) + 1
    return Typed(source, tuple(path), value)


def _no_value(source: Source, known: Mapping[str, Key]) -> Diagnostic:
    text = source.text.strip()
    if not text:
        help = (f"write `{spelled(source, 'batch', '128')}`",)
        return Diagnostic("E806", "there is nothing to set: a setting is KEY=VALUE", source.span(0, 0), help=help)
    other = _OTHER_MARK.fullmatch(text)
    name, value = (other[1], other[2]) if other is not None else (text, _example(text, known))
    help = (f"write `{spelled(source, name, value)}`",)
    return Diagnostic("E806", "a setting is KEY=VALUE, and this has no `=`", _stripped(source), "no `=`", help=help)


def _example(name: str, known: Mapping[str, Key]) -> str:
    """A value that a key takes, or that may stand for one."""
    found = known.get(name)
    return found.entries[0].examples[0].partition(" ")[2] if found is not None else "..."


def _stripped(source: Source, start: int = 0, stop: int | None = None) -> Span:
    """A part of a text without the space around it."""
    part = source.text[start:stop]
    lead = 0 if not part.strip(" \t") else len(part) - len(part.lstrip(" \t"))
    return source.span(start + lead, start + max(lead, len(part.rstrip(" \t"))))


def value_args(
    value: Span, diagnostics: list[Diagnostic], *, bare: Collection[int] = (), words: Collection[str] = ()
) -> tuple[ast.Arg, ...] | None:
    """The arguments in a value; None where it cannot be read, with one message. `bare` are the numbers, from 0, of the
    chunks in it that are strings also without their quotes, unless they are one of the `words`."""
    found: list[ast.Arg] = []
    said: list[Diagnostic] = []
    for number, chunk in enumerate(_CHUNK.finditer(value.text)):
        start = value.start + chunk.start()
        if number in bare and _BARE.fullmatch(chunk[0]) and chunk[0] not in words:
            found.append(ast.Text(value.source.span(start, start + len(chunk[0])), chunk[0]))
            continue
        for token in parser().lex(chunk[0]):
            moved = Token(_type(token), str(token), start_pos=start + (token.start_pos or 0))
            if moved.type not in _ARGUMENTS:
                wrong = _unreadable(moved, value.source)
                if bare and any(isinstance(a, ast.Text) for a in found):
                    wrong = replace(wrong, help=('a name with a space in it stands between `"`',), fixes=())
                diagnostics.append(wrong)
                return None
            found.append(argument(moved, value.source, said))
    diagnostics += said[:1]
    return None if said else tuple(found)


def _type(token: Token) -> str:
    """A name in capitals, and a reserved word, go on to where the nearest word is known."""
    if token.type in ("LAYER", "VARIABLE", "JUNK", "TRAIN", "BLOCK", "USE", "SET", "AS") and _NAME.fullmatch(token):
        return "WORD"
    return token.type


def _unreadable(token: Token, source: Source) -> Diagnostic:
    if token.type in ("SEP", "ARROW", "GLUE"):
        start = token.start_pos or 0
        help = (f"give each key its own: `{spelled(source, 'batch', '64')}`",)
        message = "a setting has one key, and its value ends with the line"
        return Diagnostic("E104", message, source.span(start, start + 1), "not expected", help=help)
    said = complaints.unexpected(token, _ARGUMENTS, source, fresh=False)
    return said if said.advice else replace(said, help=("numbers are written in digits: `0.01`, `1e-3`",))
