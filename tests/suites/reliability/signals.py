"""Signals at any time: the run is saved, the command that goes on is printed and works as printed, with the same bits.

Most are SIGINT and SIGTERM from the moment that the folder is announced. Beside them: before there is a folder, where
nobody is shown a traceback; a second one, which ends the process at once; SIGHUP, with and without nohup; and a reader
that goes away, as ``head -1`` does.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import sleep

from . import support
from .support import Found

COUNT = 100
EPOCHS = 200
LONG = 100_000
"""Epochs of a run that nobody waits for."""
SETTINGS = (support.SGD, support.ADAM, support.RMSPROP)
SAVED = "weights and metrics in"
"""Said when the training is over and everything is saved."""
TOLD = re.compile(r"^stopped; to go on: (cnndsl run --resume .+)$", re.MULTILINE)


def show(count: int, seed: int) -> Found:
    """`count` signals from the announcement on; of the other kinds a tenth as many each, at least one."""
    few = max(1, count // 10)
    kinds: list[Callable[[Path, int, Random], Found]] = [_announced] * count
    for kind in (_early, _twice, _hangup, _nohup, _head):
        kinds += [kind] * few
    rngs = support.seeds(seed, len(kinds))
    with TemporaryDirectory() as folder:
        shared = Path(folder)
        found = _whole(shared)
        parts = [*enumerate(zip(kinds, rngs, strict=True))]
        found.add(support.side_by_side(lambda part: _one(shared, part[0], *part[1]), parts))
    return found


def _whole(shared: Path) -> Found:
    """The command on the PATH, and the runs that were never stopped."""
    found = Found()
    script = shared / "cnndsl"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnndsl "$@"\n')
    script.chmod(0o755)
    for number, settings in enumerate(SETTINGS):
        support.program(shared, EPOCHS, settings)
        code, _, err = support.finish("run", "net.cnn", "--out", f"whole {number}", cwd=shared)
        if code != 0:
            found.failures.append(f"a whole run ended with {code}: {err}")
    return found


def _one(shared: Path, number: int, kind: Callable[[Path, int, Random], Found], rng: Random) -> Found:
    folder = shared / f"case {number}"
    folder.mkdir()
    found = kind(folder, number % len(SETTINGS), rng)
    found.failures = [f"{kind.__name__[1:]} {number}: {what}" for what in found.failures]
    return found


def _begin(folder: Path, setting: int, epochs: int = EPOCHS, **more: object) -> subprocess.Popen[str]:
    support.program(folder, epochs, SETTINGS[setting])
    return support.start("run", "net.cnn", cwd=folder, **more)


def _read_to(process: subprocess.Popen[str], word: str) -> None:
    while (line := process.stdout.readline()) and word not in line:  # type: ignore[union-attr]
        pass


def _announced(folder: Path, setting: int, rng: Random) -> Found:
    """SIGINT or SIGTERM, then the printed command as it is."""
    found, sent = Found(), rng.choice((signal.SIGINT, signal.SIGTERM))
    with _begin(folder, setting) as process:
        _read_to(process, "writing to")
        sleep(0.8 * rng.random() ** 1.5)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    if SAVED in out:
        found.counts["ended before the signal"] += 1
        return found
    found.counts[sent.name] += 1
    found.failures += _stopped(process.returncode, sent, out + err)
    found.failures += _goes_on(folder, setting, err)
    found.counts["went on to the same bits as printed"] += not found.failures
    return found


def _stopped(code: int, sent: signal.Signals, said: str) -> list[str]:
    wrong = [] if code == 128 + sent else [f"{sent.name}: ended with {code}: {said[-300:]}"]
    return [*wrong, *([f"a traceback: {said[-600:]}"] if support.traceback(said) else [])]


def _goes_on(folder: Path, setting: int, err: str) -> list[str]:
    told = TOLD.search(err)
    if told is None:
        return [f"no command is printed: {err[-300:]!r}"]
    path = f"{folder.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        told[1],
        shell=True,
        cwd=folder,
        env=support.environment(PATH=path),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return [f"{told[1]} ended with {done.returncode}: {done.stderr[-300:]}"]
    run = folder / "runs" / "net-1"
    return support.differences(run, folder.parent / f"whole {setting}")


def _early(folder: Path, setting: int, rng: Random) -> Found:
    """Before the folder is there; Python itself is being started in the first hundredths of a second."""
    found, sent = Found(), rng.choice((signal.SIGINT, signal.SIGTERM))
    with _begin(folder, setting, LONG) as process:
        sleep(0.05 + 0.6 * rng.random())
        there = (folder / "runs" / "net-1" / "run.json").exists()
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    found.counts["before the folder" if not there else "as the folder was made"] += 1
    if process.returncode not in (128 + sent, -sent):
        found.failures.append(f"{sent.name}: ended with {process.returncode}: {err[-300:]}")
    if support.traceback(out + err) and str(support.ROOT) in err:
        found.failures.append(f"a traceback: {err[-600:]}")
    return found


def _twice(folder: Path, setting: int, rng: Random) -> Found:
    """The first one arrives in a step of some seconds; the second one ends that."""
    found, first, second = Found(), signal.SIGINT, rng.choice((signal.SIGINT, signal.SIGTERM))
    text = "INPUT 28x28x1\nCONV 5x5 *16 relu\nCONV 5x5 *16 relu\nFC 10\n"
    data = "data random 28x28x1 classes 10 count 300; epochs 5; batch 200; backend naive"
    (folder / "slow.cnn").write_text(f"{text}train {{ {data} }}\n")
    with support.start("run", "slow.cnn", cwd=folder) as process:
        _read_to(process, "writing to")
        sleep(0.2)
        process.send_signal(first)
        sleep(0.2 + 0.2 * rng.random())
        if process.poll() is not None:
            found.failures.append("the first one ended it at once")
        process.send_signal(second)
        try:
            out, err = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            found.failures.append("the second one did not end it within 5 seconds")
    found.counts["a second one"] += 1
    if process.returncode != -second:
        found.failures.append(f"ended with {process.returncode}: {err[-300:]}")
    if support.traceback(out + err):
        found.failures.append(f"a traceback: {err[-600:]}")
    found.failures += support.unreadable(folder / "runs" / "slow-1")
    return found


def _hangup(folder: Path, setting: int, rng: Random) -> Found:
    """SIGHUP is as the others: the terminal is gone, the run is saved."""
    found = Found()
    with _begin(folder, setting) as process:
        _read_to(process, "writing to")
        sleep(0.1 * rng.random())
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=60)
    if SAVED in out:
        found.counts["ended before the signal"] += 1
        return found
    found.counts["SIGHUP"] += 1
    found.failures += _stopped(process.returncode, signal.SIGHUP, out + err)
    found.failures += _goes_on(folder, setting, err)
    return found


def _nohup(folder: Path, setting: int, rng: Random) -> Found:
    """Where SIGHUP is ignored it stays ignored."""
    found = Found()
    with _begin(folder, setting, preexec_fn=_ignore) as process:
        _read_to(process, "writing to")
        sleep(0.1 * rng.random())
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=60)
    found.counts["SIGHUP under nohup"] += 1
    if process.returncode != 0:
        found.failures.append(f"ended with {process.returncode}: {(out + err)[-300:]}")
    else:
        found.failures += support.differences(folder / "runs" / "net-1", folder.parent / f"whole {setting}")
    return found


def _ignore() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _head(folder: Path, setting: int, rng: Random) -> Found:
    """``cnndsl run net.cnn | head -1``"""
    found, number = Found(), rng.choice((1, 3, 5))
    support.program(folder, EPOCHS, SETTINGS[setting])
    path = f"{folder.parent}{os.pathsep}{os.environ['PATH']}"
    line = f"cnndsl run net.cnn 2>err | head -{number} >out; echo ${{PIPESTATUS[0]}}"
    environment = support.environment(PATH=path)
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    err = (folder / "err").read_text()
    early = done.stdout.strip() == "0" and len((folder / "out").read_text().splitlines()) == number
    found.counts["ended before the pipe was closed" if early else "closed pipes"] += 1
    if done.stdout.strip() != "141" and not early:
        found.failures.append(f"ended with {done.stdout.strip()}: {err[-300:]}")
    if support.traceback(err):
        found.failures.append(f"a traceback: {err[-600:]}")
    run = folder / "runs" / "net-1"
    code, _, err = support.finish("run", "--resume", run, cwd=folder)
    if code != 0:
        found.failures.append(f"taken up it ended with {code}: {err[-300:]}")
    else:
        found.failures += support.differences(run, folder.parent / f"whole {setting}")
    return found
