"""Trainings are killed (SIGKILL), most inside an epoch, and taken up again until they end: with the bits and the
metrics of one that was never stopped.

Checkpoints are made after every step here, where trainings of hours make one in some minutes. Three optimizers, with
running statistics, DROPOUT, averages, schedules with warmup, and what else a recipe may ask for.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from cnndsl.diagnostics import CnnError
from cnndsl.state import checkpoint

from . import support
from .forks import Forks
from .support import Found

COUNT = 50
LINKS = 5
EPOCHS = 12
BRIEF = "--no-report"
"""So that kills meet the training."""
SETTINGS = (support.SGD, support.ADAM, support.RMSPROP)


def show(count: int, seed: int) -> Found:
    chains = max(-(-count // LINKS), min(count, len(SETTINGS)))
    sizes = [count // chains + (i < count % chains) for i in range(chains)]
    parts = [*enumerate(zip(sizes, support.seeds(seed, chains), strict=True))]
    return support.side_by_side(lambda part: _chain(part[0], *part[1]), parts)


def _chain(number: int, kills: int, rng: Random) -> Found:
    found, name = Found(), SETTINGS[number % len(SETTINGS)].split()[1]
    with TemporaryDirectory() as folder, Forks(support.environment()) as forks:
        work, run = Path(folder), Path(folder) / "run"
        support.program(work, EPOCHS, SETTINGS[number % len(SETTINGS)])
        code, _, err = forks.run("run", "net.cnn", "--out", "whole", BRIEF, cwd=work)
        if code != 0:
            found.failures.append(f"{name}: the whole run ended with {code}: {err}")
            return found
        start = monotonic()
        forks.run("run", "net.cnn", "--out", "often", BRIEF, cwd=work, seconds=0.0)
        taken, done = monotonic() - start, 0
        while done < kills:
            pid = forks.begin(*_command(run), BRIEF, cwd=work, seconds=0.0)
            sleep(taken * (0.3 + 0.7 * rng.random()) / (1 + done / 2))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            code, _, err = forks.end()
            if code == 0:
                found.failures += [f"{name}: {what}" for what in support.differences(run, work / "whole")]
                run.rename(work / f"ended {monotonic()}")
                continue
            if code != -signal.SIGKILL:
                found.failures.append(f"{name}: ended with {code}: {err[-300:]}")
                return found
            done += 1
            found.counts["kills"] += 1
            found.counts["inside an epoch"] += _inside(run)
        code, _, err = forks.run(*_command(run), BRIEF, cwd=work)
        wrong = [err] if code else support.differences(run, work / "whole")
        found.failures += [f"{name}: {what}" for what in wrong]
        found.counts[f"runs of {name} with the same bits"] += not found.failures
    return found


def _command(run: Path) -> tuple[str | Path, ...]:
    """Goes on with the run, or begins it where a kill came before there was one."""
    return ("run", "--resume", run) if (run / "program.cnn").is_file() else ("run", "net.cnn", "--out", run)


def _inside(run: Path) -> bool:
    """Whether the newest checkpoint stands between two epochs' ends."""
    try:
        return int(checkpoint.load(support.checkpoints(run)[-1]).position["step"]) > 0
    except (IndexError, CnnError):
        return False
