"""Event files as TensorBoard itself reads them, and pictures of classes with hostile names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import cnndsl

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


def test_a_class_may_be_called_anything(run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from cnndsl.runs.plots import plot

    found = run.data()
    named = replace(found, names=("$\\frac{$", "$x", "<b>", "_" * 40, *"456789"))
    _, confusion = plot(replace(run, data=lambda: named))
    data = confusion.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big") > 500
