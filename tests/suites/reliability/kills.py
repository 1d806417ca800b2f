"""Processes are killed (SIGKILL) at any time, and begun again: nothing is lost, unreadable or left lying about.

A chain is a run that is killed and taken up until it ends. A quarter of the kills come at any time after the process is
started, the others after the folder was announced: while it writes, after every epoch and inside.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import sleep

from . import support
from .support import Found

COUNT = 200
LINKS = 10
"""Kills in a chain; after that it may go to its end."""
EPOCHS = 80
SETTINGS = (support.SGD, support.ADAM, support.RMSPROP)


def show(count: int, seed: int) -> Found:
    chains = -(-count // LINKS)
    parts = [(i, min(LINKS, count - i * LINKS), rng) for i, rng in enumerate(support.seeds(seed, chains))]
    return support.side_by_side(lambda part: _chain(*part), parts)


def _chain(number: int, kills: int, rng: Random) -> Found:
    found = Found()
    with TemporaryDirectory() as folder:
        work, run = Path(folder), Path(folder) / "run"
        support.program(work, EPOCHS, SETTINGS[number % len(SETTINGS)])
        code, _, err = support.finish("run", "net.cnn", "--out", "whole", cwd=work)
        if code != 0:
            found.failures.append(f"chain {number}: the whole run ended with {code}: {err}")
            return found
        done = 0
        while done < kills:
            ended = _link(f"chain {number}, kill {done + 1}", work, run, rng, found)
            done += not ended
            if ended:
                found.counts["ended before the kill"] += 1
                wrong = support.differences(run, work / "whole")
                found.failures += [f"chain {number}: {what}" for what in wrong]
                run.rename(work / f"ended {done} {found.counts['ended before the kill']}")
        if run.exists():
            code, _, err = support.finish(*_command(run), cwd=work)
            wrong = [err] if code else support.differences(run, work / "whole")
            found.failures += [f"chain {number}, at its end: {what}" for what in wrong]
        found.counts["chains with the bits of the whole run"] += not found.failures
    return found


def _command(run: Path) -> tuple[str | Path, ...]:
    """A run that had not begun is begun; any other one is taken up."""
    return ("run", "--resume", run) if (run / "program.cnn").is_file() else ("run", "net.cnn", "--out", run)


def _link(name: str, work: Path, run: Path, rng: Random, found: Found) -> bool:
    """One start and one kill; whether the run ended by itself before that."""
    left = _dated(support.strays(run))
    announced = rng.random() < 0.75
    with support.start(*_command(run), cwd=work) as process:
        if announced:
            while (line := process.stdout.readline()) and "writing to" not in line:  # type: ignore[union-attr]
                pass
            still = left & _dated(support.strays(run))
            found.failures += [f"{name}: {stray} is still there" for stray, _ in still]
            sleep(rng.random() ** 2)
        else:
            sleep(0.8 * rng.random())
        seen = support.newest(run)
        process.kill()
        _, err = process.communicate()
    if process.returncode == 0:  # it ended by itself, be it a moment before the kill
        return True
    if process.returncode != -9:
        found.failures.append(f"{name}: ended with {process.returncode}: {err[-300:]}")
    found.counts["kills"] += 1
    if not run.exists():
        found.counts["before the folder"] += 1
        return False
    found.counts["in the middle of a file"] += bool(support.strays(run))
    found.counts["before the first checkpoint"] += support.newest(run) < 0
    wrong = support.unreadable(run)
    if support.newest(run) < seen:
        wrong.append(f"checkpoint {seen} is gone; the newest is {support.newest(run)}")
    found.failures += [f"{name}: {what}" for what in wrong]
    return False


def _dated(paths: list[Path]) -> set[tuple[str, int]]:
    """Names with when they were written: a new file of an old name is another one."""
    found = set()
    for path in paths:
        with suppress(FileNotFoundError):
            found.add((path.name, path.stat().st_mtime_ns))
    return found
