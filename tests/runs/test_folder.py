"""The run folder: what is in it, which name it gets, and what is refused."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from cnndsl.runs.folder import CHECKPOINTS, METRICS, PROGRAM, RUN, WEIGHTS, RunFolder
from cnndsl.state import atomic
from cnndsl.state import weights as files

PROGRAM_TEXT = "INPUT 8x8x1\nFC 10\n"
STATE = {"fc1.weight": np.ones((2, 3), np.float32)}


@pytest.fixture
def made(tmp_path):
    def make(network: str = "net", **options):
        folder = RunFolder.create(network, PROGRAM_TEXT, root=tmp_path / "runs", **options)
        folder.close()
        return folder

    return make


def test_contents(tmp_path) -> None:
    folder = RunFolder.create("net", PROGRAM_TEXT, out=tmp_path / "deep" / "run")
    folder.save_weights(STATE)
    folder.record({"event": "epoch", "epoch": 1, "loss": 0.5, "validation_loss": None})
    lines = (folder.path / METRICS).read_text().splitlines()  # readable while the run goes on
    folder.record({"loss": float("nan"), "more": [float("inf"), 1]})
    folder.describe(status="running", seed=3)
    folder.describe(status="finished")
    folder.close()
    assert (folder.path / PROGRAM).read_text() == PROGRAM_TEXT
    assert [json.loads(line) for line in lines] == [
        {"event": "epoch", "epoch": 1, "loss": 0.5, "validation_loss": None}
    ]
    assert (folder.path / METRICS).read_text().splitlines()[1] == '{"loss": null, "more": [null, 1]}'
    about = json.loads((folder.path / RUN).read_text())
    assert (about["network"], about["status"], about["seed"], about["format"]) == ("net", "finished", 3, 1)
    assert {"cnndsl", "python", "numpy"} <= set(about)
    found = files.load(folder.path / WEIGHTS)
    np.testing.assert_array_equal(found.state["fc1.weight"], STATE["fc1.weight"])
    assert found.metadata["cnndsl_network"] == "net"
    assert sorted(p.name for p in folder.path.iterdir()) == sorted([WEIGHTS, PROGRAM, METRICS, RUN, CHECKPOINTS])


def test_fresh_names(made, tmp_path) -> None:
    assert [made().path.name for _ in range(3)] == ["net-1", "net-2", "net-3"]
    assert made("other").path.name == "other-1"
    for name in ("net-7", "net-7b", "net-x", "network-99"):
        (tmp_path / "runs" / name).mkdir()
    assert made().path.name == "net-8"


@pytest.mark.parametrize(
    ("network", "name"), [("a/../b", "a-..-b-1"), ("<string>", "string-1"), ("..", "network-1"), ("net é", "net-é-1")]
)
def test_names_that_a_folder_cannot_have(made, tmp_path, network, name) -> None:
    folder = made(network)
    assert folder.path == tmp_path / "runs" / name
    assert folder.path.is_dir()


def test_two_runs_that_start_at_once(made, tmp_path, monkeypatch) -> None:
    """Another run takes the name between the look and the mkdir."""
    (tmp_path / "runs").mkdir()
    original = type(tmp_path).iterdir

    def stale(folder):
        found = list(original(folder))
        (tmp_path / "runs" / "net-1").mkdir(exist_ok=True)
        return found

    monkeypatch.setattr(type(tmp_path), "iterdir", stale)
    assert made().path.name == "net-2"


def test_a_folder_that_was_named(made, tmp_path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("kept")
    assert made(out=mine).path == mine
    assert (mine / "notes.txt").read_text() == "kept"


@pytest.mark.parametrize("name", [WEIGHTS, PROGRAM, METRICS, RUN])
def test_a_folder_that_holds_a_run(made, refused, tmp_path, name) -> None:
    (tmp_path / name).write_text("precious")
    error = refused("E806", lambda: made(out=tmp_path))
    assert name in error.diagnostics[0].message
    assert error.exit_code == 2
    assert (tmp_path / name).read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_file_in_the_way(made, refused, tmp_path) -> None:
    (tmp_path / "file").touch()
    assert refused("E803", lambda: made(out=tmp_path / "file")).exit_code == 5
    refused("E803", lambda: made(out=tmp_path / "file" / "below"))
    (tmp_path / "runs").touch()
    refused("E803", lambda: made())


def test_a_folder_that_cannot_be_written_to(made, refused, tmp_path, monkeypatch) -> None:
    def read_only(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(atomic.os, "open", read_only)
    assert "Permission denied" in refused("E803", lambda: made(out=tmp_path / "x")).diagnostics[0].message


def test_metrics_on_a_full_disk(refused, tmp_path, monkeypatch) -> None:
    """Half a line is written before the disk is full: it goes, and both lines come once there is room."""
    folder = RunFolder.create("net", PROGRAM_TEXT, out=tmp_path / "run")
    folder.record({"loss": 2.0})
    write = os.write
    calls = iter(range(2))

    def full(handle: int, data: bytes) -> int:
        if next(calls, 1) == 0:
            return write(handle, data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cnndsl.runs.log.os.write", full)
    assert refused("E803", lambda: folder.record({"loss": 1.0})).exit_code == 5
    assert (tmp_path / "run" / METRICS).read_text() == '{"loss": 2.0}\n'
    monkeypatch.setattr("cnndsl.runs.log.os.write", write)
    folder.record({"loss": 0.5})
    folder.close()
    assert (tmp_path / "run" / METRICS).read_text() == '{"loss": 2.0}\n{"loss": 1.0}\n{"loss": 0.5}\n'
