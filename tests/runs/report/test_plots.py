"""Event files as TensorBoard itself reads them, and pictures of classes with hostile names."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.training.events import EpochDone, StepDone

PROGRAM = """INPUT 8x8x1; HEAD aux( FC 10 ); FC 12 relu; FC 10
train { data digits limit 200; epochs 3; batch 50; metric top5; loss cross_entropy; loss aux cross_entropy }"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("plots") / "run"
    cnndsl.train(PROGRAM, out=folder)
    return cnndsl.load_run(folder)


def test_event_files_are_read_by_tensorboard(run) -> None:
    pytest.importorskip("tensorboardX")
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    from cnndsl.runs.tensorboard import write_events

    for _ in range(2):  # the second time in place of the first
        folder = write_events(run)
    assert len(list(folder.iterdir())) == 1
    events = reading.EventAccumulator(str(folder))
    events.Reload()
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    epochs = [line for line in lines if line["event"] == "epoch"]
    for tag in ("loss", "validation_loss", "accuracy", "validation_accuracy", "validation_top5", "lr"):
        found = events.Scalars(tag)
        assert [e.step for e in found] == [1, 2, 3]
        assert [e.value for e in found] == pytest.approx([line[tag] for line in epochs], rel=1e-6)
    norms = [e.value for e in events.Scalars("gradient_norms/aux.fc1.weight")]
    assert norms == pytest.approx([line["gradient_norms"]["aux.fc1.weight"] for line in epochs], rel=1e-6)
    heads = [e.value for e in events.Scalars("heads/aux/loss")]
    assert heads == pytest.approx([line["heads"]["aux"]["loss"] for line in epochs], rel=1e-6)


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = reading.EventAccumulator(str(folder))
    events.Reload()
    return [(e.step, e.value) for e in events.Scalars(tag)]


def test_a_run_writes_them_as_it_goes(tmp_path: Path, capsys) -> None:
    """After a resume those of before are there too, each once."""
    pytest.importorskip("tensorboardX")
    program, out = tmp_path / "net.cnn", tmp_path / "run"
    program.write_text(PROGRAM)
    assert main(["run", str(program), "--out", str(out), "--tensorboard", "--no-report"]) == 0
    assert main(["run", "--resume", str(out), "--set", "epochs=5", "--tensorboard", "--no-report"]) == 0
    losses = [line["loss"] for line in cnndsl.load_run(out).history]
    steps, values = zip(*scalars(out / "tensorboard", "loss"), strict=True)
    assert steps == (1, 2, 3, 4, 5)
    assert values == pytest.approx(losses, rel=1e-6)


def test_epochs_are_there_before_the_end(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    from cnndsl import api
    from cnndsl.runs.recorded import recorded
    from cnndsl.runs.tensorboard import DELAY, followed

    network = cnndsl.loads(PROGRAM)
    trainer = api.trainer(network)
    folder = api.run_folder(network, trainer, tmp_path / "run")
    done = 0
    for event in followed(recorded(trainer, folder), folder.path):
        if isinstance(event, StepDone) and done == 2:
            time.sleep(DELAY + 0.5)
            assert [step for step, _ in scalars(folder.path / "tensorboard", "loss")] == [1, 2]
            done = 3
        done += isinstance(event, EpochDone)


def test_what_is_in_the_way_is_told_and_the_training_goes_on(tmp_path: Path, capsys) -> None:
    pytest.importorskip("tensorboardX")
    program, out = tmp_path / "net.cnn", tmp_path / "run"
    program.write_text(PROGRAM)
    assert main(["run", str(program), "--out", str(out), "--no-report"]) == 0
    (out / "tensorboard").write_text("not a folder")
    assert main(["run", "--resume", str(out), "--set", "epochs=4", "--tensorboard", "--no-report"]) == 0
    told = capsys.readouterr()
    assert "cannot be written" in told.out
    assert "Traceback" not in told.err
    assert len(cnndsl.load_run(out).history) == 4


def test_a_run_draws_pictures_in_the_end(tmp_path: Path, capsys) -> None:
    pytest.importorskip("matplotlib")
    program, out = tmp_path / "net.cnn", tmp_path / "run"
    program.write_text(PROGRAM)
    assert main(["run", str(program), "--out", str(out), "--plot", "--no-report"]) == 0
    assert {"curves.png", "confusion.png"} < {path.name for path in out.iterdir()}
    assert f"pictures in {out / 'curves.png'}, {out / 'confusion.png'}" in capsys.readouterr().out


@pytest.mark.parametrize(("flag", "package"), [("--plot", "matplotlib"), ("--tensorboard", "tensorboardX")])
def test_a_missing_package_is_told_before_the_training(tmp_path: Path, flag, package, monkeypatch, capsys) -> None:
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr("cnndsl.extras.import_module", missing)
    program = tmp_path / "net.cnn"
    program.write_text(PROGRAM)
    assert main(["run", str(program), "--out", str(tmp_path / "run"), flag]) == 2
    assert f"needs {package}" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_class_may_be_called_anything(run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from cnndsl.runs.plots import plot

    found = run.data()
    named = replace(found, names=("$\\frac{$", "$x", "<b>", "_" * 40, *"456789"))
    _, confusion = plot(replace(run, data=lambda: named))
    data = confusion.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big") > 500
