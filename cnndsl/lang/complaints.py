"""What the reader says about text that does not fit: each message with its place and what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import replace

from lark import Token

from cnndsl.diagnostics import Diagnostic, Edit, Fix, Label
from cnndsl.diagnostics.model import replaced, suggested
from cnndsl.source import Source, Span

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]|\r(?!\n)"
)
_NAMES = {"\r": "a carriage return without a line feed", "\0": "NUL", "\x1b": "ESCAPE", "\x0c": "FORM FEED"}

_WORDS = {
    "SEP": "a line end or `;`",
    "ARROW": "`->`",
    "LAYER": "a layer",
    "NUMBER": "a number",
    "VARIABLE": "a variable",
    "SIZE": "a size",
    "WORD": "a word",
    "STRING": "a string",
    "STAR": "`*`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "VBAR": "`|`",
    "OPTIONAL": "`?`",
    "TRAIN": "`train`",
    "EXPR": "an expression",
    "COMMA": "`,`",
    "EQUAL": "`=`",
    "REF": "a label",
    "$END": "the end of the file",
}


def span_of(token: Token, source: Source) -> Span:
    start = token.start_pos or 0
    return source.span(start, start + len(token))


def describe(character: str) -> str:
    """A character by its code point: U+00D7 MULTIPLICATION SIGN."""
    name = _NAMES.get(character) or unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} {name}"


def control_characters(source: Source) -> list[Diagnostic]:
    """E113 for each control character, wherever it stands."""
    found = []
    for match in _CONTROL.finditer(source.text):
        span = source.span(match.start(), match.end())
        found.append(Diagnostic("E113", f"a control character: {describe(match[0])}", span, "take it out"))
        if len(found) == 100:
            break
    return found


def unexpected(
    token: Token, accepts: AbstractSet[str], source: Source, *, fresh: bool, layers: Collection[str] = ()
) -> Diagnostic:
    """Why a token does not fit where it stands; `fresh` is whether a step begins there, `layers` what could."""
    span = span_of(token, source)
    match token.type:
        case "OTHER" | "COMMA" | "EQUAL":
            return _other(token, span, source)
        case "LBRACE" if "EXPR" in accepts:
            help = ("an expression stands on one line: `{2*n}`",)
            return Diagnostic("E105", "`{` is never closed on its line", span, "opened here", help=help)
        case "OPEN_STRING":
            return Diagnostic("E112", "the string is not closed", span, 'no `"` before the line ends')
        case "JUNK":
            if "STAR" in accepts and "WORD" not in accepts:
                return _after_group(token, span)
            return _junk(token, span, layers)
        case "WORD" | "NUMBER" if "STAR" in accepts and "WORD" not in accepts:
            return _after_group(token, span)
        case "VARIABLE" if fresh and "LAYER" in accepts:
            message = f"`{token}` is a pattern variable, and stands only behind a `*`"
            return Diagnostic("E104", message, span, help=("write `[ … ]*" + str(token) + "`",))
        case "NUMBER" | "SIZE" if fresh and "LAYER" in accepts:
            message = f"a step begins with a layer's name, not with `{token}`"
            return Diagnostic("E104", message, span, "no layer before it")
        case _ if fresh and "WORD" in accepts and "LAYER" not in accepts:
            message = f"a line of the train block begins with a key, not with `{token}`"
            return Diagnostic("E104", message, span, help=("keys are written in small letters: `batch 64`",))
        case "TRAIN" | "BLOCK" | "USE":
            message = f"`{token}` stands at the start of a line, outside of brackets"
            return Diagnostic("E104", message, span)
        case "AS" | "SET" if not (fresh and "LAYER" in accepts):
            return Diagnostic("E115", f"`{token}` is a reserved word, and no argument", span)
        case "AS":
            return Diagnostic("E115", "`as` labels the step before it, on its line: `CONV 3x3 *8 as x`", span)
        case "WORD" if fresh:
            return word_as_step(token, source, layers)
    shown = "the end of the file" if token.type == "$END" else f"`{token}`"
    if token.type in ("SEP", "ARROW"):
        shown, span = _separator(token, source)
    wanted = _wanted(accepts)
    return Diagnostic("E104", f"expected {wanted}, found {shown}", span, f"expected {wanted}")


def _separator(token: Token, source: Source) -> tuple[str, Span]:
    start = token.start_pos or 0
    first = str(token)[0]
    if first == ";":
        return "`;`", source.span(start, start + 1)
    if first == "-":
        return "`->`", source.span(start, start + 2)
    return "the end of the line", source.span(start, start)


def _wanted(accepts: AbstractSet[str]) -> str:
    if accepts <= {"LBRACE", "GLUE"}:
        return "`{`"
    if accepts & {"NUMBER"} and accepts <= {"NUMBER", "VARIABLE", "WORD", "EXPR"}:
        return "a number, a name, a pattern variable or an expression"
    if "LAYER" in accepts and "LSQB" in accepts:
        return "a step"
    if "SEP" in accepts:
        return "a line end, `;` or `->`"
    names = [words for kind, words in _WORDS.items() if kind in accepts]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1] if names else "nothing more"


_HABITS = {
    ",": "arguments are separated by spaces, branches by `|`",
    "=": "a value follows its name after a space: `stride 2`",
    "/": "comments begin with `#`",
    "%": "comments begin with `#`",
    "'": 'strings stand between `"`',
    ":": "a value follows its name after a space: `stride 2`",
}
"""What people who write a character most likely come from, and how it is said here."""


def _after_group(token: Token, span: Span) -> Diagnostic:
    """Something behind `]`: a count without its star."""
    digits = "".join(c for c in token if c.isdigit())[:10] or "2"
    message = f"expected a count, a separator or `?` behind the group, found `{_short(token)}`"
    return Diagnostic("E104", message, span, help=(f"to repeat a group, write `]*{digits}`",))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _other(token: Token, span: Span, source: Source) -> Diagnostic:
    character = str(token)
    ascii_twin = unicodedata.normalize("NFKC", character)
    if character in "\u2013\u2014\u2212" and source.text[span.end : span.end + 1] in (">", " ", ""):
        # a dash that an editor made of the one in `->`
        wide = source.span(span.start, span.end + (source.text[span.end : span.end + 1] == ">"))
        message = f"the language has no `{character}` ({describe(character)})"
        return Diagnostic("E101", message, span, "not ASCII", fixes=replaced(wide, "write `->`", "->"))
    twin = {"×": "x", "−": "-", "–": "-", "→": "->", "“": '"', "”": '"', "；": ";"}.get(character)
    if twin is None and character.isdecimal():
        twin = str(unicodedata.decimal(character))
    if twin is None and ascii_twin != character and ascii_twin.isascii():
        twin = ascii_twin
    how = f"write `{twin}`" if twin and twin.strip() else "write a plain space"
    fixes = replaced(span, how, twin) if twin else ()
    if character == "=" and (fixes := _without_equals(span, source)):
        return Diagnostic("E101", "`=` has no meaning here", span, "not part of the language", fixes=fixes)
    shown = f"`{character}` " if character.isprintable() and not character.isspace() else ""
    if character.isascii():
        help = (_HABITS[character],) if character in _HABITS else ()
        return Diagnostic("E101", f"`{character}` has no meaning here", span, "not part of the language", help=help)
    return Diagnostic("E101", f"the language has no {shown}({describe(character)})", span, "not ASCII", fixes=fixes)


_EQUALS = re.compile(r"(?<=[a-z0-9_])[ \t]*=[ \t]*(?=[0-9{])")


def _without_equals(span: Span, source: Source) -> tuple[Fix, ...]:
    """``stride 2 pad 1`` for ``stride=2 pad=1``: a space in the place of every `=` from here to the end of the step."""
    start = len(source.text[: span.start].rstrip(" \t"))
    stop = re.compile(r"[\n;#|]|->|$").search(source.text, span.end)
    assert stop is not None
    places = [source.span(m.start(), m.end()) for m in _EQUALS.finditer(source.text, start, stop.start())]
    if not places or not places[0].start <= span.start < places[0].end:
        return ()
    return (Fix(_HABITS["="], tuple(Edit(place, " ") for place in places)),)


def _junk(token: Token, span: Span, layers: Collection[str]) -> Diagnostic:
    text = _short(token)
    fixes: tuple[Fix, ...] = ()
    if re.fullmatch(r"[0-9]+([xX*][0-9]+)+", str(token)):
        fixes = _write(span, str(token).replace("X", "x"))
    elif re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", str(token)) and len(token) <= 128:
        capital = token[0].isupper()
        fixes = suggested(span, token, layers, text="write `{}`") if capital else _write(span, token.lower())
    elif re.fullmatch(r"\.[0-9]+", str(token)):
        fixes = _write(span, f"0{token}")
    help: tuple[str, ...] = ()
    if not fixes and token[0].isupper():
        help = (f"layers are written in capitals: {', '.join(sorted(layers))}",) if layers else ()
    message = f"`{text}` is neither a layer, an option, a size nor a number"
    return Diagnostic("E103", message, span, help=help, fixes=fixes)


def _write(span: Span, text: str) -> tuple[Fix, ...]:
    return replaced(span, f"write `{text}`", text)


def reserved_word(token: Token, source: Source) -> Diagnostic:
    """`TRAIN` for `train`."""
    small = token.lower()
    message = f"`{small}` is written in small letters"
    span = span_of(token, source)
    return Diagnostic("E103", message, span, f"found `{token}`", fixes=_write(span, small))


def word_as_step(token: Token, source: Source, layers: Collection[str]) -> Diagnostic:
    """A word that begins a step, with no values behind it as a block's use has them."""
    span = span_of(token, source)
    fixes = suggested(span, token, layers, text="write `{}`")
    return Diagnostic(
        "E103",
        f"a step begins with a layer's name in capitals, or is a block's use, and `{_short(token)}` is neither",
        span,
        help=() if fixes else ("options stand on the line of their layer", f"a block is used as `{_short(token)}( )`"),
        fixes=fixes,
    )


def argument_in_parentheses(said: Diagnostic, token: Token, layers: Collection[str]) -> Diagnostic:
    """What was said of a word, size or number in `( … )`, which holds branches, where it is not just a layer in small
    letters."""
    if token.upper() in layers:
        return said
    example = "POOL max 2" if token.type == "WORD" else "CONV 3x3 *8"
    return replace(said, help=(f"arguments stand without parentheses: `{example}`; `( … )` holds branches",), fixes=())


def without_comments(separator: str) -> str:
    """The raw text of a separator, its comments taken out."""
    return re.sub(r"#[^\n]*", "", separator)


def separator_in_list(token: Token, source: Source) -> Diagnostic:
    """`;` or `->` between the values of a block's use."""
    bare = re.sub(r"#[^\n]*", lambda m: " " * len(m[0]), str(token))
    at = next(i for i, c in enumerate(bare) if c in ";-")
    start = (token.start_pos or 0) + at
    span = source.span(start, start + (2 if bare[at] == "-" else 1))
    return Diagnostic("E104", f"`{span.text}` stands between steps; values are separated by `,`", span)


def in_list(token: Token, accepts: AbstractSet[str], source: Source) -> Diagnostic:
    """A token that does not fit between the parentheses of a block's use or definition."""
    span = span_of(token, source)
    shown = "the end of the file" if token.type == "$END" else f"`{_short(token)}`"
    if token.type in ("NUMBER", "WORD", "VARIABLE", "EXPR", "SIZE") and "COMMA" in accepts:
        message = f"expected `,` or `)` between values, found {shown}"
        return Diagnostic(
            "E104", message, span, fixes=replaced(source.span(span.start, span.start), "put `,` between", ", ")
        )
    wanted = "a value: a number, a name or `{ }`" if "NUMBER" in accepts else "`,` or `)`"
    if "WORD" in accepts and "NUMBER" not in accepts:
        wanted = "a parameter's name"
    return Diagnostic("E104", f"expected {wanted}, found {shown}", span)


def missing_separator(token: Token, source: Source) -> Diagnostic:
    span = span_of(token, source)
    return Diagnostic(
        "E104",
        f"a new step begins at `{token}`, with nothing between it and the step before",
        span,
        "expected a line end, `;` or `->` before it",
        fixes=replaced(source.span(span.start, span.start), "put `;`, `->` or a line end between the steps", "; "),
    )


def trailing_word(token: Token, source: Source) -> Diagnostic:
    """An activation behind branches, a group or a block's use, which take none."""
    span = span_of(token, source)
    message = f"`{token}` may trail a layer, and stands behind a bracket here"
    return Diagnostic("E104", message, span, fixes=replaced(span, f"write `-> {token.upper()}`", f"-> {token.upper()}"))


def arrow_span(token: Token, source: Source) -> Span:
    """The place of the `->` in an ARROW token, which may have comments around it."""
    bare = re.sub(r"#[^\n]*", lambda m: " " * len(m[0]), str(token))
    at = (token.start_pos or 0) + max(0, bare.find("->"))
    return source.span(at, at + 2)


def stray_arrow(token: Token, source: Source) -> Diagnostic:
    span = arrow_span(token, source)
    return Diagnostic(
        "E107", "`->` stands between two steps, and one is missing", span, fixes=replaced(span, "take it out", "")
    )


def arrow_between_entries(token: Token, source: Source) -> Diagnostic:
    span = arrow_span(token, source)
    message = "`->` stands between steps; the lines of a train block are separated by line ends or `;`"
    return Diagnostic("E104", message, span, fixes=replaced(span, "write `;`", ";"))


def empty(token: Token, opener: Token | None, source: Source) -> Diagnostic:
    span = span_of(token, source)
    if opener is None:
        return empty_file(source)
    related = (Label(span_of(opener, source), "opened here"),)
    if opener.type == "LPAR":
        return Diagnostic(
            "E114", "the branch is empty", span, "no step before it", related, help=("the empty branch is `ID`",)
        )
    what = "group" if opener.type == "LSQB" else "block"
    return Diagnostic("E114", f"the {what} is empty", span, "no step before it", related)


def empty_file(source: Source) -> Diagnostic:
    what = "the file is empty" if not source.text.strip() else "the file has only comments"
    return Diagnostic("E114", what, source.span(0, 0), help=("a network begins with its input: `INPUT 28x28x1`",))


def closes_nothing(token: Token, source: Source) -> Diagnostic:
    span = span_of(token, source)
    if token.type == "VBAR":
        help = ("branches stand in a layer that joins them: `ADD( a | b )`",)
        return Diagnostic("E106", "`|` stands outside of branches", span, help=help)
    opener = {"]": "[", ")": "(", "}": "{"}[str(token)]
    message = f"`{token}` closes nothing: there is no open `{opener}`"
    return Diagnostic("E106", message, span, fixes=replaced(span, "take it out", "", sure=False))
