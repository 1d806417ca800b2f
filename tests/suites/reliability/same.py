"""The same seed gives the same bits: processes of their own, each with another seed of Python's hashes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from . import support
from .support import Found

COUNT = 100
SETTINGS = support.ADAM


def show(count: int, seed: int) -> Found:
    with TemporaryDirectory() as folder:
        work = Path(folder)
        support.program(work, 3, SETTINGS)
        found = support.side_by_side(lambda part: _run(work, *part), enumerate(support.seeds(seed, count)))
        runs = [work / f"run {number}" for number in range(count)]
        digests = {support.digest(run) for run in runs if (run / "weights.safetensors").is_file()}
        found.counts["sha256 of weights"] = len(digests)
        if len(digests) != 1:
            found.failures.append(f"{len(digests)} different ones")
        for run in runs[1:]:
            found.failures += [f"{run.name}: {what}" for what in support.differences(run, runs[0])]
    return found


def _run(work: Path, number: int, rng: Random) -> Found:
    found, hashes = Found(), str(rng.randrange(2**32) if number else 0)
    environment = support.environment(PYTHONHASHSEED=hashes)
    code, _, err = support.finish("run", "net.cnn", "--out", f"run {number}", cwd=work, env=environment)
    found.counts["runs"] += 1
    if code != 0:
        found.failures.append(f"run {number} ended with {code}: {err[-300:]}")
    return found
