"""A run's folder: weights, checkpoints, the program's text, metrics as JSON lines, and what the run is."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np

from cnndsl.backends.protocol import State
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.memory import amount
from cnndsl.runs.lock import Lock
from cnndsl.runs.log import Log, objects, plain
from cnndsl.state import atomic, checkpoint, weights
from cnndsl.state.atomic import unwritable
from cnndsl.state.checkpoint import Checkpoint
from cnndsl.state.weights import WEIGHTS as WEIGHTS
from cnndsl.version import __version__

PROGRAM, METRICS, RUN, BEST, CHECKPOINTS = "program.cnn", "metrics.jsonl", "run.json", "best.safetensors", "checkpoints"
ROOT = Path("runs")
DIGITS = 10
"""Of the number of steps in a checkpoint's name."""


class RunFolder:
    """The folder of one run, made by `create` or taken up again by `reopen`; locked until it is closed.

    weights.safetensors     parameters and buffers to ask the network with, replaced at every save
    best.safetensors        those of the best epoch, where the recipe asks for them
    checkpoints/            what a training goes on from: a file a save, named by the steps done, the last few kept
    program.cnn             the canonical text of the program
    metrics.jsonl           a JSON object a line, readable while the run goes on
    run.json                versions, network, backend, seed, how the run ended and what it reached
    """

    def __init__(self, path: Path, network: str, program: str, lock: Lock, log: Log, about: Mapping[str, Any]):
        self.path = path
        self._network, self._program, self._lock, self._log = network, program, lock, log
        self._about = dict(about)

    @classmethod
    def create(
        cls, network: str, program: str, *, out: Path | None = None, root: Path = ROOT, about: Mapping[str, Any] = {}
    ) -> RunFolder:
        """Makes the folder and writes the program's text and what is known `about` the run.

        `out` is the folder itself; left out, it is the next free ``<network>-<n>`` in `root`. The program's text is
        written last: a folder without it, as a kill may leave it, holds no run yet. Raises CnnError: E806 where `out`
        holds a run already or another process writes one there, E803 where nothing can be written.
        """
        path = root / network if out is None else out
        try:
            path = _next(root, network) if out is None else _made(out)
            with ExitStack() as held:
                lock = Lock(path)
                held.callback(lock.release)
                _refuse_runs(path)
                for name in (PROGRAM, METRICS, RUN):
                    (path / f".{name}.tmp").unlink(missing_ok=True)
                (path / CHECKPOINTS).mkdir(exist_ok=True)
                log = Log(path / METRICS)
                held.callback(log.close)
                found = cls(path, network, program, lock, log, about)
                found.describe(status="starting")
                atomic.write(path / PROGRAM, program.encode())
                held.pop_all()
        except OSError as error:
            raise unwritable(path, error) from error
        return found

    @classmethod
    def reopen(cls, path: Path, network: str, program: str) -> RunFolder:
        """Takes a run's folder up again; what a kill left half written goes, what is there stays until `go_on`. Raises
        CnnError (E803, E806)."""
        try:
            with ExitStack() as held:
                lock = Lock(path)
                held.callback(lock.release)
                (path / CHECKPOINTS).mkdir(exist_ok=True)
                for stray in (*path.glob(".*.tmp"), *(path / CHECKPOINTS).glob(".*.tmp")):
                    stray.unlink()
                log = Log(path / METRICS)
                held.callback(log.close)
                found = cls(path, network, program, lock, log, told(path))
                held.pop_all()
        except OSError as error:
            raise unwritable(path, error) from error
        return found

    def checkpoint(self) -> tuple[Checkpoint | None, tuple[Diagnostic, ...]]:
        """The newest checkpoint that can be read, with a warning (W701) for each newer one that cannot; None where no
        training has begun. Raises CnnError (E701) where there are some and none can be read."""
        warnings: list[Diagnostic] = []
        for path in reversed(_checkpoints(self.path)):
            try:
                return checkpoint.load(path), tuple(warnings)
            except CnnError as error:
                warnings += [Diagnostic("W701", d.message, notes=d.notes) for d in error.diagnostics]
        if warnings:
            help = ("start again with `cnndsl run`: the program is in the run's folder",)
            notes = tuple(d.message for d in warnings)
            raise CnnError(Diagnostic("E701", f"{self.path}: no checkpoint can be read", notes=notes, help=help))
        return None, ()

    def go_on(self, steps: int, epochs: int) -> None:
        """Makes the folder what it was when so many steps were done, and so many epochs told: leaves out of the metrics
        what is of a later step, or of an epoch whose end is still to be told, and the test; and writes the program's
        text, where it is another now. Raises CnnError (E803)."""
        try:
            if not (self.path / PROGRAM).is_file() or (self.path / PROGRAM).read_bytes() != self._program.encode():
                atomic.write(self.path / PROGRAM, self._program.encode())
        except OSError as error:
            raise unwritable(self.path / PROGRAM, error) from error
        until = {"step": steps, "epoch": epochs}
        try:
            self._log.cut(
                lambda line: line.get("event") != "test" and all(_number(line.get(k)) <= n for k, n in until.items())
            )
        except OSError as error:
            raise unwritable(self.path / METRICS, error) from error

    def room(self, found: Checkpoint, keep: int) -> None:
        """Raises CnnError (E803) where the disk has no room for the checkpoints that are kept, one more, and
        weights."""
        size = sum(a.nbytes for part in (found.state, found.slots, found.averages) for a in part.values())
        needed = (keep + 1) * (size + 65_536) + 3 * sum(a.nbytes for a in found.state.values())
        try:
            free = shutil.disk_usage(self.path).free
        except OSError:
            return
        if free < needed:
            message = f"{self.path}: the checkpoints need {amount(needed)}, and the disk has {amount(free)} left"
            help = ("make room, name a folder on another disk with `--out`, or keep fewer: `save keep 1`",)
            raise CnnError(Diagnostic("E803", message, help=help))

    def save(self, found: Checkpoint, asked: State, *, steps: int, keep: int) -> None:
        """Adds a checkpoint, replaces the weights to ask the network with, and lets go of the checkpoints before the
        last `keep`, and of those behind it, which could not be read when the run was taken up. Raises CnnError (E803);
        what was there before is whole then."""
        path = self.path / CHECKPOINTS / f"{steps:0{DIGITS}}.safetensors"
        checkpoint.save(path, found, network=self._network, program=self._program)
        self.save_weights(asked, WEIGHTS)
        there = _checkpoints(self.path)
        kept = [p for p in there if int(p.stem) <= steps][-keep:]
        for other in there:
            if other not in kept:
                with suppress(OSError):
                    other.unlink()

    def save_weights(self, state: State, name: str = WEIGHTS) -> None:
        """Replaces a file of weights, whole or not at all. Raises CnnError (E803)."""
        weights.save(self.path / name, state, network=self._network, program=self._program)

    def record(self, metrics: Mapping[str, Any]) -> None:
        """Adds a line of metrics and flushes it. Raises CnnError (E803)."""
        self._log.add(metrics)

    def flush(self) -> None:
        """Writes the lines of metrics that could not be written before. Raises CnnError (E803)."""
        self._log.flush()

    def describe(self, **about: Any) -> None:
        """Adds to run.json and writes it: plain values by name. Raises CnnError (E803)."""
        self._about = {
            **self._about,
            "format": 1,
            "cnndsl": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "network": self._network,
            **about,
        }
        text = json.dumps(plain(self._about), indent=2, allow_nan=False) + "\n"
        atomic.write(self.path / RUN, text.encode())

    def close(self) -> None:
        """Lets go of the folder, which stays as it is."""
        self._log.close()
        self._lock.release()


def told(folder: Path) -> dict[str, Any]:
    """What run.json says, as far as it is there."""
    try:
        if not (folder / RUN).is_file():
            return {}
        text = (folder / RUN).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return next(iter(objects(text.replace("\n", " "))), {})


def _checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a run's folder, oldest first."""
    found = (p for p in (folder / CHECKPOINTS).glob("*.safetensors") if re.fullmatch("[0-9]{1,20}", p.stem))
    return sorted(found, key=lambda path: int(path.stem))


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else float("inf")


def _next(root: Path, network: str) -> Path:
    """Makes the next free folder; two runs that start at once get one each."""
    stem = re.sub(r"[^\w.-]+", "-", network).strip("-.") or "network"
    root.mkdir(parents=True, exist_ok=True)
    taken = [int(p.name[len(stem) + 1 :]) for p in root.iterdir() if re.fullmatch(rf"{re.escape(stem)}-[0-9]+", p.name)]
    number = max(taken, default=0) + 1
    while True:
        path = root / f"{stem}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def _made(out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    return out


def _refuse_runs(out: Path) -> None:
    """Raises CnnError (E806) where a folder that was named holds a run. One that ended before its program was written
    is none: it has metrics without a line, and a run.json of ours that says that it starts."""
    held = [name for name in (WEIGHTS, PROGRAM, METRICS, RUN) if os.path.lexists(out / name)]
    if not {WEIGHTS, PROGRAM} & {*held}:
        empty = METRICS not in held or ((out / METRICS).is_file() and (out / METRICS).stat().st_size == 0)
        about = told(out)
        ours = RUN not in held or ("cnndsl" in about and about.get("status") == "starting")
        held = held if not (empty and ours) else []
    if held:
        help = (
            f"take it up again with `cnndsl run --resume {out}`",
            "or name another folder; leave `--out` out to get a fresh one in runs/",
        )
        raise CnnError(Diagnostic("E806", f"{out} holds a run already ({', '.join(held)})", help=help))
