"""Commands at the edges of what a system gives them: streams, folders, names, narrow terminals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.cli.progress import report
from cnndsl.training.events import EpochDone, Finished, Started

ROOT = str(Path(cnndsl.__file__).parent.parent)
SMALL = "INPUT 8x8x1\nFC 10\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.cnn").write_text(SMALL, encoding="utf-8")
    return tmp_path


def command(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "cnndsl", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        check=False,
        **more,
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_on_a_full_disk(arguments: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = command(*arguments, stdout=full)
    assert done.returncode == 5
    assert "E803" in done.stderr


def test_a_folder_that_is_gone(folder: Path) -> None:
    code = (
        "import os, sys, tempfile; gone = tempfile.mkdtemp(); os.chdir(gone); os.rmdir(gone);"
        "from cnndsl.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(folder / "a.cnn")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        check=False,
    )
    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr
    assert "E803" not in done.stderr


def test_an_empty_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ""]) == 2
    out = capsys.readouterr().out
    assert "the name of the file is empty" in out
    assert "\n'': 1 error" in out


def test_a_data_folder_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", "a.cnn", "--data", "nodir"])
    assert caught.value.code == 2
    assert "there is no folder 'nodir'" in capsys.readouterr().err


def test_names_of_files_move_no_cursor(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, text in enumerate((SMALL, "FC   3", "CONVV 3x3 *3\n", "INPUT -> [CONV]*N")):
        name = f"{number}\x1b[31m.cnn"
        Path(name).write_text(text, encoding="utf-8")
        for arguments in (["check"], ["check", "--fix"], ["fmt", "--check"], ["fmt"], ["match", "INPUT -> FC"]):
            main([*arguments, name])
    out, err = capsys.readouterr()
    assert "formatted" in out
    assert "mended" in out
    assert "\x1b" not in out + err


def test_fmt_keeps_the_mark_of_byte_order(folder: Path) -> None:
    (folder / "bom.cnn").write_bytes(b"\xef\xbb\xbfFC   3")
    assert main(["fmt", "bom.cnn"]) == 0
    assert (folder / "bom.cnn").read_bytes() == b"\xef\xbb\xbfFC 3\n"
    assert main(["fmt", "--check", "bom.cnn"]) == 0


def test_an_interruption_names_the_folder(folder: Path) -> None:
    text = "INPUT 8x8x1\nFC 200 relu\nFC 10\ntrain { data digits; epochs 100000 }\n"
    (folder / "long.cnn").write_text(text, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "cnndsl", "run", "long.cnn"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith("epoch 2/"):
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "stopped; to go on: cnndsl run --resume runs/long-1\n"
    assert (folder / "runs" / "long-1" / "weights.safetensors").is_file()
    assert list((folder / "runs" / "long-1" / "checkpoints").iterdir())


def test_an_interruption_that_gets_lost_ends_a_run_all_the_same(folder: Path) -> None:
    """Where an object is dropped Python shows the exception, and goes on."""
    (folder / "long.cnn").write_text("INPUT 8x8x1\nFC 10\ntrain { data digits; epochs 100000 }\n", encoding="utf-8")
    code = (
        "import os, signal, sys\n"
        "from cnndsl import api\n"
        "from cnndsl.__main__ import start\n"
        "class Dropped:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        for _ in range(1000): pass\n"
        "before = api.run_folder\n"
        "def run_folder(*given):\n"
        "    Dropped()\n"
        "    return before(*given)\n"
        "api.run_folder = run_folder\n"
        "start()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "long.cnn"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        check=False,
        timeout=60,
    )
    assert "Exception ignored" in done.stderr
    assert done.stderr.endswith("stopped; to go on: cnndsl run --resume runs/long-1\n")
    assert done.returncode == 130


@pytest.mark.parametrize("module", ["cnndsl.cli.main", "cnndsl.api", "lark", "cnndsl.cli.commands.show"])
def test_an_interruption_while_it_is_imported(folder: Path, module: str) -> None:
    code = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from cnndsl.__main__ import start\n"
        "start()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "show", "a.cnn"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nstopped\n")


def test_the_index_says_what_each_key_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for line in (
        "data what is trained on",
        "optimizer how weights go down",
        "metric what is measured",
        "batch samples",
    ):
        assert line in said


# ---- what a training says


STARTED = Started("net", "naive", 5, 9, 1, 2, 10, 4, 3, 3, 9, 0, (), ())


def epoch(number: int, reached: float) -> EpochDone:
    validation = {"loss": 0.4, "accuracy": reached}
    rate = 0.1 / number
    return EpochDone(number, 3 * number, 0.5, 0.5, validation, {}, {}, {}, rate, reached == 0.9, 0.1, 100.0)


def finished(best: int) -> Finished:
    return Finished("epochs", 3, 9, 0.25, 0.5, 1, 2, best, 0.9, 0.5)


@pytest.mark.parametrize(("best", "told"), [(1, "epoch 1; the weights are those of epoch 3"), (3, "epoch 3\n")])
def test_which_weights_are_kept(best: int, told: str) -> None:
    stream = StringIO()
    report([STARTED, *(epoch(n, 0.9 if n == best else 0.8) for n in (1, 2, 3)), finished(best)], Path("runs/x"), stream)
    assert f"best validation accuracy 90.0%, {told}" in stream.getvalue()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 60, 71, 72, 80, 120])
def test_figures_are_whole_on_every_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    report([STARTED, *(epoch(n, 0.9) for n in (1, 2, 3)), finished(3)], Path("runs/x"), stream)
    shown = stream.getvalue()
    for figure in (
        "0.5000",
        "0.4000" if columns >= 72 else "90.0%",
        "50.0%",
        "test accuracy 50.00% (1 of 2), loss 0.2500",
    ):
        assert figure in shown, figure
    assert "\u2026" not in shown.rpartition("writing to")[2].rpartition("best")[0].rpartition("\x1b[2K")[2]
