"""What the promises share: small trainings, processes, and what is looked at in a run's folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import cnndsl
from cnndsl.diagnostics import CnnError
from cnndsl.state import checkpoint, weights

ROOT = Path(cnndsl.__file__).parent.parent
COMMAND = (sys.executable, "-m", "cnndsl")
WORKERS = 2

NETWORK = """INPUT 8x8x1
CONV 3x3 *4 pad 1 nobias -> BN -> RELU
POOL max 2
DROPOUT 0.2
FC 10
train {{ data digits limit 120; epochs {}; batch 16; seed 7; {} }}
"""
SGD = "optimizer sgd lr 0.05 momentum 0.9; schedule cosine warmup 1; augment flip shift 1"
ADAM = "optimizer adam lr 0.005; ema 0.9; schedule step every 2 factor 0.5 warmup 1; save best"
RMSPROP = (
    "optimizer rmsprop lr 0.002 decay 0.01; schedule onecycle; clip 0.5; classweight auto; save every 2 keep 3; "
    "augment cutout 2"
)

T = TypeVar("T")


@dataclass
class Found:
    """What was seen of a promise: counts by what was counted, and a line for each time that it did not hold."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.counts += other.counts
        self.failures += other.failures


def program(folder: Path, epochs: int, settings: str = SGD) -> Path:
    """A training of 7 steps an epoch, in a file."""
    path = folder / "net.cnn"
    path.write_text(NETWORK.format(epochs, settings), encoding="utf-8")
    return path


def environment(**more: str) -> dict[str, str]:
    """One thread, so that several processes do not wait for each other."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **more}


def start(*arguments: str | Path, cwd: Path, **more: Any) -> subprocess.Popen[str]:
    """The command line as a process, its output piped."""
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment(), **more}
    return subprocess.Popen([*COMMAND, *map(str, arguments)], cwd=cwd, text=True, **settings)


def finish(*arguments: str | Path, cwd: Path, **more: Any) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    with start(*arguments, cwd=cwd, **more) as process:
        try:
            out, err = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += "did not end in two minutes"
    return process.returncode, out, err


def digest(run: Path) -> str:
    """Of the weights that a network is asked with."""
    return weights.digest(weights.load(run / weights.WEIGHTS).state)


def metrics(run: Path) -> list[dict[str, Any]]:
    """What was measured, without what depends on the clock."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{k: v for k, v in line.items() if k not in ("seconds", "rate")} for line in lines]


def checkpoints(run: Path) -> list[Path]:
    """Oldest first."""
    return sorted((run / "checkpoints").glob("*.safetensors"))


def newest(run: Path) -> int:
    """How many steps the newest checkpoint has seen; -1 for none."""
    found = checkpoints(run)
    return int(found[-1].stem) if found else -1


def strays(run: Path) -> list[Path]:
    """Files that nobody should find there once a run was begun again."""
    return [p for p in run.rglob("*") if p.name.endswith(".tmp")]


def unreadable(run: Path) -> list[str]:
    """What is wrong with the files that are there: each is whole, but for half a last line of metrics."""
    wrong = []
    for path in [*checkpoints(run), *run.glob("*.safetensors")]:
        try:
            (checkpoint if path.parent.name == "checkpoints" else weights).load(path)
        except CnnError as error:
            wrong.append(str(error))
    try:
        json.loads((run / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except ValueError as error:
        wrong.append(f"run.json: {error}")
    if (run / "metrics.jsonl").exists():
        *lines, last = (run / "metrics.jsonl").read_bytes().split(b"\n")
        for line in lines:
            try:
                json.loads(line)
            except ValueError as error:
                wrong.append(f"metrics.jsonl: {error} in {line[:60]!r}")
        if b"}\n" in last:
            wrong.append("metrics.jsonl: more than half a line at its end")
    return wrong


def differences(run: Path, reference: Path) -> list[str]:
    """What a run that has ended has otherwise than one that was never stopped."""
    wrong = []
    for name in ("weights.safetensors", "best.safetensors"):
        there = [(folder / name).is_file() for folder in (run, reference)]
        if there[0] != there[1]:
            wrong.append(f"{name} is {'' if there[0] else 'not '}there")
        elif there[0]:
            ours, theirs = (weights.digest(weights.load(folder / name).state) for folder in (run, reference))
            if ours != theirs:
                wrong.append(f"{name} differs")
    if metrics(run) != metrics(reference):
        wrong.append(f"metrics differ: {len(metrics(run))} lines, {len(metrics(reference))} in the whole run")
    status = json.loads((run / "run.json").read_text(encoding="utf-8")).get("status")
    if status != "finished":
        wrong.append(f"run.json says {status}")
    names = [{p.name for p in f.iterdir()} - {"report.html"} for f in (run, reference)]  # made once all has ended
    if names[0] != names[1]:
        wrong.append(f"files differ: {sorted(names[0] ^ names[1])}")
    if newest(run) != newest(reference) or len(checkpoints(run)) > len(checkpoints(reference)):
        wrong.append(f"checkpoints differ: {', '.join(p.name for p in (run / 'checkpoints').iterdir())}")
    return wrong


def traceback(text: str) -> bool:
    """Whether somebody who uses the command line would see one."""
    return bool(re.search(r"Traceback|Exception ignored|Fatal Python", text))


def side_by_side(work: Callable[[T], Found], items: Iterable[T], workers: int = WORKERS) -> Found:
    """All that was found, in the order of the items."""
    found = Found()
    with ThreadPoolExecutor(workers) as pool:
        for one in pool.map(work, items):
            found.add(one)
    return found


def seeds(seed: int, count: int) -> list[Random]:
    """A source of random numbers for each of several chains."""
    return [Random(f"{seed} {number}") for number in range(count)]
