"""Losses against numbers worked by hand and against finite differences."""

from __future__ import annotations

from math import e, log

import numpy as np
import pytest

from cnndsl.diagnostics import CnnError
from cnndsl.recipe.losses import CrossEntropy as Attrs
from cnndsl.recipe.losses import Plain
from cnndsl.recipe.spec import Entry, Setting
from cnndsl.training.losses import BinaryCrossEntropy, CrossEntropy, MeanSquares, balanced, make_loss


def test_worked_by_hand() -> None:
    # logits (0, ln 3): softmax (1/4, 3/4). Class 1: loss -ln(3/4), gradient (1/4, -1/4).
    # logits (ln 1, ln 1): softmax (1/2, 1/2). Class 0: loss ln 2, gradient (-1/2, 1/2).
    # Mean over the batch of 2: both halved.
    logits = np.array([[0.0, log(3)], [0.0, 0.0]])
    loss, gradient = CrossEntropy()(logits, np.array([1, 0]))
    assert loss == pytest.approx((log(4 / 3) + log(2)) / 2, rel=1e-14)
    np.testing.assert_allclose(gradient, [[1 / 8, -1 / 8], [-1 / 4, 1 / 4]], rtol=1e-14)


def test_smoothing_by_hand() -> None:
    # s = 0.3, K = 3: the target is 0.1 everywhere and 0.7 more at class 2: (0.1, 0.1, 0.8).
    # logits (0, 0, 1): Z = 2 + e, log-softmax (-ln Z, -ln Z, 1 - ln Z). Loss = ln Z - 0.8.
    # Gradient: (1/Z - 0.1, 1/Z - 0.1, e/Z - 0.8).
    loss, gradient = CrossEntropy(smooth=0.3)(np.array([[0.0, 0.0, 1.0]]), np.array([2]))
    z = 2 + e
    assert loss == pytest.approx(log(z) - 0.8, rel=1e-14)
    np.testing.assert_allclose(gradient, [[1 / z - 0.1, 1 / z - 0.1, e / z - 0.8]], rtol=1e-13)


WEIGHTS = np.array([0.5, 2.0, 0.0, 1.25])
LOSSES = {
    "cross-entropy": CrossEntropy(),
    "smoothed": CrossEntropy(0.1),
    "weighed": CrossEntropy(0.1, WEIGHTS),
    "mse": MeanSquares(),
    "mse weighed": MeanSquares(WEIGHTS),
    "bce": BinaryCrossEntropy(),
    "bce weighed": BinaryCrossEntropy(WEIGHTS),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1, 1)])
def test_gradient_against_central_differences(loss, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(7)
    logits, labels = 3 * random.standard_normal(shape), random.integers(0, 4, 5)
    gradient = loss(logits, labels)[1].copy()
    assert gradient.shape == shape
    expected = np.empty(shape)
    for index in np.ndindex(shape):
        moved = []
        for sign in (1, -1):
            changed = logits.copy()
            changed[index] += sign * 1e-6
            moved.append(loss(changed, labels)[0])
        expected[index] = (moved[0] - moved[1]) / 2e-6
    np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_large_logits_do_not_overflow() -> None:
    # softmax of (10000, 0) is (1, 0) to all digits: loss 10000 for class 1, 0 for class 0.
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, gradient = CrossEntropy()(np.array([[1e4, 0.0], [1e4, 0.0]], np.float32), np.array([1, 0]))
    assert loss == 5000
    np.testing.assert_array_equal(gradient, np.array([[0.5, -0.5], [0, 0]], np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_is_used_again(dtype: type) -> None:
    loss, labels = CrossEntropy(), np.array([0, 1, 2])
    first = loss(np.zeros((3, 4), dtype), labels)[1]
    second = loss(np.ones((2, 4), dtype), labels[:2])[1]
    assert first.dtype == second.dtype == dtype
    assert np.shares_memory(first, second)


def test_the_output_is_left_alone() -> None:
    logits = np.arange(6.0).reshape(2, 3)
    CrossEntropy(0.1)(logits, np.array([0, 2]))
    np.testing.assert_array_equal(logits, np.arange(6.0).reshape(2, 3))


def test_mean_squares_by_hand() -> None:
    """(0.5, 0) against class 0, (1, 0): differences (-0.5, 0). (2, 3) against class 1: (2, 2). The mean of squares is
    (0.25 + 0 + 4 + 4)/4, the gradient half of each difference."""
    output = np.array([[0.5, 0.0], [2.0, 3.0]])
    for target in (np.array([0, 1]), np.array([[1.0, 0.0], [0.0, 1.0]])):
        for shape in ((2, 2), (2, 2, 1, 1)):
            loss, gradient = MeanSquares()(output.reshape(shape), target)
            assert loss == pytest.approx(8.25 / 4, rel=1e-15)
            np.testing.assert_allclose(gradient, np.array([[-0.25, 0], [1, 1]]).reshape(shape), rtol=1e-15)
    np.testing.assert_array_equal(output, [[0.5, 0.0], [2.0, 3.0]])


def test_mean_squares_keep_the_type() -> None:
    assert MeanSquares()(np.ones((3, 2), np.float32), np.array([0, 1, 0]))[1].dtype == np.float32


def test_made_from_a_setting() -> None:
    made = make_loss(Setting("cross_entropy", Attrs(smooth=0.25)))
    assert isinstance(made, CrossEntropy)
    assert (made.name, made.smooth) == ("cross_entropy", 0.25)
    assert isinstance(make_loss(Setting("mse", Plain())), MeanSquares)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (np.array([0, -1]), "label -1 of sample 1 is none of the classes, 0 to 2"),  # not the last class
        (np.array([3, 0]), "label 3 of sample 0 is none of the classes, 0 to 2"),
        (np.array([0, 2**62]), "label 4611686018427387904 of sample 1"),
        (np.array([[0], [1]]), r"one a sample, found int64 of shape \(2, 1\)(.|\n)*labels\[:, 0\]"),
        (np.array([0.0, 1.0]), r"found float64 of shape \(2,\)(.|\n)*labels.astype\(int\)"),
        (np.array([True, False]), "found bool"),
        (np.eye(3)[:2], r"found float64 of shape \(2, 3\)(.|\n)*labels.argmax\(axis=1\)"),
    ],
)
def test_labels_that_are_none(target: np.ndarray, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(CnnError, match=says):
        CrossEntropy()(np.zeros((2, 3)), target)
    if target.dtype.kind == "i" and target.ndim == 1:
        with pytest.raises(CnnError, match=says):
            MeanSquares()(np.zeros((2, 3)), target)


def test_labels_of_any_whole_type() -> None:
    logits = np.array([[0.0, log(3)], [0.0, 0.0]])
    for dtype in ("u1", "i2", ">i8", "u8"):
        assert CrossEntropy()(logits, np.array([1, 0], dtype))[0] == pytest.approx((log(4 / 3) + log(2)) / 2, rel=1e-14)


def test_targets_of_another_shape_than_the_output() -> None:
    """A target N, H, W, D has as many numbers as the output N, D, H, W, in another order."""
    for shape in ((2, 4), (2, 4, 5, 3), (2, 3, 5, 4), (2,)):
        with pytest.raises(CnnError, match=r"E809(.|\n)*the output \(2, 3, 4, 5\)"):
            MeanSquares()(np.zeros((2, 3, 4, 5)), np.zeros(shape))
    assert MeanSquares()(np.zeros((2, 1)), np.array([1.0, 3.0]))[0] == 5  # one number a sample: (1 + 9)/2


def test_binary_cross_entropy_by_hand() -> None:
    """sigmoid(ln 3) = 3/4 and sigmoid(0) = 1/2. Against (1, 0): -ln(3/4) and -ln(1/2), against (0.5, 1): the mean of
    -ln(3/4) and -ln(1/4), and -ln(1/2). Gradients (sigmoid - target)/4."""
    output = np.array([[log(3), 0.0], [log(3), 0.0]])
    loss, gradient = BinaryCrossEntropy()(output, np.array([[1.0, 0.0], [0.5, 1.0]]))
    assert loss == pytest.approx((-log(3 / 4) + log(2) - (log(3 / 4) + log(1 / 4)) / 2 + log(2)) / 4, rel=1e-14)
    np.testing.assert_allclose(gradient, [[-1 / 16, 1 / 8], [1 / 16, -1 / 8]], rtol=1e-14)
    for target in (np.array([0, 1]), np.eye(2)):  # labels stand for their onehot vectors
        assert BinaryCrossEntropy()(output, target)[0] == pytest.approx(
            (-log(3 / 4) + log(2) - log(1 / 4) + log(2)) / 4, rel=1e-14
        )


def test_binary_cross_entropy_of_one_output() -> None:
    """One number a sample says which of two classes it is."""
    loss, gradient = BinaryCrossEntropy()(np.array([[log(3)], [0.0]]), np.array([1, 0]))
    assert loss == pytest.approx((log(4 / 3) + log(2)) / 2, rel=1e-14)
    np.testing.assert_allclose(gradient, [[-1 / 8], [1 / 4]], rtol=1e-14)
    with pytest.raises(CnnError, match="label 2 of sample 1"):
        BinaryCrossEntropy()(np.zeros((2, 1)), np.array([0, 2]))


def test_binary_cross_entropy_of_large_logits() -> None:
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, gradient = BinaryCrossEntropy()(np.array([[1e4, -1e4]], np.float32), np.array([1]))
    assert loss == 1e4
    np.testing.assert_array_equal(gradient, np.array([[0.5, -0.5]], np.float32))


@pytest.mark.parametrize("target", [np.array([[0.5, 1.5]]), np.array([[-0.1, 0.0]]), np.zeros((1, 3)), np.array([2])])
def test_targets_that_binary_cross_entropy_does_not_take(target: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(CnnError, match="E809"):
        BinaryCrossEntropy()(np.zeros((1, 2)), target)


def test_class_weights_by_hand() -> None:
    """Six labels: three of class 0, two of 1, one of 2 count 6/(3*3), 6/(3*2) and 6/(3*1); a class without any 0."""
    labels = np.array([0, 1, 0, 2, 1, 0])
    np.testing.assert_allclose(balanced(labels, 3), [2 / 3, 1, 2])
    np.testing.assert_allclose(balanced(labels, 4), [1 / 2, 3 / 4, 3 / 2, 0])
    # logits all 0: each sample's loss is ln 3, times what its label counts; they count 1 on average
    assert CrossEntropy(classes=balanced(labels, 3))(np.zeros((6, 3)), labels)[0] == pytest.approx(log(3))
    assert CrossEntropy(classes=balanced(labels, 3))(np.zeros((2, 3)), np.array([2, 0]))[0] == pytest.approx(
        log(3) * (2 + 2 / 3) / 2
    )


def test_a_loss_of_others_does_not_weigh_classes() -> None:
    class Theirs:
        name = "theirs"

        def __call__(self, output, target):  # noqa: ARG002
            return 0.0, output

    entry = Entry("loss", "theirs", Plain, "", (), make=lambda _: Theirs())
    with pytest.raises(CnnError, match="`classweight` does not go with `loss theirs`"):
        make_loss(Setting("theirs", Plain(), entry=entry), np.ones(2))
