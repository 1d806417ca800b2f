"""`--set` on the command line: what is kept of it, and runs that go on with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.main import main

NET = """INPUT 8x8x1
FC 10
train { data digits limit 40; epochs 2; batch 20; optimizer sgd lr 0.1 }
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.cnn"
    path.write_text(NET, encoding="utf-8")
    return path


def test_a_run_keeps_the_program_that_was_run(net: Path) -> None:
    assert main(["run", "net.cnn", "--out", "r", "--set", "epochs=1", "--set", "optimizer.lr=0.05"]) == 0
    assert Path("r/program.cnn").read_text(encoding="utf-8") == (
        "INPUT 8x8x1\nFC 10\ntrain { data digits limit 40; epochs 1; batch 20; optimizer sgd lr 0.05 }\n"
    )
    assert net.read_text(encoding="utf-8") == NET
    assert cnndsl.load_run("r").model


def test_a_run_goes_on_with_more_epochs_as_if_it_had_had_them_from_the_first(net: Path) -> None:
    assert main(["run", "net.cnn", "--out", "long", "--set", "epochs=3"]) == 0
    assert main(["run", "net.cnn", "--out", "short"]) == 0
    assert main(["run", "--resume", "short", "--set", "epochs=3"]) == 0
    assert Path("short/weights.safetensors").read_bytes() == Path("long/weights.safetensors").read_bytes()
    assert "epochs 3" in Path("short/program.cnn").read_text(encoding="utf-8")


def test_a_run_that_is_set_wrong_stays_as_it_is(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "net.cnn", "--out", "r"]) == 0
    before = {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()}
    assert main(["run", "--resume", "r", "--set", "epochs=0"]) == 2
    assert "--set:1:8" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("typed", ["seed=3", "split=0.5", "data.limit=60", "data=digits"])
def test_a_run_keeps_its_samples(net: Path, typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it validated on is not trained on later."""
    assert main(["run", "net.cnn", "--out", "r"]) == 0
    before = {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()}
    assert main(["run", "--resume", "r", "--set", "epochs=3", "--set", typed]) == 2
    said = capsys.readouterr().err
    assert "error[E806]: a run keeps its `" in said
    assert {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()} == before
    with pytest.raises(cnndsl.CnnError, match="keeps its `seed`"):
        cnndsl.resume("r", settings={"seed": 5})
    assert cnndsl.resume("r", settings={"epochs": 3}).history[-1].epoch == 3


def test_what_show_and_check_say(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory = []
    for batch in (1, 1000):
        assert main(["show", "net.cnn", "--format", "json", "--set", f"batch={batch}"]) == 0
        memory.append(json.loads(capsys.readouterr().out)["totals"]["memory_bytes"]["training"])
    assert memory[0] < memory[1]
    assert main(["check", "net.cnn", "--set", "optimizer.lr=2000", "--format", "json"]) == 2
    (said,) = json.loads(capsys.readouterr().out)
    assert (said["file"], said["line"], said["column"], said["code"]) == ("--set", 1, 14, "E504")


def test_fix_leaves_what_was_typed_alone(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "net.cnn", "--fix", "--set", "optimizer=adamm"]) == 2
    assert "did you mean `adam`?" in capsys.readouterr().out
    assert net.read_text(encoding="utf-8") == NET


def test_a_network_without_a_train_block_is_trained_by_settings(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net.write_text("INPUT 8x8x1\nFC 10\n", encoding="utf-8")
    assert main(["run", "net.cnn", "--out", "r", "--set", "epochs=1"]) == 1
    said = capsys.readouterr().err
    assert "E606" in said
    assert "-->" not in said, "no place in what was typed lacks the data"
    assert main(["run", "net.cnn", "--out", "r", "--set", "epochs=1", "--set", "data=digits limit 40"]) == 0
    assert Path("r/program.cnn").read_text(encoding="utf-8") == (
        "INPUT 8x8x1\nFC 10\n\ntrain {\n  epochs 1\n  data   digits limit 40\n}\n"
    )
