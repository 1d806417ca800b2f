"""CnnClassifier among scikit-learn's own: its checks for estimators, and what people do with classifiers."""

from __future__ import annotations

import doctest
import pickle
import re
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the judge of its estimators: pip install scikit-learn==1.9.1")

from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import cnndsl.sklearn
from cnndsl.sklearn import CnnClassifier

TEXT = "INPUT 8x8x1; CONV 3x3 *8 pad 1 relu; POOL max 2; FC 10; train { epochs 4; optimizer adam lr 0.01; seed 1 }"
DIGITS, LABELS = load_digits(return_X_y=True)
IMAGES = DIGITS.reshape(-1, 1, 8, 8)


@parametrize_with_checks([CnnClassifier()])
def test_the_checks_for_estimators(estimator: Any, check: Any) -> None:
    """All of them, with the network that is made for X where none is given."""
    check(estimator)


@pytest.fixture(scope="module")
def fitted() -> CnnClassifier:
    return CnnClassifier(TEXT).fit(IMAGES[:1200], LABELS[:1200])


def test_it_learns_and_every_form_of_x_is_the_same(fitted: CnnClassifier) -> None:
    rest, right = IMAGES[1200:], LABELS[1200:]
    assert fitted.score(rest, right) > 0.9
    found = fitted.predict_proba(rest)
    assert found.shape == (len(rest), 10)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(rest)))
    assert np.array_equal(fitted.predict(rest), found.argmax(axis=1))
    for other in (DIGITS[1200:], rest[:, 0], rest.transpose(0, 2, 3, 1), rest.tolist(), rest.astype(np.uint8)):
        assert fitted.predict_proba(other) == pytest.approx(found, abs=1e-12)
    assert fitted.n_features_in_ == 64
    assert len(fitted.loss_curve_) == 4
    again = CnnClassifier(TEXT).fit(DIGITS[:1200], LABELS[:1200])
    assert all(np.array_equal(again.weights_[name], array) for name, array in fitted.weights_.items())


def test_it_is_the_training_of_the_program(fitted: CnnClassifier, tmp_path, monkeypatch) -> None:
    """The same samples from a file, through `train`: the same bits."""
    monkeypatch.chdir(tmp_path)
    x, y = IMAGES.astype(np.float32), LABELS
    np.savez("d.npz", x_train=x[:1200], y_train=y[:1200], x_test=x[1200:], y_test=y[1200:])
    trained = cnndsl.train(cnndsl.loads(TEXT.replace("train {", 'train { data npz "d.npz"; split 1;')))
    assert all(np.array_equal(fitted.weights_[name], array) for name, array in trained.model.state.items())
    rest = fitted.score(x[1200:], y[1200:])
    assert rest == pytest.approx(trained.test.test_accuracy)


KINDS = {
    "texts": lambda n: f"nr {n}",
    "gaps": lambda n: 7 * n - 3,
    "truths": lambda n: n == 0,
    "floats": float,
}


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_any_kind(kind: str) -> None:
    labels = np.array([KINDS[kind](n) for n in LABELS[:300]])
    made = CnnClassifier("INPUT 8x8x1; FC 10", lr=0.1, epochs=10)
    with pytest.warns(UserWarning, match="W601") if kind == "truths" else nullcontext():
        made.fit(IMAGES[:300], labels)
    assert made.classes_.tolist() == sorted(set(labels.tolist()))
    assert made.predict_proba(IMAGES[:5]).shape == (5, len(made.classes_))
    assert made.predict_proba(IMAGES[:5]).sum(axis=1) == pytest.approx(np.ones(5))
    assert made.score(IMAGES[:300], labels) > 0.9
    assert set(made.predict(IMAGES[:50]).tolist()) <= set(labels.tolist())


def test_in_pipelines_and_searches() -> None:
    X, y = load_iris(return_X_y=True)
    tabular = CnnClassifier("INPUT 1x1x4; FC 16 relu; FC 3; train { epochs 30; batch 16; optimizer adam lr 0.01 }")
    assert cross_val_score(make_pipeline(StandardScaler(), tabular), X, y, cv=3).mean() > 0.9
    images = make_pipeline(FunctionTransformer(lambda X: X / 16), CnnClassifier(TEXT, epochs=1))
    search = GridSearchCV(images, {"cnnclassifier__lr": [1e-6, 0.01]}, cv=2).fit(IMAGES[:400], LABELS[:400])
    assert search.best_params_ == {"cnnclassifier__lr": 0.01}
    assert search.predict(IMAGES[:3]).shape == (3,)


def test_parameters_go_before_the_text() -> None:
    made = clone(CnnClassifier(TEXT)).set_params(epochs=2, batch=16, lr=0.002, settings={"schedule": "cosine"})
    made.fit(IMAGES[:100], LABELS[:100])
    program = re.sub(r"\s+", " ", made.program_)
    for said in ("epochs 2", "batch 16", "optimizer adam lr 0.002", "schedule cosine", "seed 1"):
        assert said in program, program
    assert len(made.loss_curve_) == 2
    assert made.get_params()["lr"] == 0.002


def test_random_state_is_the_seed() -> None:
    def weights(state: Any) -> np.ndarray:
        return CnnClassifier(TEXT, epochs=1, random_state=state).fit(IMAGES[:50], LABELS[:50]).weights_["fc1.weight"]

    assert np.array_equal(weights(5), weights(5))
    assert not np.array_equal(weights(5), weights(6))
    assert np.array_equal(weights(None), weights(1))  # the block's
    assert np.array_equal(weights(np.random.RandomState(3)), weights(np.random.RandomState(3)))


def test_pickled_it_says_the_same(fitted: CnnClassifier) -> None:
    other = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(other.predict_proba(IMAGES[:9]), fitted.predict_proba(IMAGES[:9]))
    assert {type(value) for value in other.weights_.values()} == {np.ndarray}
    plain = {name: value for name, value in vars(other).items() if name.endswith("_")}
    assert {type(value).__module__ for value in plain.values()} <= {"builtins", "numpy"}


def test_bytes_and_their_numbers_are_one() -> None:
    bytes_ = (IMAGES * 15).astype(np.uint8)
    made = CnnClassifier(TEXT, epochs=1, settings={"normalize": "none"}).fit(bytes_[:200], LABELS[:200])
    assert made.preparation_["scale"] == (1 / 255,)
    assert made.predict_proba(bytes_[:9]) == pytest.approx(made.predict_proba(bytes_[:9].astype(float)), abs=1e-12)


def test_two_classes_of_one_number() -> None:
    y = np.where(LABELS[:300] > 4, "large", "small")
    made = CnnClassifier("INPUT 8x8x1; FC 16 relu; FC 1; train { loss bce; optimizer adam lr 0.01 }", epochs=20)
    assert made.fit(IMAGES[:300], y).score(IMAGES[:300], y) > 0.9
    assert made.predict_proba(IMAGES[:4]).sum(axis=1) == pytest.approx(np.ones(4))
    squares = CnnClassifier("INPUT 8x8x1; FC 16 relu; FC 2; train { loss mse; optimizer adam lr 0.01 }", epochs=20)
    assert squares.fit(IMAGES[:300], y).score(IMAGES[:300], y) > 0.9
    with pytest.raises(ValueError, match="`mse` knows no probabilities"):
        squares.predict_proba(IMAGES[:4])


def test_what_needs_validation_gets_some() -> None:
    made = CnnClassifier(TEXT, settings={"epochs": 30, "stop": "at 0.01"}).fit(IMAGES[:200], LABELS[:200])
    assert len(made.loss_curve_) == 1


def test_data_in_the_text_are_left_out_with_a_word() -> None:
    text = TEXT.replace("train {", "train { data mnist pad 2;")
    with pytest.warns(UserWarning, match="`data mnist pad 2` in the text is not used"):
        made = CnnClassifier(text, epochs=1).fit(IMAGES[:50], LABELS[:50])
    assert "mnist" not in made.program_


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"text": "INPUT 8x8x1; CONVV 3x3 *8; FC 10"}, "did you mean `CONV`"),
        ({"text": "CONV 3x3 *8; FC 10"}, "does not say how large its input is"),
        ({"text": "INPUT 9x8x1; FC 10"}, "X is 50x1x8x8, and the network takes N x 1x9x8"),
        ({"text": "INPUT 8x8x1; FC 9"}, "E604"),
        ({"text": 5}, "`text` is a program, found int"),
        ({"lr": -1.0}, "lr"),
        ({"epochs": 0}, "epochs"),
        ({"text": "INPUT 8x8x1; FC 10; train { loss mse }", "lr": 1000.0, "epochs": 200}, "training stopped"),
        ({"backend": "none"}, "none"),
        ({"settings": {"data": "digits"}}, "`data` is no setting here"),
        ({"settings": {"bach": 3}}, "batch"),
    ],
)
def test_mistakes_are_value_errors_with_our_words(how: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        CnnClassifier(**{"text": TEXT, **how}).fit(IMAGES[:50], LABELS[:50])


def test_mistakes_of_data() -> None:
    made = CnnClassifier(TEXT, epochs=1)
    with pytest.raises(NotFittedError):
        made.predict(IMAGES)
    with pytest.raises(ValueError, match="one class"):
        made.fit(IMAGES[:5], np.zeros(5))
    with pytest.raises(ValueError, match="X has 63 features, and the network takes 64"):
        made.fit(DIGITS[:50, :63], LABELS[:50])
    wrong = IMAGES[:50].copy()
    wrong[3, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        made.fit(wrong, LABELS[:50])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        made.fit(IMAGES[:50], LABELS[:49])
    made.fit(IMAGES[:50], LABELS[:50])
    with pytest.raises(ValueError, match="expecting 64 features"):
        made.predict(DIGITS[:3, :5])
    with pytest.raises(ValueError, match="network takes N x 1x8x8"):
        made.predict(np.zeros((3, 3, 8, 8)))


def test_the_example_of_the_module_is_so() -> None:
    assert doctest.testmod(cnndsl.sklearn) == (0, 5)
