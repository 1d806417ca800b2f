"""The trials before a training: one batch by heart, and the rates."""

from __future__ import annotations

import numpy as np
import pytest

import cnndsl
from cnndsl.api import trainer
from cnndsl.cli.main import main
from cnndsl.diagnostics import CnnError
from cnndsl.training.trainer import Tried
from cnndsl.training.trials import Rates, find_rate, overfit

NET = "INPUT 8x8x1\nFC 30 relu\nFC 10\ntrain { data digits; batch 16; optimizer %s }"


def made(optimizer: str = "adam lr 0.01", net: str = NET):
    return trainer(cnndsl.loads(net % optimizer))


def test_a_batch_is_learned_by_heart() -> None:
    found = overfit(made())
    assert found.learned
    assert found.accuracy == 1
    assert (found.samples, found.stopped) == (16, None)
    assert found.steps < 300
    assert found.first_loss == pytest.approx(np.log(10), abs=1.5)  # knows nothing yet
    assert found.last_loss < found.first_loss
    assert set(found.norms) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}


def test_a_rate_of_nothing_learns_nothing() -> None:
    found = overfit(made("sgd lr 1e-9"))
    assert not found.learned
    assert found.steps == 300
    assert found.last_loss == pytest.approx(found.first_loss, rel=1e-3)


def test_a_rate_that_is_much_too_high() -> None:
    found = overfit(made("sgd lr 1000", "INPUT 8x8x1\nFC 30; FC 30; FC 10\ntrain { data digits; optimizer %s }"))
    assert not found.learned
    assert found.stopped is not None


class Curve:
    """A trainer whose loss is a function of the rate."""

    def __init__(self, loss):
        self._loss = loss

    def batches(self, _: int):
        return iter([None] * 7)

    def trial(self, batches, rate):
        for step, _ in enumerate(batches):
            loss = self._loss(rate(step))
            yield Tried(rate(step), loss, None, {}, None if np.isfinite(loss) else "it")


def test_rates_on_a_curve_that_is_known() -> None:
    """Flat at 2 up to 1e-4, down to 1 at 1e-1 along a line over the logarithm, then up steeply: 5 at 1, more at 10."""
    found = find_rate(Curve(lambda lr: float(np.interp(np.log10(lr), [-4, -1, 0, 1], [2, 1, 5, 100]))))
    rates = [rate for rate, _ in found.tried]
    assert rates[0] == pytest.approx(1e-6)
    assert np.ptp(np.diff(np.log(rates))) < 1e-9
    assert rates[-1] < 9  # it ran away
    assert 1e-4 < found.steepest < 1e-1
    assert found.lowest == pytest.approx(0.13, rel=0.3)  # the smoothed loss is a little late
    assert found.advice == 0.01


@pytest.mark.parametrize("loss", [lambda _: 2.0, lambda lr: 2 + lr, lambda _: float("nan")])
def test_a_loss_that_falls_nowhere(loss) -> None:
    with pytest.raises(CnnError, match=r"falls at no rate|at the lowest rate"):
        find_rate(Curve(loss))


def test_the_advice_trains() -> None:
    advice = find_rate(made("sgd")).advice
    assert 1e-4 < advice < 1
    done = cnndsl.train(NET % f"sgd lr {advice:g}".replace("e-0", "e-"))
    assert done.history[-1].loss < done.history[0].loss < np.log(10) * 1.5


def test_advice_has_one_digit() -> None:
    assert Rates((), 0.02, 0.345).advice == 0.03
    assert Rates((), 0.02, 1.0).advice == 0.1


def test_the_commands(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.cnn").write_text(NET % "adam lr 0.01")
    assert main(["run", "n.cnn", "--dry"]) == 0
    out = capsys.readouterr().out
    assert "ok: the network learns a batch by heart" in out
    assert "the whole training is 810 steps" in out  # 1,287 samples, 81 batches of 16, 10 epochs
    (tmp_path / "bad.cnn").write_text(NET % "sgd lr 1e-9")
    assert main(["run", "bad.cnn", "--dry"]) == 1
    assert "`--find-lr` looks for one" in capsys.readouterr().out
    assert main(["run", "n.cnn", "--find-lr"]) == 0
    out = capsys.readouterr().out
    assert "--set optimizer.lr=" in out
    assert max(map(len, out.splitlines())) <= 80
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.cnn", "n.cnn"]
    for wrong in (["--dry", "--out", "x"], ["--find-lr", "--resume", "x"]):
        assert main(["run", "n.cnn", *wrong]) == 2
    with pytest.raises(SystemExit):
        main(["run", "n.cnn", "--dry", "--find-lr"])
