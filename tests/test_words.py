"""Did you mean: which word is near, and when it can only have been meant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import cnndsl
from cnndsl.diagnostics.fixes import applied, unasked
from cnndsl.ops.spec import Op
from cnndsl.recipe.block import KEYS
from cnndsl.source import Source
from cnndsl.words import guess

SLIPS = {
    "Conv": "CONV",
    "CONVV": "CONV",
    "OCNV": "CONV",
    "FCC": "FC",
    "SIGMOD": "SIGMOID",
    "TNAH": "TANH",
    "DWCON": "DWCONV",
    "RELU_6": "RELU6",
    "BatchNorm2d": "BN",
    "AVGPOOL": "POOL mean",
    "MaxPool2d": "POOL max",
    "LReLU": "LEAKY",
}
OTHERS = ("SELU", "CELU", "RRELU", "UNPOOL", "PWCONV", "GCONV", "SOFTMIN", "RELU8", "TRAINS", "ATANH")


def test_a_layer_that_was_meant(layers: Mapping[str, Op]) -> None:
    assert {word: guess(word, layers) for word in SLIPS} == {word: (meant, True) for word, meant in SLIPS.items()}


@pytest.mark.parametrize("word", OTHERS)
def test_another_layer_is_no_slip(word: str, layers: Mapping[str, Op]) -> None:
    found = guess(word, layers)
    assert found is None or not found.sure


@pytest.mark.parametrize(
    ("key", "slips", "others"),
    [
        ("optimizer", ("addam", "rmsporp", "SGD"), ("adamax", "nadam", "radam", "adamp", "sgdm", "lars")),
        ("data", ("mnsit", "fashionmnist", "digit"), ("cifar100", "emnist", "kmnist", "qmnist")),
        ("loss", ("crossentropy", "cross_entrpy"), ("mae", "l1", "nll")),
        ("metric", ("acuracy", "top_5"), ("top1", "top3")),
        ("schedule", ("cosin", "one_cycle"), ("poly", "exp")),
    ],
)
def test_words_of_the_train_block(key: str, slips: tuple[str, ...], others: tuple[str, ...]) -> None:
    words = KEYS[key].words
    assert all((found := guess(word, words)) and found.sure for word in slips)
    assert not any((found := guess(word, words)) and found.sure for word in others)


def test_names_that_tell_things_apart_by_one_letter_or_digit() -> None:
    for word, known in (
        ("stage3", ["stage2"]),
        ("stageb", ["stagea"]),
        ("m", ["n"]),
        ("min", ["max", "mean"]),
        ("left", ["lefts", "lift"]),
    ):
        found = guess(word, known)
        assert found is None or not found.sure, word
    assert guess("stgae2", ["stage1", "stage2"]) == ("stage2", True)
    assert guess("a__b", ["a_b", "ab"]) in (("a_b", False), ("ab", False))


@pytest.mark.parametrize(
    "text",
    [
        "INPUT 8x8x1\nSELU\nFC 10",
        "INPUT 8x8x1\nTANHH6 -> FC 10",
        "INPUT 8x8x1\nCONV 3x3 *8 rlu\nFC 10",
        "INPUT 8x8x1\nPOOL min 2\nFC 10",
        "INPUT 8x8x1\nCONV 3x3 *8 pad 1 as stage2\nADD( ID | @stage3 )\nFC 10",
        "INPUT 8x8x1\nblock small(m) {\nCONV 3x3 *n\n}\nsmall(3)\nFC 10",
        "INPUT 8x8x1\nblock blocka(n) {\nCONV 3x3 *n\n}\nblockb(3)\nFC 10",
        "INPUT 8x8x1\nFC 10\ntrain {\n data cifar100\n}",
        "INPUT 8x8x1\nFC 10\ntrain {\n optimizer adamax\n}",
        "INPUT 8x8x1\nHEAD aux1( FC 3 )\nFC 10\ntrain {\n loss cross_entropy\n loss aux2 mse\n}",
        "INPUT 8x8x1\n[ CONV 3x3 *4 pad 1 -> ADD( CONV 3x3 *4 pad 1 | ID ) ] ]*2\nFC 10",
    ],
)
def test_nothing_is_written_for_the_author_that_may_mean_something_else(text: str) -> None:
    source = Source("a.cnn", text)
    found = cnndsl.check(text)
    assert found
    assert applied(text, unasked(found, source)) == text
    assert not any(fix.sure for d in found for fix in d.fixes)


def test_such_a_guess_is_told_and_offered() -> None:
    (d,) = cnndsl.check("INPUT 8x8x1\nCONV 3x3 *8 rlu\nFC 10")
    (fix,) = d.fixes
    assert (fix.text, fix.sure, fix.edits[0].replacement) == ("did you mean `relu`?", False, "relu")


def test_words_that_begin_something_in_capitals() -> None:
    text = "Set CONV 3x3\nBLOCK a(n) {\nCONV *n\n}\nINPUT 8x8x1\na(3)\nFC 10\nTRAIN {\n batch 3\n}\n"
    found = cnndsl.check(text)
    assert [(d.code, d.span.line) for d in found if d.span] == [("E103", 1), ("E103", 2), ("E103", 8)]
    edits = [fix.edits[0] for d in found for fix in d.fixes]
    assert [e.replacement for e in edits] == ["set", "block", "train"]
    assert cnndsl.check(applied(text, edits)) == []
