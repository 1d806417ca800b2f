"""Trainings that end early, and what a run's folder holds then."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from cnndsl.runs.folder import METRICS, RUN, WEIGHTS, RunFolder
from cnndsl.runs.recorded import recorded
from cnndsl.state import weights as files
from cnndsl.training.events import EpochDone, StepDone


class Poisoned:
    """A training program that breaks at a step: its loss, or its weights and not its loss."""

    def __init__(self, program, at: int, what: str):
        self._program, self._at, self._what = program, at, what

    def __getattr__(self, name):
        return getattr(self._program, name)

    def step(self, x, targets, *, step, lr):
        done = self._program.step(x, targets, step=step, lr=lr)
        return done._replace(loss=float("inf")) if (self._what, step) == ("loss", self._at) else done

    def state(self, *, copy: bool = True):  # noqa: ARG002
        found = self._program.state()
        if self._what == "weights":
            found["fc1.weight"][0, 0] = np.nan
        return found


def test_not_a_number_stops_at_its_step(net, trainer, refused) -> None:
    """A rate of 1000 on three layers that multiply: the initial weights are what is left."""
    steps = [("FC", {"units": units}) for units in (8, 8, 3)]
    made = trainer(net(("INPUT", {"size": (4, 4, 1)}), *steps), optimizer="sgd lr 1000", epochs=50)
    before = files.digest(made.state())
    error = refused("E804", lambda: list(made.run()))
    assert error.exit_code == 3
    assert "epoch 1, step " in error.diagnostics[0].message
    assert "lr 100" in error.diagnostics[0].help[0]
    assert files.digest(made.state()) == before


def test_the_last_finite_epoch_is_kept(trainer, refused) -> None:
    """Step 12 is the third of the third epoch: what is kept is the second epoch's end."""
    short = trainer(epochs=2)
    list(short.run())
    made = trainer()
    made._program = Poisoned(made._program, at=12, what="loss")
    error = refused("E804", lambda: list(made.run()))
    assert "the loss is inf" in error.diagnostics[0].message
    assert "at epoch 3, step 3 of 5" in error.diagnostics[0].message
    assert files.digest(made.state()) == files.digest(short.state())


def test_weights_that_are_not_finite_at_an_epochs_end(trainer, refused) -> None:
    made = trainer()
    made._program = Poisoned(made._program, at=0, what="weights")
    error = refused("E804", lambda: list(made.run()))
    assert "fc1.weight is not finite after epoch 1" in error.diagnostics[0].message
    assert all(np.isfinite(array).all() for array in made.state().values())


def test_a_validation_loss_that_is_not_finite(trainer, refused, monkeypatch) -> None:
    made = trainer()
    broken = replace(made._judgement, losses={"main": lambda output, _: (float("nan"), output)})
    monkeypatch.setattr(made, "_judgement", broken)
    assert "validation loss" in refused("E804", lambda: list(made.run())).diagnostics[0].message


def test_recorded(trainer, tmp_path) -> None:
    made = trainer()
    folder = RunFolder.create("tiny", "INPUT 4x4x1\n", out=tmp_path)
    events = list(recorded(made, folder))
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert [line["event"] for line in lines] == ["epoch", "epoch", "epoch", "test"]
    assert lines[1]["validation_accuracy"] == [e for e in events if isinstance(e, EpochDone)][1].validation_accuracy
    about = json.loads((tmp_path / RUN).read_text())
    assert (about["status"], about["backend"], about["seed"]) == ("finished", "vectorized", 0)
    assert about["test_accuracy"] == events[-1].test_accuracy
    assert files.load(tmp_path / WEIGHTS).metadata["cnndsl_content"] == files.digest(made.state())


def test_initial_weights_are_saved_before_the_first_step(trainer, tmp_path) -> None:
    made = trainer()
    with closing(recorded(made, RunFolder.create("tiny", "", out=tmp_path))) as events:
        next(events)
        assert files.load(tmp_path / WEIGHTS).metadata["cnndsl_content"] == files.digest(made.state())
        assert json.loads((tmp_path / RUN).read_text())["status"] == "running"


def test_a_folder_that_fails_before_the_first_step(trainer, tmp_path, refused, monkeypatch) -> None:
    made = trainer()
    folder = RunFolder.create("tiny", "", out=tmp_path)
    before = files.digest(made.state())

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cnndsl.state.atomic.os.write", full)
    assert refused("E803", lambda: list(recorded(made, folder))).exit_code == 5
    assert files.digest(made.state()) == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def interrupted_at(made, tmp_path, where: str, monkeypatch) -> None:
    """Ctrl-C in the second step of the second epoch, inside it or while the caller handles its event."""
    if where == "inside":
        original = made._program.step

        def step(x, targets, *, step, lr):
            if step == 6:
                raise KeyboardInterrupt
            return original(x, targets, step=step, lr=lr)

        monkeypatch.setattr(made._program, "step", step)

    def drive() -> None:
        with closing(recorded(made, RunFolder.create("tiny", "", out=tmp_path))) as events:
            for event in events:
                if isinstance(event, StepDone) and (event.epoch, event.step) == (2, 2) and where == "between":
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive()


@pytest.mark.parametrize(("where", "steps"), [("inside", 5), ("between", 7)])
def test_an_interruption_leaves_what_is_whole(trainer, tmp_path, where, steps, monkeypatch) -> None:
    """Between two steps the state of that moment is saved. Inside one it may be of both, so the last one saved
    stays."""
    interrupted_at(trainer(), tmp_path, where, monkeypatch)
    reached = trainer(steps=steps)
    list(reached.run())
    assert files.load(tmp_path / WEIGHTS).metadata["cnndsl_content"] == files.digest(reached.state())
    assert json.loads((tmp_path / RUN).read_text())["status"] == "interrupted"
    assert len((tmp_path / METRICS).read_text().splitlines()) == 1


def test_a_stop_is_recorded_with_the_last_good_weights(trainer, tmp_path, refused) -> None:
    made = trainer()
    made._program = Poisoned(made._program, at=12, what="loss")
    refused("E804", lambda: list(recorded(made, RunFolder.create("tiny", "", out=tmp_path))))
    about = json.loads((tmp_path / RUN).read_text())
    assert about["status"] == "stopped"
    assert "epoch 3" in about["reason"][0]
    assert files.load(tmp_path / WEIGHTS).metadata["cnndsl_content"] == files.digest(made.state())
