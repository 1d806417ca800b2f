"""The sample package's augmentation: it is what the training sees, by the numbers it is given."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl import CnnError
from cnndsl.builtin import PLUGIN as BUILTIN
from cnndsl.plugins import Registry, registry

SAMPLE = Path(__file__).parent.parent / "plugin_sample"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.syspath_prepend(str(SAMPLE))
    return registry([BUILTIN, import_module("cnndsl_sample").PLUGIN])


def trained(known: Registry, more: str) -> np.ndarray:  # type: ignore[type-arg]
    text = f"INPUT 8x8x1\nFC 10\ntrain {{ data digits limit 60; batch 60; epochs 1; {more} }}"
    model = cnndsl.train(cnndsl.loads(text, registry=known)).model
    return np.concatenate([np.ravel(p) for p in model.parameters.values()])


def test_a_factor_of_one_changes_nothing_and_others_do(known: Registry) -> None:
    plain = trained(known, "")
    np.testing.assert_allclose(trained(known, "augment dim 1"), plain, rtol=1e-5, atol=1e-6)
    assert np.abs(trained(known, "augment dim 0") - plain).max() > 1e-4


def test_factors_by_hand(known: Registry) -> None:
    (setting,) = cnndsl.loads(
        "INPUT 8x8x1\nFC 10\ntrain { data digits; augment dim 0.5 }", registry=known
    ).recipe.augment
    found = setting.made({})(np.ones((3, 1, 1, 1), np.float32), np.array([[0.0], [0.5], [0.75]]))
    assert found.ravel().tolist() == [0.5, 0.75, 0.875]


def test_its_arguments_are_held_to_their_bounds(known: Registry) -> None:
    with pytest.raises(CnnError, match="E504"):
        cnndsl.loads("INPUT 8x8x1\nFC 10\ntrain { data digits; augment dim 2 }", registry=known)
