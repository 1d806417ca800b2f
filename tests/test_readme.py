"""The README says what is so: its picture, its figures, its commands."""

from __future__ import annotations

import importlib.util
import shlex
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text(encoding="utf-8")


def test_the_picture_is_what_check_prints() -> None:
    spec = importlib.util.spec_from_file_location("error_picture", TESTS / "tools" / "error_picture.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert (TESTS / "readme" / "error.svg").read_text(encoding="utf-8") == tool.picture()


def test_the_language_on_one_screen_is_a_program() -> None:
    program = README.split("## The language on one screen")[1].split("```")[1]
    network = cnndsl.loads(program)
    assert network.graph.parameter_count == 61_706
    assert max(map(len, program.splitlines())) <= 80


def test_the_two_commands_are_there() -> None:
    lines = README.splitlines()
    assert "pip install . && cnndsl run models/digits.cnn" in lines
    assert "pip install -e . -r tests/requirements.txt && python -m pytest" in lines


def code(heading: str, first: str) -> str:
    """The block under a heading that begins so."""
    blocks = README.split(f"## {heading}\n")[1].split("\n## ")[0].split("```")[1::2]
    return next(block.partition("\n")[2] for block in blocks if first in block)


def test_predicting_is_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("PIL.Image")
    monkeypatch.chdir(tmp_path)
    text = "INPUT 8x8x1; FC 10; train { data digits limit 100; epochs 1; save best }"
    cnndsl.train(text, out="runs/a")
    Path("scans").mkdir()
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for name in ("photo.png", "scans/1.jpg"):
        image.fromarray(grey).save(name)
    np.save("x.npy", grey // 4)
    for line in code("A training overnight", "cnndsl predict").strip().splitlines():
        assert main(shlex.split(line.partition("#")[0])[1:]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[:3]] == ["file", "photo.png", str(Path("scans", "1.jpg"))]
    assert out.splitlines()[3].startswith("file,sample,class")
    found = cnndsl.load_run("runs/a").predict(grey // 4)
    assert (len(found.classes), found.probabilities.shape, len(found.names)) == (1, (1, 10), 10)


def test_the_classifier_does_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    exec(code("From Python", "GridSearchCV"), {})
    out = capsys.readouterr().out
    assert out.startswith("{'lr': 0.1} ")
    assert float(out.split()[-1]) > 0.9
