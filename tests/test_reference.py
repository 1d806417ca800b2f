"""The reference: written from the records, up to date, its examples valid."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.pages import find, names
from cnndsl.lang.topics import TOPICS
from cnndsl.plugins import load

ROOT = Path(cnndsl.__file__).parent.parent


def explain(*args: str) -> str:
    command = [sys.executable, "-m", "cnndsl", "explain", *args]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_the_reference_is_what_explain_prints() -> None:
    written = (ROOT / "grammars" / "reference.md").read_text(encoding="utf-8")
    assert written == explain("all", "--format", "markdown")


@pytest.mark.parametrize("topic", [t for t in TOPICS if t.example], ids=lambda t: t.name)
def test_examples_of_the_language_are_valid(topic: object) -> None:
    found = cnndsl.check(topic.example)  # type: ignore[attr-defined]
    assert [d for d in found if d.severity == "error"] == []


def test_every_name_has_a_page() -> None:
    known = load()
    for name in names(known):
        assert find(name, known) is not None, name


def test_pages_fit_80_columns() -> None:
    text = explain("all")
    long = [line for line in text.splitlines() if len(line) > 80]
    assert [line for line in long if not line.startswith("    ")] == []  # examples are not broken
    for name in ("CONV", "E301", "blocks", "train", "optimizer sgd"):
        assert name in text
