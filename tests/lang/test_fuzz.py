"""Mutations of the shipped models: only diagnostics or success, and what is accepted survives the formatter."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import cnndsl
from cnndsl.diagnostics.render import Style, text
from cnndsl.lang.lower import Choices
from cnndsl.lang.parse import parse
from cnndsl.lang.unparse import specialize, unparse
from cnndsl.source import Source

PIECES = (
    *(
        "->",
        ";",
        "\n",
        "|",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "*",
        "*N",
        "?",
        "#",
        '"',
        "x",
        "3x3",
        "-1",
        "0",
        "0.5",
        "1e400",
    ),
    *("99999999999", "CONV", "ADD(", "ID", "train {", "train", "relu", "stride", "pad", "set", "INPUT 8x8x1", "FC 10"),
    *("POOL max 2", "same", "ceil", "\u00e9", "\u202e", "\r", "\t", " ", "\x00"),
)


def mutated(rng: random.Random, base: list[str]) -> str:
    found = rng.choice(base)
    if rng.random() < 0.5:
        found = found[: rng.randrange(len(found))]
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(found) + 1)
        kind = rng.random()
        if kind < 0.5:
            found = found[:at] + rng.choice(PIECES) + found[at:]
        elif kind < 0.8:
            found = found[:at] + found[at + rng.randrange(1, 10) :]
        else:
            other = rng.randrange(len(found) + 1)
            found = found[:at] + found[other : other + 20] + found[at:]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_mutations(seed: int, models: Path) -> None:
    rng = random.Random(seed)
    base = [path.read_text(encoding="utf-8") for path in sorted(models.glob("*.cnn"))]
    accepted = 0
    for _ in range(150):
        program = mutated(rng, base)
        found = cnndsl.check(program)
        for d in found:
            assert text(d, Style(width=60))
        module, wrong = parse(Source("t", program))
        if module is None or wrong:
            assert found, program
            continue
        accepted += 1
        once = unparse(module)
        again, wrong = parse(Source("t", once))
        assert not wrong, program
        assert again is not None
        assert unparse(again) == once, program
        assert [d.code for d in cnndsl.check(once)] == [d.code for d in found], program
        special, wrong = parse(Source("t", unparse(specialize(module, Choices({"N": 2}, (8, 8, 1), True)))))
        assert not wrong, program
        assert special is not None
    assert accepted > 15
