"""What a train block asks for and cannot be done: names of parameters that are not there, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.main import main

NET = """block pair(n) {
  CONV 3x3 *n pad 1 nobias -> BN -> RELU
}
INPUT 8x8x1
CONV 3x3 *4 pad 1 as stem
pair(4) -> pair(4)
ADD( ID | @stem )
HEAD value( FC 1 )
FC 10
"""


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("stem", "stem.*"),
        ("pair1", "pair1.*"),
        ("pair1.conv1", "pair1.conv1.*"),
        ("Stem.*", "stem.*"),
        ("stme*", "stem.*"),
        ("value.fc2.*", "value.fc1.*"),
        ("weight", "*weight"),
        ("running_mean", "*running_mean"),
        ("fc1.weights", "fc1.weight"),
        ("batchnorm*", "*bn*"),
    ],
)
def test_what_may_be_meant_is_told_and_is_right(pattern: str, meant: str) -> None:
    text = f'{NET}train {{ loss cross_entropy; loss value mse; freeze "{pattern}" }}'
    (d,) = cnndsl.check(text)
    assert (d.code, d.advice) == ("E508", (f'write `"{meant}"`',))
    assert cnndsl.check(text.replace(f'"{pattern}"', f'"{meant}"')) == []


def test_where_nothing_is_near_the_names_are_told() -> None:
    (d,) = cnndsl.check('INPUT 8x8x1\nFC 10\ntrain { freeze "0" }')
    assert d.advice == ("the network has fc1.weight, fc1.bias",)
    (d,) = cnndsl.check('INPUT 8x8x1\nPOOL max 2\ntrain { freeze "conv*" }')
    assert (d.code, d.advice) == ("E508", ("the network has no parameters",))


@pytest.mark.parametrize("patterns", ['"*"', '"fc*"', '"*.weight" "*.bias"', '"fc1.weight"; freeze "fc1.bias"'])
def test_something_is_left_to_train(patterns: str) -> None:
    (d,) = cnndsl.check(f"INPUT 8x8x1\nFC 10\ntrain {{ freeze {patterns} }}")
    assert (d.code, d.span and d.span.line) == ("E508", 3)
    assert "nothing is left to train" in d.message


def test_what_is_frozen_of_a_part_is_not_asked() -> None:
    """Without sizes, or after a mistake, no parameters are known."""
    assert {d.code for d in cnndsl.check('CONV 3x3 *4\ntrain { freeze "convv*" }')} == {"W201"}
    assert [d.code for d in cnndsl.check('INPUT 8x8x1\nFC 0\ntrain { freeze "convv*" }')] == ["E204"]


@pytest.mark.parametrize("keys", ["stop patience 3", "stop at 0.9", "save best"])
def test_what_looks_at_validation_needs_one(keys: str) -> None:
    for split, codes in (("split 1", ["E509"]), ("split 0.99", []), ("", [])):
        assert [d.code for d in cnndsl.check(f"INPUT 8x8x1\nFC 10\ntrain {{ {keys}; {split} }}")] == codes
    assert cnndsl.check("INPUT 8x8x1\nFC 10\ntrain { split 1; save every 3 }") == []


def test_weights_that_are_not_there_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` warns, `run` refuses; where they are there nothing is said."""
    text = 'INPUT 8x8x1\nFC 10\ntrain { data digits limit 40; epochs 1; weights "old/weights.safetensors" }\n'
    path = tmp_path / "a.cnn"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path)]) == 0
    assert "warning[W703]" in capsys.readouterr().out
    assert main(["run", str(path), "--out", str(tmp_path / "r")]) == 2
    assert "error[E805]" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()
    cnndsl.train(text.replace('weights "old/weights.safetensors"', ""), out=tmp_path / "old")
    assert main(["check", "--strict", str(path)]) == 0
    assert main(["check", "--strict", str(path), "--set", "weights=old"]) == 0
    assert cnndsl.check(text, base=tmp_path) == []
    assert cnndsl.check(text) == []
