"""A checkpoint and a run of each released format keep loading. What they hold was chosen by hand, and is said here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

import cnndsl
from cnndsl.state import checkpoint, weights
from cnndsl.training import position

SAMPLES = Path(__file__).with_name("samples")


def quarters(*shape: int, first: float = 0.0) -> np.ndarray:
    """Numbers that float32 holds exactly: first, first + 1/4, first + 1/2, ..."""
    return (np.arange(np.prod(shape)) / 4 + first).reshape(shape).astype("float32")


def test_a_checkpoint_of_format_1() -> None:
    found = checkpoint.load(SAMPLES / "format1.safetensors")
    for arrays, offsets, suffix in (
        (found.state, (0, -1), ""),
        (found.slots, (10, 20), "/velocity"),
        (found.averages, (30, 40), ""),
    ):
        assert set(arrays) == {f"fc1.weight{suffix}", f"fc1.bias{suffix}"}
        np.testing.assert_array_equal(arrays[f"fc1.weight{suffix}"], quarters(2, 3, first=offsets[0]))
        np.testing.assert_array_equal(arrays[f"fc1.bias{suffix}"], quarters(2, first=offsets[1]))
    stands = position.load(found.position)
    assert (stands.epoch, stands.step, stands.cut, stands.best_epoch, stands.seconds) == (3, 1, False, 2, 0.125)
    assert (stands.sums.samples, stands.sums.loss_sum, stands.sums.losses) == (20, 1.5, {"main": 1.5})
    assert (stands.sums.right, stands.norms) == ({"main": 7}, {"fc1.weight": 0.25})
    assert (stands.last, stands.best) == ({"loss": 2.5}, {"loss": 2.25})


def test_a_run_of_format_1_goes_on(tmp_path: Path) -> None:
    """It was stopped after 5 of its 9 steps."""
    run = Path(shutil.copytree(SAMPLES / "format1", tmp_path / "run"))
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    model = cnndsl.load_run(run).model
    assert model.parameters["conv1.weight"].shape == (2, 1, 3, 3)
    done = cnndsl.resume(run)
    assert done.test.steps == 9
    assert [epoch.epoch for epoch in done.history] == [2, 3]
    assert set(weights.load(run / "best.safetensors").state) == set(model.state)
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 4
