"""What is given to a run, or stands in its folder, and is none of what it should be: one line, no traceback, and what
was there stays."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.diagnostics import CnnError
from cnndsl.state import checkpoint, weights

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and permissions")

PROGRAM = "INPUT 8x8x1\nFC 10\ntrain { data digits limit 60; epochs 2; batch 20; %s }\n"
ROOT = str(Path(cnndsl.__file__).parent.parent)
COMMAND = [sys.executable, "-m", "cnndsl"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "run"
    cnndsl.train(PROGRAM % "", out=folder)
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's folder, and the current one beside it."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, tmp_path / "run"))


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def circle(path: Path) -> None:
    path.symlink_to(path)


def nothing(path: Path) -> None:
    pass


KINDS = (pipe, device, folder, circle, nothing)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_that_are_no_file(run: Path, kind: Callable[[Path], None], capsys: pytest.CaptureFixture[str]) -> None:
    (run / "weights.safetensors").unlink()
    kind(run / "weights.safetensors")
    assert main(["eval", "run"]) == 2
    assert "error[E805]" in capsys.readouterr().err
    Path("begins.cnn").write_text(PROGRAM % 'weights "run/weights.safetensors"')
    assert main(["run", "begins.cnn", "--out", "other"]) == 2
    assert "error[E805]" in capsys.readouterr().err
    with pytest.raises(CnnError, match="E805"):
        cnndsl.compile(PROGRAM % "").load("run/weights.safetensors")
    assert not Path("other").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_newest_checkpoint_that_is_no_file(
    run: Path, kind: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    *_, newest = sorted((run / "checkpoints").iterdir())
    newest.unlink()
    kind(newest)
    assert main(["run", "--resume", "run"]) == (0 if kind in (nothing, circle, pipe, device) else 5)
    said = capsys.readouterr()
    assert ("warning[W701]" in said.out) == (kind is not nothing)
    assert "Traceback" not in said.out + said.err
    for path in (p for p in (run / "checkpoints").iterdir() if p.is_file()):
        checkpoint.load(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["run.json", "metrics.jsonl", ".lock", "program.cnn"])
def test_other_files_that_are_none(
    run: Path, name: str, kind: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits at a pipe, or reads a device to its end."""
    (run / name).unlink(missing_ok=True)
    kind(run / name)
    for command in (["eval", "run"], ["run", "--resume", "run"]):
        code = main(command)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert code in (0, 2, 5)
        assert bool(code) == ("error[E80" in said.err)
        if name == "program.cnn":
            assert code == 2
    if kind is nothing and name != "program.cnn":
        assert code == 0


HOSTILE = ("\0", "a\0b", "\ud800", "x" * 100_000, "..", "/", "", "-x", "\x1b[2J", 3, [], None, {}, 1e308)


@pytest.mark.parametrize("key", ["base", "data_folder", "network", "backend", "data", "status", "format"])
def test_a_run_json_that_says_anything(run: Path, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    about = json.loads((run / "run.json").read_text())
    for value in HOSTILE:
        (run / "run.json").write_text(json.dumps({**about, key: value}))
        for command in (["eval", "run"], ["run", "--resume", "run"]):
            code = main(command)
            said = capsys.readouterr()
            assert "Traceback" not in said.out + said.err
            assert "\x1b" not in said.out + said.err
            assert code in (0, 1, 2), (value, said.err)
            assert bool(code) == ("error[E" in said.err)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "NaN", "[" * 100_000, '{"a":' * 50_000, "\0" * 100, "9" * 5_000])
def test_a_run_json_that_is_none(run: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is made anew: what counts stands in the checkpoints and the program."""
    (run / "run.json").write_text(text)
    assert main(["run", "--resume", "run"]) == 0
    assert "Traceback" not in capsys.readouterr().err
    assert json.loads((run / "run.json").read_text())["status"] == "finished"


def test_metrics_that_are_none(run: Path) -> None:
    """Lines that are no objects go; the others stay."""
    path = run / "metrics.jsonl"
    good = path.read_text().splitlines()
    path.write_bytes(f"{good[0]}\n[1]\n{{\n{'[' * 100_000}\n{good[1]}\n".encode() + b'\xff\xfe\n{"half')
    assert main(["run", "--resume", "run"]) == 0
    kept = path.read_text().splitlines()
    assert kept[:2] == good[:2]
    assert [json.loads(line)["event"] for line in kept] == ["epoch", "epoch", "test"]


# ---- permissions: as somebody whom they bind


@pytest.fixture
def bound() -> Iterator[list[str]]:
    """What to put before a command so that permissions are looked at: the superuser's are taken away."""
    if os.geteuid():
        yield []
    elif shutil.which("setpriv"):
        yield ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
    else:
        pytest.skip("the superuser may write everywhere, and there is no setpriv")


def asked(bound: list[str], *arguments: str, cwd: Path) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": ROOT}
    command = [*bound, *COMMAND, *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_files_that_may_not_be_read(run: Path, bound: list[str]) -> None:
    Path("net.cnn").write_text(PROGRAM % "")
    (run / "weights.safetensors").chmod(0)
    Path("net.cnn").chmod(0)
    for arguments in (("check", "net.cnn"), ("run", "net.cnn"), ("eval", "run")):
        code, said = asked(bound, *arguments, cwd=run.parent)
        assert code == 2, said
        assert "Permission denied" in said or "may not be read" in said
    for path in (run / "checkpoints").iterdir():
        path.chmod(0)
    code, said = asked(bound, "run", "--resume", "run", cwd=run.parent)
    assert code == 1
    assert "Permission denied" in " ".join(said.split())


def test_folders_that_may_not_be_written_to(bound: list[str], made: Path) -> None:
    with TemporaryDirectory() as place:
        work = Path(place)
        (work / "net.cnn").write_text(PROGRAM % "")
        shutil.copytree(made, work / "run")
        (work / "empty").mkdir()
        closed = [work / "run", work / "empty", work]
        try:
            for path in closed:
                path.chmod(stat.S_IRUSR | stat.S_IXUSR)
            for arguments in (
                ("run", "net.cnn"),
                ("run", "net.cnn", "--out", "fresh"),
                ("run", "net.cnn", "--out", "empty"),
                ("run", "--resume", "run"),
            ):
                code, said = asked(bound, *arguments, cwd=work)
                assert code == 5, (arguments, said)
                assert "error[E803]" in said
                assert "Permission denied" in said
        finally:
            for path in closed:
                path.chmod(0o700)
        assert not any((work / "empty").iterdir())
        assert weights.load(work / "run" / "weights.safetensors").state


# ---- a loss that is no number any more


def test_the_last_finite_checkpoint_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Taken up after two epochs with a rate that no weights bear: the layer is named, exit code 3, and all that is
    kept is finite."""
    layers = "INPUT 8x8x1\nFC 30 relu\nFC 10\n"
    text = layers + "train { data digits limit 200; epochs 2; batch 20; optimizer sgd lr 0.01 }\n"
    cnndsl.train(text, out=tmp_path / "run")
    program = tmp_path / "run" / "program.cnn"
    program.write_text(text.replace("epochs 2", "epochs 90").replace("lr 0.01", "lr 1000"))
    assert main(["run", "--resume", str(tmp_path / "run")]) == 3
    said = capsys.readouterr().err
    assert "error[E804]" in said
    assert "(FC)" in said
    assert re.search(r"at epoch [0-9]+, step", " ".join(said.split()))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"
    kept = sorted((tmp_path / "run" / "checkpoints").iterdir())
    assert kept
    for path in kept:
        assert checkpoint.load(path).position["epoch"] in range(2, 90)
    asked = weights.load(tmp_path / "run" / "weights.safetensors").state
    assert all(np.isfinite(array).all() for array in asked.values())
