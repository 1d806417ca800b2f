"""The lexer for Pygments: against the sample, and against the language's own tokens."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest
from pygments import highlight
from pygments.formatters import NullFormatter
from pygments.token import Error, String, Whitespace

from cnndsl.highlighting import ACTIVATIONS, CnnLexer
from cnndsl.lang.bind import LINEAR
from cnndsl.lang.parse import tokens
from cnndsl.ops.spec import Op
from cnndsl.source import Source

from .support import (
    CONTROL,
    KINDS,
    by_hand,
    kinds_by_hand,
    mutations,
    plain,
    pygments_kinds,
    pygments_tokens,
    sample,
    texts,
)


def test_sample_by_pygments() -> None:
    assert plain(sample(), pygments_kinds(sample())) == plain(sample(), kinds_by_hand())


def test_pieces_are_whole_tokens() -> None:
    """But for strings, whose quotes are tokens."""
    expected = [piece for row in by_hand() for piece in row if piece[1] != "string"]
    names = {token: kind for kind, (token, _) in KINDS.items()}
    found = [(text, names[token]) for token, text in pygments_tokens(sample()) if token not in (Whitespace, String)]
    assert found == expected


def test_models_have_no_errors() -> None:
    for text in texts():
        found = pygments_tokens(text)
        assert "".join(value for _, value in found) == text
        assert Error not in {kind for kind, _ in found}, text


def test_every_character_is_kept() -> None:
    for text in (*mutations(3000), "", "\r", '"', "#", "\ufeffFC 1", "FC 1 # x\r\n", 'FC "\u202e"'):
        assert "".join(value for _, value in pygments_tokens(text)) == text


@pytest.mark.parametrize("piece", ["[ ", "CONV {", "{1}x", "1x", "b(\n", "\n#", '"', "e1", "HEAD a "])
def test_long_texts_take_no_square(piece: str) -> None:
    """Without a bound on the parts of a size, `{1}x` took more than a minute."""
    assert "".join(value for _, value in pygments_tokens(piece * 50_000)) == piece * 50_000


def test_leading_mark_is_no_error() -> None:
    assert Error not in dict(pygments_tokens("\ufeffFC 1"))
    assert Error in dict(pygments_tokens("FC 1\ufeff"))


@pytest.mark.parametrize("text", ["# a\u202eb", 'use "a\u202eb"', "FC\x0010", "# a\rb", "FC\u00a010"])
def test_control_characters_are_errors(text: str) -> None:
    wrong = [value for kind, value in pygments_tokens(text) if kind is Error]
    assert len(wrong) == 1
    assert len(wrong[0]) == 1


def language_kinds(text: str) -> list[str | None]:
    """Comments, strings and what is no token, by the language's own lexer."""
    found: list[str | None] = [None] * len(text)
    for token in tokens(Source("", text)):
        start = token.start_pos or 0
        if token.type in ("SEP", "ARROW", "GLUE"):
            inside = False
            for at, character in enumerate(token, start):
                inside = character != "\n" and (inside or character == "#")
                found[at] = "comment" if inside else None
        elif token.type in ("STRING", "JUNK", "OTHER", "OPEN_STRING"):
            kind = "string" if token.type == "STRING" else "error"
            found[start : start + len(token)] = [kind] * len(token)
    return found


def test_agrees_with_the_language() -> None:
    """On where comments and strings are, and that what is no token is an error; arithmetic is put together later."""
    for text in (*texts(), *mutations(3000)):
        ours, theirs = pygments_kinds(text), language_kinds(text)
        for at, character in enumerate(text):
            if character in CONTROL or character in " \t\n":
                continue
            for kind in ("comment", "string"):
                assert (ours[at] == kind) == (theirs[at] == kind), (kind, at, text)
            if theirs[at] == "error" and not (character in "+-/" and ours[at] == "sign"):
                assert ours[at] == "error", (at, text)


def test_activation_words(layers: Mapping[str, Op]) -> None:
    assert set(ACTIVATIONS) == {op.activation_word for op in layers.values() if op.activation_word} | {LINEAR}


def test_entry_point() -> None:
    """Pygments asks for the class that the entry point names, and gives the text back."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["entry-points"]["pygments.lexers"]["cnndsl"].split(":")
    assert getattr(import_module(module), name) is CnnLexer
    for text in texts():
        assert highlight(text, CnnLexer(), NullFormatter()) == text
