"""Disks that are really full: before a run, in the midst of one, and with room again later.

On a file system of 1 MiB in memory where one can be mounted; a limit to the size of the process's files does for a full
disk beside it, and alone where none can be mounted.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import sleep

from . import support
from .support import Found

COUNT = 20
EPOCHS = 60
SETTINGS = "optimizer sgd lr 0.05 momentum 0.9"
LIMIT = 2_000
"""Bytes that a file may have: less than the metrics have by then, and than a checkpoint."""


def show(count: int, seed: int) -> Found:
    """`count` runs, on whichever of the two there are."""
    found = Found()
    with TemporaryDirectory() as folder, _mounted(Path(folder)) as small:
        whole = Path(folder)
        support.program(whole, EPOCHS, SETTINGS)
        code, _, err = support.finish("run", "net.cnn", "--out", "whole", cwd=whole)
        if code != 0:
            found.failures.append(f"the whole run ended with {code}: {err}")
        for number, rng in enumerate(support.seeds(seed, count)):
            kinds = [_limited] if small is None else [_filled, _limited, _filled, _full_before]
            kind = kinds[number % len(kinds)]
            place = Path(folder) / f"{number}" if small is None or kind is _limited else small / f"{number}"
            place.mkdir()
            one = kind(place, whole / "whole", rng)
            one.failures = [f"{kind.__name__[1:]} {number}: {what}" for what in one.failures]
            found.add(one)
            subprocess.run(["rm", "-rf", place], check=True)
    return found


@contextmanager
def _mounted(folder: Path) -> Iterator[Path | None]:
    place = folder / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)


def _fill(place: Path) -> Path:
    """A file that takes all the room that there is."""
    filler = place / "filler"
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (4_096, 1):
            while True:
                try:
                    os.write(handle, b"\0" * size)
                except OSError:
                    break
    finally:
        os.close(handle)
    return filler


def _full_before(place: Path, reference: Path, rng: Random) -> Found:
    """Refused before the first step, and nothing of its own is left but the folder."""
    found = Found()
    support.program(place, EPOCHS, SETTINGS)
    filler = _fill(place)
    if rng.random() < 0.5:  # room for the first files, and none for checkpoints
        os.truncate(filler, filler.stat().st_size - 16_384)
    code, out, err = support.finish("run", "net.cnn", "--out", "run", cwd=place)
    found.counts["full before the run"] += 1
    if code != 5 or "error[E803]" not in err or support.traceback(err) or "epoch 1/" in out:
        found.failures.append(f"ended with {code}: {out[-200:]}{err[-300:]}")
    if (place / "run").exists() and support.strays(place / "run"):
        found.failures.append("a temporary file is left")
    filler.unlink()
    begun = (place / "run" / "program.cnn").is_file()
    command = ("run", "--resume", "run") if begun else ("run", "net.cnn", "--out", "run")
    code, _, err = support.finish(*command, cwd=place)
    found.failures += [err] if code else support.differences(place / "run", reference)
    return found


def _filled(place: Path, reference: Path, rng: Random) -> Found:
    """Filled on the way; half of them get room again before the end."""
    fillers: list[Path] = []
    found = _midway(
        place, reference, rng, lambda _: fillers.append(_fill(place)), lambda _: fillers.pop().unlink(), "filled midway"
    )
    for path in fillers:
        path.unlink()
    found.failures += _taken_up(place, reference)
    return found


def _limited(place: Path, reference: Path, rng: Random) -> Found:
    """No file may grow beyond some bytes: EFBIG, where a full disk says ENOSPC."""

    def limit(size: int) -> Callable[[int], None]:
        return lambda pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)) and None

    set_limit, lift = limit(LIMIT), limit(resource.RLIM_INFINITY)
    found = _midway(place, reference, rng, set_limit, lift, "files limited midway")
    found.failures += _taken_up(place, reference)
    return found


def _midway(
    place: Path, reference: Path, rng: Random, spoil: Callable[[int], None], mend: Callable[[int], None], name: str
) -> Found:
    found, mended = Found(), rng.random() < 0.5
    support.program(place, EPOCHS, SETTINGS)
    with support.start("run", "net.cnn", "--out", "run", cwd=place) as process:
        while (line := process.stdout.readline()) and "epoch 9/" not in line:  # type: ignore[union-attr]
            pass
        spoil(process.pid)
        before = support.newest(place / "run")
        if mended:
            while (line := process.stdout.readline()) and "warning:" not in line:  # type: ignore[union-attr]
                pass
            sleep(0.05)
            mend(process.pid)
        out, err = process.communicate(timeout=120)
    out = line + out
    found.counts[f"{name}, {'with room again' if mended else 'to the end'}"] += 1
    run = place / "run"
    if process.returncode != 5 or "error[E803]" not in err or support.traceback(err):
        found.failures.append(f"ended with {process.returncode}: {err[-300:]}")
    if "warning:" not in out or "test accuracy" not in out:
        found.failures.append(f"did not go on with a warning: {out[-300:]}")
    found.failures += support.unreadable(run)
    if support.strays(run):
        found.failures.append("a temporary file is left")
    if support.newest(run) < before:
        found.failures.append(f"checkpoint {before} is gone")
    if mended:
        found.failures += support.differences(run, reference)
    return found


def _taken_up(place: Path, reference: Path) -> list[str]:
    code, _, err = support.finish("run", "--resume", "run", cwd=place)
    return [err] if code else support.differences(place / "run", reference)
