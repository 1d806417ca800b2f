"""What is measured, against counts made by hand; and which epoch is the best."""

from __future__ import annotations

import numpy as np
import pytest

from cnndsl.arguments import NoArguments
from cnndsl.recipe.spec import Setting
from cnndsl.training.judge import Judge, judge
from cnndsl.training.metrics import Accuracy, Confusion, Top5, chosen
from cnndsl.training.score import Sums

OUTPUT = np.array([[1.0, 2, 0], [5, 1, 1], [0, 0, 9], [3, 3, 1]])
LABELS = np.array([1, 0, 1, 0])


def test_accuracy() -> None:
    """Chosen are 1, 0, 2 and, of equal ones the first, 0: three of four."""
    found = Accuracy()
    found.add(OUTPUT[:3], LABELS[:3])
    found.add(OUTPUT[3:].reshape(1, 3, 1, 1), LABELS[3:])
    assert found.value() == 3 / 4
    found = Accuracy()
    found.add(OUTPUT, OUTPUT)  # targets that are no labels
    assert found.value() is None


def test_one_output_is_above_zero_or_not() -> None:
    assert chosen(np.array([[0.5], [-0.1], [0.0]])).tolist() == [1, 0, 0]


def test_top5() -> None:
    """Of 0 to 7 in order the five largest are 3 to 7. Of eight equal ones the first five count."""
    found = Top5()
    found.add(np.tile(np.arange(8.0), (3, 1)), np.array([7, 3, 2]))
    assert found.value() == 2 / 3
    found = Top5()
    found.add(np.zeros((2, 8)), np.array([4, 5]))
    assert found.value() == 1 / 2
    found = Top5()
    found.add(OUTPUT, LABELS)  # fewer than five classes: always among them
    assert found.value() == 1


def test_confusion() -> None:
    found = Confusion()
    found.add(OUTPUT, LABELS)
    assert found.value() == [[2, 0, 0], [0, 1, 1], [0, 0, 0]]
    found = Confusion()
    found.add(np.array([[1.0], [-1.0], [1.0]]), np.array([1, 1, 0]))
    assert found.value() == [[0, 1], [1, 1]]


def test_sums_of_two_outputs() -> None:
    sums = Sums()
    targets = {"main": LABELS[:2], "value": np.zeros((2, 1))}
    sums.add(1.3, {"main": 1.0, "value": 3.0}, {"main": OUTPUT[:2], "value": np.zeros((2, 1))}, targets)
    targets = {"main": LABELS[2:3], "value": np.zeros((1, 1))}
    sums.add(0.7, {"main": 0.4, "value": 0.3}, {"main": OUTPUT[2:3], "value": np.zeros((1, 1))}, targets)
    assert sums.loss == pytest.approx((2 * 1.3 + 0.7) / 3)
    assert sums.accuracy("main") == 2 / 3
    assert sums.accuracy("value") is None
    assert sums.heads() == {"main": {"loss": pytest.approx(0.8), "accuracy": 2 / 3}, "value": {"loss": 2.1}}


def said(word: str) -> tuple[Setting, ...]:
    return (Setting(word, NoArguments()),)


def test_the_first_metric_judges(recipe) -> None:
    """Accuracy where nothing is said, the loss where that stands first."""
    usual, by_loss = judge(recipe()), judge(recipe(metrics=said("loss")))
    better, worse = {"loss": 2.0, "accuracy": 0.9}, {"loss": 1.0, "accuracy": 0.8}
    assert usual.better(better, None)
    assert usual.better(better, worse)
    assert not usual.better(worse, better)
    assert not usual.better(better, better)
    assert by_loss.better(worse, better)
    assert judge(recipe(metrics=said("confusion"))).better(better, worse)
    assert usual.better({"loss": 0.5}, {"loss": 0.6})  # no labels
    assert not usual.better({}, None)


def test_when_it_is_enough() -> None:
    found = Judge((("accuracy", "higher"),), patience=3, at=0.95)
    assert found.enough({"accuracy": 0.9}, 5, 3) is None
    assert found.enough({"accuracy": 0.9}, 6, 3) == "patience"
    assert found.enough({"accuracy": 0.95}, 4, 3) == "reached"
    assert Judge(()).enough({"accuracy": 1.0}, 100, 1) is None
