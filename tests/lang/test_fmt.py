"""The formatter changes white space only, and only once."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnndsl
from cnndsl.lang.parse import parse, tokens
from cnndsl.lang.unparse import unparse
from cnndsl.source import Source

MESSY = """

# head
INPUT   32x32x1
CONV 5x5   * 6  tanh   # first
POOL mean 2;CONV 5x5 *16 tanh->POOL mean 2



#many

FC 120 tanh; FC 84 tanh;; FC 10 ;
  -> RELU ->
   RELU
[RELU
RELU # x
  # before closing
]*3
[[RELU]*2->RELU?]
ADD( RELU -> BN
  # shortcut
   | ID )
ADD
(ID
|ID)
train
{
 data   mnist pad 2
 batch     64;epochs 10; seed 1   # c
 optimizer sgd lr 0.05 momentum 0.9
}
# end"""

NEAT = """\
# head
INPUT 32x32x1
CONV 5x5 *6 tanh  # first
POOL mean 2; CONV 5x5 *16 tanh -> POOL mean 2

# many

FC 120 tanh; FC 84 tanh; FC 10
-> RELU ->
RELU
[ RELU
  RELU  # x
  # before closing
]*3
[ [ RELU ]*2 -> RELU? ]
ADD( RELU -> BN
     # shortcut
   | ID )
ADD( ID
   | ID )
train {
  data      mnist pad 2
  batch     64; epochs 10; seed 1  # c
  optimizer sgd lr 0.05 momentum 0.9
}
# end
"""


def formatted(text: str) -> str:
    module, found = parse(Source("t", text))
    assert module is not None
    assert not found
    return unparse(module)


def words(text: str) -> list[str]:
    """All tokens but separators, and all comments."""
    found = [str(t) for t in tokens(Source("t", text)) if t.type not in ("SEP", "ARROW", "GLUE")]
    return found + [line.split("#", 1)[1].strip() for line in text.split("\n") if "#" in line]


def test_by_example() -> None:
    assert formatted(MESSY) == NEAT


@pytest.mark.parametrize(
    "text",
    [
        MESSY,
        "ADD\n# hello\n\n# world\n( ID | RELU )",
        "ADD # hello\n( # a\nID\n | RELU )",
        "[ RELU\nADD # hello\n( ID | RELU ) ]",
        "train # why\n{ batch 3 }",
        "FC 10",
        "train {}\nFC 3",
        "[ # a\nRELU\n]",
        "ADD( # a\nID # b\n | # c\n # d\n ID)",
        "ADD( [ RELU\n RELU ] | [ ADD( ID\n | ID )\nRELU ]*2 )",
        "FC 3\n\n\n\n# x\n\n\n# y\n\n",
        "FC 3;;;;RELU\n;\n;TANH",
        "train { batch 3\n\n # c\n seed 4; epochs 5 }\nFC 3",
        'train { data idx "a  b#c" }\nFC 3 # "x',
    ],
)
def test_once_is_enough_and_nothing_is_lost(text: str) -> None:
    once = formatted(text)
    assert formatted(once) == once
    assert words(once) == words(text)


def test_shipped_models_are_formatted(models: Path) -> None:
    for path in models.glob("*.cnn"):
        text = path.read_text(encoding="utf-8")
        assert formatted(text) == text, path.name


def test_formatting_keeps_the_network() -> None:
    text = MESSY.replace("FC 120 tanh; FC 84 tanh;; FC 10 ;", "")
    messy, neat = cnndsl.loads(text + "\nFC 10"), cnndsl.loads(formatted(text + "\nFC 10"))
    assert messy.graph.nodes == neat.graph.nodes
    assert messy.recipe == neat.recipe
