"""Runs that end early and are taken up again: the same bits as if they had never stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl import api
from cnndsl.cli.main import main
from cnndsl.diagnostics import CnnError
from cnndsl.runs import folder as folders
from cnndsl.runs import lock
from cnndsl.runs.lock import Lock
from cnndsl.runs.recorded import recorded
from cnndsl.state import checkpoint, weights
from cnndsl.training.events import Event, StepDone

PROGRAM = """INPUT 8x8x1
CONV 3x3 *4 pad 1 nobias -> BN -> RELU
POOL max 2
DROPOUT 0.2
FC 10
train {{ data digits limit 120; epochs 4; batch 16; seed 7; {} }}
"""
SETTINGS = (
    "optimizer sgd lr 0.05 momentum 0.9",
    "optimizer adam lr 0.005; ema 0.9; schedule cosine warmup 1",
    'optimizer rmsprop lr 0.002 decay 0.01; clip 0.5; classweight auto; freeze "bn*"',
)
STEPS = 4 * 7
"""101 of 120 samples are trained on, in batches of 16."""


def digest(folder: Path) -> str:
    return weights.digest(weights.load(folder / "weights.safetensors").state)


def metrics(folder: Path) -> list[dict[str, object]]:
    """What was measured, without what depends on the clock."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in ("seconds", "rate")} for line in lines]


@pytest.fixture(scope="module", params=range(len(SETTINGS)), ids=["sgd", "adam", "rmsprop"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A program and the folder of its uninterrupted run."""
    text = PROGRAM.format(SETTINGS[request.param])
    folder = tmp_path_factory.mktemp("whole") / "run"
    cnndsl.train(text, out=folder)
    return text, folder


def stop_after(text: str, folder: Path, steps: int, *, kill: bool) -> None:
    """A run that ends after some steps: asked to, or as by SIGKILL, without another word."""
    network = cnndsl.loads(text)
    trainer = api.trainer(network)
    run = api.run_folder(network, trainer, folder)
    seen = 0

    def count(event: Event) -> bool:
        nonlocal seen
        seen += isinstance(event, StepDone)
        return seen == steps

    if kill:
        image = folder.with_name("image")
        with closing(recorded(trainer, run)) as events:
            for event in events:
                if count(event):
                    shutil.copytree(folder, image)
                    break
        shutil.rmtree(folder)
        image.rename(folder)
    else:
        with closing(recorded(trainer, run, asked=lambda: seen == steps)) as events:
            for event in events:
                count(event)


@pytest.mark.parametrize("kill", [False, True], ids=["asked", "killed"])
@pytest.mark.parametrize("steps", [1, 6, 7, 8, 20, STEPS - 1])
def test_the_same_bits(whole: tuple[str, Path], tmp_path: Path, steps: int, kill: bool) -> None:
    text, reference = whole
    stop_after(text, tmp_path / "run", steps, kill=kill)
    status = json.loads((tmp_path / "run" / "run.json").read_text())["status"]
    assert status == ("running" if kill else "interrupted")
    done = cnndsl.resume(tmp_path / "run")
    assert digest(tmp_path / "run") == digest(reference)
    assert metrics(tmp_path / "run") == metrics(reference)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"
    assert done.test.steps == STEPS


def test_on_another_backend(whole: tuple[str, Path], tmp_path: Path) -> None:
    text, reference = whole
    stop_after(text, tmp_path / "run", 10, kill=False)
    cnndsl.resume(tmp_path / "run", backend="naive")
    ours, theirs = (weights.load(f / "weights.safetensors").state for f in (tmp_path / "run", reference))
    for name, array in ours.items():
        np.testing.assert_allclose(array, theirs[name], rtol=2e-3, atol=2e-4)


def test_twice_stopped_and_with_more_to_do(tmp_path: Path) -> None:
    text = PROGRAM.format(SETTINGS[0])
    cnndsl.train(text.replace("epochs 4", "epochs 6"), out=tmp_path / "whole")
    cnndsl.train(text, out=tmp_path / "run")
    program = tmp_path / "run" / "program.cnn"
    program.write_text(program.read_text().replace("epochs 4", "epochs 6"))
    cnndsl.resume(tmp_path / "run")
    assert digest(tmp_path / "run") == digest(tmp_path / "whole")
    assert metrics(tmp_path / "run") == metrics(tmp_path / "whole")


def test_an_epoch_is_told_once(whole: tuple[str, Path], tmp_path: Path) -> None:
    """Its last step has a checkpoint, its line of metrics is written, and its end has no checkpoint yet."""
    text, reference = whole
    network = cnndsl.loads(text)
    trainer = api.trainer(network)
    run = api.run_folder(network, trainer, tmp_path / "run")
    with closing(recorded(trainer, run, seconds=0.0)) as events:
        for event in events:
            if isinstance(event, StepDone) and event.step == event.steps == 7:
                break
    (stands,) = [p for p in (tmp_path / "run" / "checkpoints").iterdir() if p.stem == "0000000007"]
    assert checkpoint.load(stands).position["step"] == 7
    line = (reference / "metrics.jsonl").read_text().splitlines(keepends=True)[0]
    (tmp_path / "run" / "metrics.jsonl").write_text(line)
    cnndsl.resume(tmp_path / "run")
    assert metrics(tmp_path / "run") == metrics(reference)


def test_a_run_that_has_ended_stays_as_it_is(whole: tuple[str, Path], tmp_path: Path) -> None:
    _, reference = whole
    shutil.copytree(reference, tmp_path / "run")
    cnndsl.resume(tmp_path / "run")
    assert digest(tmp_path / "run") == digest(reference)
    assert metrics(tmp_path / "run") == metrics(reference)


def test_nothing_is_left_lying_about(whole: tuple[str, Path], tmp_path: Path) -> None:
    """What a kill leaves half written goes at the next start; of checkpoints two are kept."""
    _, reference = whole
    shutil.copytree(reference, tmp_path / "run")
    (tmp_path / "run" / ".run.json.tmp").write_text("{")
    (tmp_path / "run" / "checkpoints" / ".0000000028.safetensors.tmp").write_text("half")
    (tmp_path / "run" / ".lock").write_text("99999999\n")
    with (tmp_path / "run" / "metrics.jsonl").open("a") as stream:
        stream.write('{"event": "ep')
    cnndsl.resume(tmp_path / "run")
    names = sorted(str(p.relative_to(tmp_path / "run")) for p in (tmp_path / "run").rglob("*"))
    kept = ["checkpoints", "checkpoints/0000000021.safetensors", "checkpoints/0000000028.safetensors"]
    assert names == [*kept, "metrics.jsonl", "program.cnn", "run.json", "weights.safetensors"]
    assert metrics(tmp_path / "run") == metrics(reference)


def test_an_unreadable_checkpoint_is_passed_over(whole: tuple[str, Path], tmp_path: Path) -> None:
    text, reference = whole
    stop_after(text, tmp_path / "run", 16, kill=False)
    newest = sorted((tmp_path / "run" / "checkpoints").iterdir())[-1]
    assert newest.stem == "0000000016"
    newest.write_bytes(newest.read_bytes()[:-3])
    _, trainer, folder = api.take_up(tmp_path / "run")
    folder.close()
    assert trainer.done == 14
    assert [d.code for d in trainer.warnings] == ["W701"]
    cnndsl.resume(tmp_path / "run")
    assert digest(tmp_path / "run") == digest(reference)
    for path in (tmp_path / "run" / "checkpoints").iterdir():
        path.write_bytes(b"")
    with pytest.raises(CnnError, match="no checkpoint can be read"):
        cnndsl.resume(tmp_path / "run")


def test_the_good_checkpoint_outlives_newer_damaged_ones(whole: tuple[str, Path], tmp_path: Path) -> None:
    """Begun and killed again before the first step, the run still has what it can go on from."""
    text, reference = whole
    stop_after(text, tmp_path / "run", 14, kill=True)
    for number in (16, 21):
        (tmp_path / "run" / "checkpoints" / f"{number:010}.safetensors").write_bytes(b"damaged")
    stood = set()
    for _ in range(2):
        _, trainer, folder = api.take_up(tmp_path / "run")
        with closing(recorded(trainer, folder)) as events:
            next(events)
        stood.add(trainer.done)
    assert len(stood) == 1
    cnndsl.resume(tmp_path / "run")
    assert digest(tmp_path / "run") == digest(reference)


def test_a_folder_that_was_left_before_it_held_a_run(tmp_path: Path) -> None:
    """Without its program there is nothing to take up: it may be begun again."""
    text = PROGRAM.format(SETTINGS[0]).replace("epochs 4", "epochs 1")
    network = cnndsl.loads(text)
    api.run_folder(network, api.trainer(network), tmp_path / "run").close()
    (tmp_path / "run" / "program.cnn").rename(tmp_path / "run" / ".program.cnn.tmp")
    with pytest.raises(CnnError, match=r"has no program\.cnn"):
        cnndsl.resume(tmp_path / "run")
    cnndsl.train(text, out=tmp_path / "run")
    assert not (tmp_path / "run" / ".program.cnn.tmp").exists()


def test_a_lock_that_is_let_go_of_while_another_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was opened just before its owner took it away is no lock: somebody else may hold the next file."""
    first = Lock(tmp_path)
    opened = lock._opened

    def late(path: Path) -> int:
        handle = opened(path)
        first.release()
        monkeypatch.setattr(lock, "_opened", opened)
        return handle

    monkeypatch.setattr(lock, "_opened", late)
    second = Lock(tmp_path)
    with pytest.raises(CnnError, match=f"process {os.getpid()} is writing a run there"):
        Lock(tmp_path)
    second.release()
    assert not any(tmp_path.iterdir())


def test_a_run_that_was_killed_before_its_first_checkpoint(whole: tuple[str, Path], tmp_path: Path) -> None:
    text, reference = whole
    network = cnndsl.loads(text)
    api.run_folder(network, api.trainer(network), tmp_path / "run").close()
    cnndsl.resume(tmp_path / "run")
    assert digest(tmp_path / "run") == digest(reference)


def test_every_flipped_bit_of_a_position_is_seen(tmp_path: Path) -> None:
    """The header, where the training stands, is under the sum as the arrays are."""
    path = tmp_path / "c.safetensors"
    arrays = {"fc1.weight": np.ones((1, 2), np.float32)}
    made = checkpoint.Checkpoint(arrays, {"fc1.weight/velocity": arrays["fc1.weight"]}, {}, {"epoch": 3, "step": 1})
    checkpoint.save(path, made, network="n", program="")
    good = path.read_bytes()
    start = good.index(b"cnndsl_position")
    for at in range(8 * start, 8 * good.index(b"}", start)):
        data = bytearray(good)
        data[at // 8] ^= 1 << at % 8
        path.write_bytes(data)
        with pytest.raises(CnnError) as caught:
            checkpoint.load(path)
        assert [d.code for d in caught.value.diagnostics] == ["E701"]


def test_only_weights_cannot_be_gone_on_from(tmp_path: Path) -> None:
    weights.save(tmp_path / "w", {"a": np.ones(2, np.float32)}, network="n", program="")
    with pytest.raises(CnnError, match="weights alone"):
        checkpoint.load(tmp_path / "w")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("optimizer sgd lr 0.05 momentum 0.9", "optimizer adam", "E702"),
        ("*4 pad 1", "*5 pad 1", "E702"),
        ("limit 120", "limit 119", "E605"),
        ("epochs 4", "epochs 1", "E806"),
    ],
)
def test_what_cannot_be_gone_on_with(tmp_path: Path, old: str, new: str, code: str) -> None:
    stop_after(PROGRAM.format(SETTINGS[0]), tmp_path / "run", 10, kill=False)
    program = tmp_path / "run" / "program.cnn"
    assert old in program.read_text()
    program.write_text(program.read_text().replace(old, new))
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    with pytest.raises(CnnError) as caught:
        cnndsl.resume(tmp_path / "run")
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(("steps", "batch"), [(10, 8), (10, 32), (10, 17), (14, 32), (13, 32)])
def test_batches_change_between_epochs_only(tmp_path: Path, steps: int, batch: int) -> None:
    """101 samples, 7 steps an epoch. What is refused leaves the folder as it was."""
    folder = tmp_path / "run"
    stop_after(PROGRAM.format(SETTINGS[0]), folder, steps, kill=False)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(CnnError, match=f"cannot be of {batch} now"):
        cnndsl.resume(folder, settings={"batch": batch})
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    cnndsl.resume(folder, settings={"epochs": 3})
    done = cnndsl.resume(folder, settings={"batch": batch, "epochs": 4})
    assert done.history[-1].step == 4 * -(-101 // batch)


def test_two_runs_in_one_folder(tmp_path: Path) -> None:
    code = (
        "import sys, cnndsl\n"
        "def say(event):\n"
        "    print('ready', flush=True); sys.stdin.readline()\n"
        f"cnndsl.train({PROGRAM.format(SETTINGS[0])!r}, out='run', on_event=say)"
    )
    root = str(Path(cnndsl.__file__).parent.parent)
    command, environment = [sys.executable, "-c", code], {**os.environ, "PYTHONPATH": root}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) as other:  # type: ignore[call-overload]
        try:
            assert other.stdout.readline() == "ready\n"
            with pytest.raises(CnnError) as caught:
                cnndsl.resume(tmp_path / "run")
            assert f"process {other.pid} is writing a run there" in caught.value.diagnostics[0].message
            assert caught.value.exit_code == 2
        finally:
            other.kill()
    assert cnndsl.resume(tmp_path / "run").test.steps == STEPS


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Data and program are found from any folder."""
    (tmp_path / "nets").mkdir()
    rng = np.random.default_rng(0)
    arrays = {"x": rng.integers(0, 256, (40, 4, 4), np.uint8), "y": np.arange(40) % 3}
    np.savez(tmp_path / "nets" / "d.npz", **{f"{n}_{p}": a for n, a in arrays.items() for p in ("train", "test")})
    text = 'INPUT 4x4x1\nFC 3\ntrain { data npz "d.npz"; epochs 3; batch 8 }\n'
    (tmp_path / "nets" / "n.cnn").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["run", "nets/n.cnn", "--out", "r"]) == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["run", "--resume", "../r"]) == 0
    assert "going on after step 15; writing to ../r" in capsys.readouterr().out
    assert main(["eval", "../r"]) == 0
    for wrong in (["run"], ["run", "../nets/n.cnn", "--resume", "../r"], ["run", "--resume", "nowhere"]):
        capsys.readouterr()
        assert main(wrong) == 2
        assert re.search(r"error\[E806\]", capsys.readouterr().err)
    with pytest.raises(SystemExit):
        main(["run", "--resume", "../r", "--out", "../q"])
    assert main(["run", "../nets/n.cnn", "--out", "../r"]) == 2
    assert "cnndsl run --resume ../r" in capsys.readouterr().err


def test_the_disk_is_looked_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil._ntuple_diskusage(10**9, 10**9, 1000)  # type: ignore[attr-defined]
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(CnnError, match="and the disk has 1000 bytes left") as caught:
        cnndsl.train(PROGRAM.format(SETTINGS[0]), out=tmp_path / "run")
    assert caught.value.exit_code == 5
