"""A run's folder read back: the figures that the run told, on any backend."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.diagnostics import CnnError

PROGRAM = "INPUT 8x8x1\nFC 24 relu\nFC 10\ntrain { data digits; epochs 4; batch 32; optimizer adam lr 0.005; seed 3 }\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    (place / "net.cnn").write_text(PROGRAM)
    assert main(["run", str(place / "net.cnn"), "--out", str(place / "run")]) == 0
    return place / "run"


def test_the_figures_of_the_run(folder: Path) -> None:
    run = cnndsl.load_run(folder)
    told = json.loads((folder / "run.json").read_text())
    found = run.evaluate()
    assert (found.samples, found.right) == (360, told["test_right"])
    assert found.loss == pytest.approx(told["test_loss"], rel=1e-6)
    assert found.accuracy == pytest.approx(told["test_accuracy"])
    assert run.about["seed"] == 3
    assert [line["epoch"] for line in run.history] == [1, 2, 3, 4]
    validation = run.evaluate("validation")
    assert validation.accuracy == pytest.approx(run.history[-1]["validation_accuracy"])
    assert run.evaluate("train").samples + validation.samples == 1437


def test_the_confusion_counts_every_sample(folder: Path) -> None:
    found = cnndsl.load_run(folder).evaluate()
    assert found.confusion.sum() == 360
    assert np.trace(found.confusion) == found.right
    assert sum(right for _, right, _ in found.by_class()) == found.right
    # of the last 360 digits these many are a 0, a 1, ...: counted in the set's own labels
    from cnndsl.data.sets import load
    from cnndsl.recipe.data import SETS
    from cnndsl.recipe.spec import Setting

    labels = load(Setting("digits", SETS["digits"].attrs()), folder).test.labels
    assert [count for _, _, count in found.by_class()] == np.bincount(labels, minlength=10).tolist()


def test_trained_on_one_backend_asked_on_another(folder: Path) -> None:
    one, other = (cnndsl.load_run(folder, backend=name).evaluate() for name in ("vectorized", "naive"))
    assert one.right == other.right
    assert one.loss == pytest.approx(other.loss, rel=1e-5)


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads((folder / "run.json").read_text())
    assert main(["eval", str(folder)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert (
        out[0]
        == f"test accuracy {told['test_accuracy']:.2%} ({told['test_right']} of 360), loss {told['test_loss']:.4f}"
    )
    assert len(out) == 12
    assert max(map(len, out)) <= 80
    assert main(["eval", str(folder), "--part", "train", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["part"] == "train"
    assert found["samples"] == told["training"]
    assert sum(map(sum, found["confusion"])) == told["training"]


def test_what_is_no_run(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong, says in ((tmp_path, "has no program.cnn"), (tmp_path / "none", "is no folder")):
        assert main(["eval", str(wrong)]) == 2
        assert f"is not a run: it {says}" in " ".join(capsys.readouterr().err.split())
    (tmp_path / "program.cnn").write_text(PROGRAM)
    assert main(["eval", str(tmp_path)]) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err
    (tmp_path / "weights.safetensors").write_bytes(b"\x80\x04 a pickle")
    with pytest.raises(CnnError) as caught:
        cnndsl.load_run(tmp_path)
    assert caught.value.diagnostics[0].code == "E701"
    (tmp_path / "weights.safetensors").write_bytes((folder / "weights.safetensors").read_bytes())
    (tmp_path / "program.cnn").write_text(PROGRAM.replace("FC 24", "FC 25"))
    with pytest.raises(CnnError) as caught:
        cnndsl.load_run(tmp_path)
    assert caught.value.diagnostics[0].code == "E702"
    (tmp_path / "program.cnn").write_text(PROGRAM)
    (tmp_path / "run.json").write_text("[1, 2")  # cut off: what it would say is not needed
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 1}\n{"epo')
    run = cnndsl.load_run(tmp_path)
    assert (run.about, run.history) == ({}, ({"epoch": 1},))
    with pytest.raises(CnnError, match="parts are test, validation, train"):
        run.evaluate("tests")  # type: ignore[arg-type]
    with pytest.raises(CnnError):
        cnndsl.load_run(None)  # type: ignore[arg-type]


def test_without_data_there_is_nothing_to_evaluate_on(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "program.cnn").write_text(PROGRAM.partition("train")[0])
    (tmp_path / "weights.safetensors").write_bytes((folder / "weights.safetensors").read_bytes())
    run = cnndsl.load_run(tmp_path)
    assert run.model.predict(np.zeros((2, 1, 8, 8))).shape == (2, 10)
    with pytest.raises(CnnError, match="names no data"):
        run.evaluate()


def test_a_split_of_one_leaves_nothing_to_validate_on(tmp_path: Path) -> None:
    cnndsl.train(PROGRAM.replace("epochs 4", "epochs 1; split 1"), out=tmp_path / "run")
    with pytest.raises(CnnError, match="has no samples"):
        cnndsl.load_run(tmp_path / "run").evaluate("validation")
