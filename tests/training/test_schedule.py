"""Learning rates against numbers worked by hand."""

from __future__ import annotations

from math import sqrt

import pytest

from cnndsl.recipe.block import KEYS
from cnndsl.recipe.spec import Setting
from cnndsl.training.events import StepDone
from cnndsl.training.schedule import rate


def rates(word: str, *, lr: float = 1.0, steps: int, per_epoch: int = 1, **attrs: float) -> list[float]:
    setting = Setting(word, KEYS["schedule"].entry(word).attrs(**attrs))
    return [rate(setting, lr, step=s, steps=steps, steps_per_epoch=per_epoch) for s in range(steps)]


def test_constant() -> None:
    assert rates("constant", lr=0.3, steps=3) == [0.3] * 3


def test_warmup_rises_by_the_same_amount_a_step() -> None:
    """Two epochs of two steps: quarters of the rate, which is reached at the fourth."""
    assert rates("constant", lr=0.8, steps=6, per_epoch=2, warmup=2) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_steps_of_epochs() -> None:
    """Epochs of two steps; a tenth from epoch 3 on (counted from 1), a hundredth from epoch 5 on."""
    expected = [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01]
    assert rates("step", steps=10, per_epoch=2, every=2, factor=0.1) == pytest.approx(expected)


def test_steps_are_counted_from_the_first_epoch_with_a_warmup_too() -> None:
    assert rates("step", steps=6, every=3, factor=0.5, warmup=2) == pytest.approx([0.5, 1, 1, 0.5, 0.5, 0.5])


def test_cosine() -> None:
    """(1 + cos(pi*t/6))/2 for t = 0 to 5: cosines of 0, 30, 60, 90, 120, 150 degrees."""
    root = sqrt(3) / 2
    expected = [1, (1 + root) / 2, 0.75, 0.5, 0.25, (1 - root) / 2]
    assert rates("cosine", steps=6) == pytest.approx(expected)


def test_cosine_runs_over_what_the_warmup_leaves() -> None:
    assert rates("cosine", lr=2, steps=6, warmup=2) == pytest.approx([1, 2, 2, 1 + sqrt(0.5), 1, 1 - sqrt(0.5)])


def test_onecycle() -> None:
    """Ten steps: up from 1/25 over 3 steps, half way at the second: (1 + 1/25)/2; down over 7 to 1/250,000. With 20
    the rise ends at step 5, and half of the way down, at 12, the mean of both ends is reached."""
    found = rates("onecycle", steps=10)
    assert found[:3] == pytest.approx([0.04, 0.52, 1.0])
    assert found[-1] == pytest.approx(4e-6)
    assert found[2:] == sorted(found[2:], reverse=True)
    assert rates("onecycle", steps=20)[12] == pytest.approx((1 + 4e-6) / 2)


@pytest.mark.parametrize("word", ["constant", "step", "cosine", "onecycle"])
@pytest.mark.parametrize(("steps", "warmup"), [(1, 0), (2, 0), (3, 3), (4, 9), (5, 4)])
def test_short_trainings_have_rates(word: str, steps: int, warmup: int) -> None:
    assert all(0 <= r <= 1 for r in rates(word, steps=steps, warmup=warmup))


def test_the_trainer_follows_it(trainer) -> None:
    """A rate so small that it cannot be seen changes nothing; in the second epoch the weights rest."""
    made = trainer(schedule=Setting("step", KEYS["schedule"].entry("step").attrs(every=1, factor=1e-30)), epochs=2)
    states = [made.state()["fc1.weight"] for event in made.run() if isinstance(event, StepDone)]
    assert len(states) == 10
    assert (states[4] != states[0]).any()
    assert (states[4] == states[9]).all()
