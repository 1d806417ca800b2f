"""The parser's table: of the grammar as it is, and the same parser as the grammar's own."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

import cnndsl
from cnndsl.lang import grammar
from cnndsl.resources import folder

TABLE = folder("grammars") / grammar.TABLE


def test_the_table_is_of_this_grammar() -> None:
    stored = json.loads(TABLE.read_text(encoding="utf-8"))
    assert stored["grammar"] == sha256(grammar.grammar().encode()).hexdigest(), "run tests/tools/parser_table.py"


def test_both_read_the_same(models: Path) -> None:
    one, two = grammar.parser(), grammar.made(grammar.grammar())
    for path in models.glob("*.cnn"):
        text = path.read_text(encoding="utf-8")
        assert list(one.lex(text)) == list(two.lex(text))
        if "{" not in text:  # an expression's token is put together by the reader
            assert one.parse(text) == two.parse(text)
    assert one.parse_interactive().accepts() == two.parse_interactive().accepts()


def test_another_grammar_is_not_read_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / grammar.TABLE).write_text('{"lark": "0", "grammar": "0"}', encoding="utf-8")
    monkeypatch.setattr(grammar, "folder", lambda _: tmp_path)
    assert grammar._read("x") is None
    assert cnndsl.check("INPUT 3x3x1; FC 3") == []
