"""The TextMate grammar: against the sample, and against the lexer for Pygments."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cnndsl.highlighting import ACTIVATIONS
from cnndsl.ops.spec import Op
from cnndsl.resources import folder

from .support import CONTROL, KINDS, kinds_by_hand, mutations, plain, pygments_kinds, sample, texts

PATH = folder("grammars") / "cnn.tmLanguage.json"
GRAMMAR: dict[str, Any] = json.loads(PATH.read_text(encoding="ascii"))


def scope_kind(scopes: list[str]) -> str | None:
    """The kind that the innermost scope says; the quotes of a string and the sign of a comment belong to it."""
    for scope in reversed(scopes):
        assert scope.endswith(".cnn")
        if scope.startswith(("source.", "meta.")):
            continue
        if scope.startswith("punctuation.definition"):
            continue
        return next(kind for kind, (_, starts) in KINDS.items() if scope.startswith(starts))
    return None


def by_engine(text: str) -> list[str | None]:
    """By the few rules of TextMate's that the grammar needs, which need no node."""
    pytest.importorskip("onigurumacffi")
    from .textmate import Engine

    return [scope_kind(scopes) for scopes in Engine(GRAMMAR).scopes(text)]


def by_vscode(some: list[str], place: Path) -> list[list[str | None]]:
    """By VS Code's engine, through tests/tools/textmate.cjs."""
    paths = []
    for number, text in enumerate(some):
        paths.append(place / f"{number}.cnn")
        paths[-1].write_text(text, encoding="utf-8", newline="")
    script = Path(__file__).parents[1] / "tools" / "textmate.cjs"
    out = subprocess.run(["node", str(script), *map(str, paths)], capture_output=True, text=True, check=True)
    painted = []
    for text, found in zip(some, json.loads(out.stdout), strict=True):
        rows: list[list[str | None]] = [[None] * (len(line) + 1) for line in text.split("\n")]
        for line, start, end, *scopes in found:
            rows[line - 1][start:end] = [scope_kind(scopes)] * (end - start)
        painted.append([kind for row in rows for kind in row][:-1])
    return painted


def vscode() -> bool:
    """Whether node finds VS Code's engine."""
    code = "require.resolve('vscode-textmate'); require.resolve('vscode-oniguruma')"
    return bool(shutil.which("node")) and not subprocess.run(["node", "-e", code], capture_output=True).returncode


def patterns(rule: Any) -> Iterator[str]:
    """Every regular expression of a grammar."""
    for key, value in rule.items() if isinstance(rule, Mapping) else enumerate(rule):
        if key in ("match", "begin", "end"):
            yield value
        elif isinstance(value, (Mapping, list)):
            yield from patterns(value)


def included(rule: Any) -> Iterator[str]:
    for key, value in rule.items() if isinstance(rule, Mapping) else enumerate(rule):
        if key == "include":
            yield value
        elif isinstance(value, (Mapping, list)):
            yield from included(value)


def test_grammar_is_whole() -> None:
    assert GRAMMAR["scopeName"] == "source.cnn"
    assert GRAMMAR["fileTypes"] == ["cnn"]
    assert set(included(GRAMMAR)) == {f"#{name}" for name in GRAMMAR["repository"]}


def test_patterns_are_regular_expressions_of_oniguruma() -> None:
    oniguruma = pytest.importorskip("onigurumacffi")
    for pattern in patterns(GRAMMAR):
        oniguruma.compile(pattern)


def test_activation_words() -> None:
    match = GRAMMAR["repository"]["activation"]["match"]
    assert match.removeprefix("(?:").partition(")")[0].split("|") == sorted(ACTIVATIONS)


def test_no_layer_by_name(layers: Mapping[str, Op]) -> None:
    text = PATH.read_text(encoding="ascii").replace("FEFF", "")
    assert not [name for name in layers if name in text]


def test_sample() -> None:
    assert plain(sample(), by_engine(sample())) == plain(sample(), kinds_by_hand())


def test_models_and_mutations_are_painted_as_by_pygments() -> None:
    for text in (*texts(), *(text for text in mutations(300) if not set(text) & CONTROL)):
        assert plain(text, by_engine(text)) == plain(text, pygments_kinds(text)), text


@pytest.mark.skipif(not vscode(), reason="needs VS Code's engine: see tests/tools/textmate.cjs")
def test_painted_in_vscode_as_by_pygments(tmp_path: Path) -> None:
    """The sample, the models, and mutations of them."""
    some = [sample(), *texts(), *(text for text in mutations(1000) if not set(text) & CONTROL)]
    found = by_vscode(some, tmp_path)
    assert plain(some[0], found[0]) == plain(some[0], kinds_by_hand())
    for text, kinds in zip(some, found, strict=True):
        assert plain(text, kinds) == plain(text, pygments_kinds(text)), text
