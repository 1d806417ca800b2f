"""The parser of grammars/cnn.lark: from the table that was made of it before, where there is one for it, else made now.

Making the table takes most of the time of a short command; reading it takes little. `grammars/cnn.table.json` is
written by ``python tests/tools/parser_table.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any

import lark
from lark import Lark, Token
from lark.grammar import Rule
from lark.lexer import TerminalDef

from cnndsl.resources import folder

TABLE = "cnn.table.json"


class _KeepJunk:
    """Asks Lark to keep the terminals that no rule names."""

    always_accept = ("JUNK", "OTHER", "OPEN_STRING")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@cache
def parser() -> Lark:
    """The LALR parser, with its basic lexer."""
    text = grammar()
    return _read(text) or made(text)


def grammar() -> str:
    return (folder("grammars") / "cnn.lark").read_text(encoding="utf-8")


def made(text: str) -> Lark:
    """The parser of a grammar's text."""
    return Lark(text, parser="lalr", lexer="basic", postlex=_KeepJunk(), maybe_placeholders=False, keep_all_tokens=True)


def written(text: str) -> str:
    """The table of a grammar as JSON, with what it was made of and by."""
    data, memo = made(text).memo_serialize([TerminalDef, Rule])
    data["options"]["postlex"] = None
    values = {"lark": lark.__version__, "grammar": _digest(text), "data": data, "memo": memo}
    return json.dumps(values, separators=(",", ":"), sort_keys=True) + "\n"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _read(text: str) -> Lark | None:
    """The parser from the table on disk; None where that is of another grammar, or by another release of Lark."""
    try:
        values: dict[str, Any] = json.loads((folder("grammars") / TABLE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if (values.get("lark"), values.get("grammar")) != (lark.__version__, _digest(text)):
        return None
    table = values["data"]["parser"]["parser"]
    table["tokens"] = _by_number(table["tokens"])
    table["states"] = {
        state: {token: tuple(action) for token, action in _by_number(actions).items()}
        for state, actions in _by_number(table["states"]).items()
    }
    stored = {"data": values["data"], "memo": _by_number(values["memo"])}
    found: Lark = Lark.__new__(Lark)._load(stored, postlex=_KeepJunk())
    return found


def _by_number(values: dict[str, Any]) -> dict[int, Any]:
    """JSON has only text for keys."""
    return {int(key): value for key, value in values.items()}
