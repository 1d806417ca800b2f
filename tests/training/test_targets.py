"""Targets of heads, and targets that are not labels: what an .npz gives is what losses get, and what cannot be is
refused before training starts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.data.dataset import Dataset, Part, is_labels
from cnndsl.data.samples import divide, prepare
from cnndsl.data.sets import load
from cnndsl.recipe.data import SETS
from cnndsl.recipe.spec import Setting
from cnndsl.runs.identity import identity

DICE = np.random.default_rng(0)
COUNTS = {"train": 40, "test": 12}


@pytest.fixture
def write(tmp_path: Path):
    """Writes a.npz: bytes 4x4, labels 0 and 1, and what else is given by output, as a function of the count."""

    def make(**targets) -> Dataset:
        arrays = {}
        for part, count in COUNTS.items():
            arrays[f"x_{part}"] = DICE.integers(0, 256, (count, 4, 4), np.uint8)
            arrays[f"y_{part}"] = np.arange(count) % 2
            for name, target in targets.items():
                arrays[f"y_{part}" if name == "main" else f"y_{name}_{part}"] = target(count)
        np.savez(tmp_path / "a.npz", **arrays)
        return load(Setting("npz", SETS["npz"].attrs(file="a.npz")), tmp_path)

    return make


def program(body: str, train: str) -> str:
    return f'INPUT 4x4x1\n{body}\ntrain {{ data npz "a.npz"; batch 8; epochs 1; {train}; backend naive }}'


def trained(text: str, base: Path):
    return cnndsl.train(cnndsl.loads(text, base=base))


HEAD = "CONV 1x1 *2 relu\nHEAD side( FC {} )\nFC 2"


def numbers(*shape: int):
    """Floating numbers from 0 to 1 of a shape, for each sample."""
    return lambda count: np.random.default_rng(count).random((count, *shape))


def test_targets_come_as_they_are_stored(write) -> None:
    found = write(
        side=lambda n: np.arange(n) % 5, map=numbers(1, 4, 4), many=lambda n: np.eye(3, dtype=bool)[np.arange(n) % 3]
    )
    train = found.train.targets
    assert sorted(train) == ["main", "many", "map", "side"]
    assert (train["side"].dtype, train["map"].dtype, train["many"].dtype) == (np.int64, np.float64, np.float32)
    np.testing.assert_array_equal(train["side"], np.arange(40) % 5)
    np.testing.assert_array_equal(train["map"], numbers(1, 4, 4)(40))
    np.testing.assert_array_equal(found.test.targets["many"], np.eye(3)[np.arange(12) % 3])
    assert [is_labels(train[name]) for name in ("main", "side", "map", "many")] == [True, True, False, False]
    assert found.train.first(3).targets["map"].shape == (3, 1, 4, 4)
    assert found.origins["side"].endswith("a.npz: y_side_train")


def test_batches_keep_images_and_all_targets_together() -> None:
    """Sample i has the pixel i, the label i % 3, the number i/2 and the vector (i, -i)."""
    index = np.arange(30)
    part = Part(
        index.astype(np.uint8).reshape(30, 1, 1, 1), index % 3, {"a": index / 2, "b": np.stack([index, -index], 1)}
    )
    data = Dataset(name="x", train=part, test=part, classes=3, pixel_max=1)
    ready = prepare(data, split=0.5, normalize=Setting("none", None), seed=1)
    seen = 0
    for samples in ready[:2]:
        for x, targets, _ in samples.batches(4, 0, 1):
            pixel = x.reshape(-1)
            assert targets["main"].tolist() == (pixel % 3).tolist()
            assert targets["a"].tolist() == (pixel / 2).tolist()
            assert targets["b"].tolist() == np.stack([pixel, -pixel], 1).tolist()
            seen += len(x)
    assert seen == 30


def test_division_without_labels() -> None:
    """The share of all, rounded down; another seed chooses others; nothing looks at the numbers."""
    targets = DICE.random((25, 3))
    trained, validating = divide(targets, 0.9, seed=1)
    assert (len(trained), len(validating)) == (22, 3)
    assert sorted([*trained, *validating]) == list(range(25))
    assert divide(targets + 1, 0.9, seed=1)[1].tolist() == validating.tolist()
    assert divide(targets, 0.9, seed=2)[1].tolist() != validating.tolist()
    assert len(divide(DICE.random(25), 0.9, seed=1)[0]) == 22


def test_a_line_is_found_by_least_squares(write, tmp_path) -> None:
    """y = 3*mean(x) - 1 has no error left for one linear layer; its best constant leaves the variance of y."""
    write(main=lambda n: np.zeros(n))
    with np.load(tmp_path / "a.npz") as found:
        arrays = dict(found)
    for part in COUNTS:
        arrays[f"y_{part}"] = 3 * arrays[f"x_{part}"].mean(axis=(1, 2)) / 255 - 1
    np.savez(tmp_path / "a.npz", **arrays)
    text = program("FC 1", "loss mse; split 1; optimizer sgd lr 0.1").replace("epochs 1", "epochs 60")
    assert trained(text, tmp_path).test.test_loss < 1e-6 < 0.01 < arrays["y_test"].var()


@pytest.mark.parametrize(
    ("body", "train", "targets"),
    [
        ("CONV 1x1 *1", "loss mse", {"main": numbers(1, 4, 4)}),
        ("CONV 1x1 *1", "loss bce", {"main": numbers(1, 4, 4)}),
        ("CONV 1x1 *1", "loss mse", {"main": numbers(16)}),
        ("FC 3", "loss bce", {"main": lambda n: np.eye(3, dtype=np.uint8)[np.arange(n) % 3]}),
        ("FC 1", "loss mse", {"main": numbers()}),
        (HEAD.format(5), "loss cross_entropy; loss side cross_entropy", {"side": lambda n: np.arange(n) % 5}),
        (HEAD.format(1), "loss cross_entropy; loss side mse", {"side": numbers()}),
        (HEAD.format(1), "loss cross_entropy; loss side bce", {"side": lambda n: np.arange(n) % 2}),
        (HEAD.format(3), "loss cross_entropy; loss side cross_entropy", {}),
    ],
)
def test_training_on_targets(write, tmp_path, body, train, targets) -> None:
    write(**targets)
    assert np.isfinite(trained(program(body, train), tmp_path).test.test_loss)


def test_each_output_is_judged_by_its_own_targets(write, tmp_path) -> None:
    """The head is asked for 1 - label: whoever gives both outputs the same targets is wrong in one of them."""
    write(side=lambda n: np.ones(n, int), main=lambda n: np.zeros(n, int) + (np.arange(n) == 0))
    text = program(HEAD.format(2), "loss cross_entropy; loss side cross_entropy; optimizer adam lr 0.05")
    finished = trained(text.replace("epochs 1", "epochs 10"), tmp_path).test
    assert finished.test_accuracy == 11 / 12
    assert finished.heads["side"]["accuracy"] == 1


@pytest.mark.parametrize(
    ("body", "train", "targets", "said"),
    [
        ("FC 2", "loss cross_entropy", {"main": numbers()}, "takes labels"),
        ("FC 4", "loss mse", {"main": numbers(3)}, "has 3 for each sample, and the output `main` gives 4"),
        ("CONV 1x1 *1", "loss mse", {"main": numbers(1, 4, 5)}, "has 1x4x5 for each sample"),
        ("FC 2", "loss mse", {"main": numbers()}, "has one number for each sample"),
        ("FC 3", "loss bce", {"main": lambda n: 2 * numbers(3)(n) - 1}, "takes those from 0 to 1"),
        (HEAD.format(3), "loss cross_entropy; loss side cross_entropy", {"side": lambda n: np.arange(n) % 5}, "0 to 4"),
        (HEAD.format(3), "loss cross_entropy; loss side mse", {"side": numbers(2)}, "the output `side` gives 3"),
        (HEAD.format(1), "loss cross_entropy; loss side cross_entropy", {}, "labels from 0 to 1"),
    ],
)
def test_targets_that_an_output_cannot_have(write, refused, tmp_path, body, train, targets, said) -> None:
    write(**targets)
    (found,) = refused("E604", lambda: trained(program(body, train), tmp_path)).diagnostics
    assert said in found.message
    assert "a.npz: y_" in found.message
    assert found.help


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_targets_that_are_not_finite(write, refused, bad) -> None:
    def target(count: int):
        found = numbers(2)(count)
        found[7, 1] = bad
        return found

    (found,) = refused("E602", lambda: write(side=target)).diagnostics
    assert "y_side_train: target 7 is not a finite number" in found.message


def test_a_run_knows_its_targets_again(write) -> None:
    """Other numbers for a head make another set; labels alone are told as before heads were."""
    plain, one, other = write(), write(side=numbers()), write(side=lambda n: numbers()(n) + 1)
    assert list(identity(plain)["train"]) == ["images", "labels"]
    assert identity(one)["train"]["labels of side"] != identity(other)["train"]["labels of side"]
    assert identity(one)["train"]["labels"] == identity(plain)["train"]["labels"]
