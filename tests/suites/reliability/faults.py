"""Everything that a run asks of the system about its folder goes wrong once, for ever from then on, or is the last.

An error before the first step refuses the run: E803, exit code 5. Later the training goes on to its end, with a
warning, tries again, and ends with exit code 5; what was written before stays whole, and nothing half written stays.
After a sudden death, and once the errors have gone, the run is taken up again and ends with the bits and the metrics of
one that met nothing.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from . import support
from .faulty import DEAD
from .forks import Forks
from .support import Found

COUNT = 10_000
ERRORS = ("ENOSPC", "EIO", "EACCES")
SETTINGS = "optimizer sgd lr 0.05 momentum 0.9; ema 0.9; save best"
EPOCHS = 4
STEPS = EPOCHS * 7


@dataclass(frozen=True)
class Point:
    """`number`: of the call. `call`: what it was. `early`: before the first step. `over`: the training is over, saved,
    and only the report is still to be made, which says itself that it could not be written. `resumed`: of a run taken
    up again. `error`: None for a sudden death."""

    number: int
    call: str
    early: bool
    over: bool
    resumed: bool
    error: str | None
    forever: bool

    def __str__(self) -> str:
        what = f"{self.error} {'for ever' if self.forever else 'once'}" if self.error else "death"
        return f"{'resume' if self.resumed else 'run'}, {what} at call {self.number} ({self.call})"

    @property
    def harmless(self) -> bool:
        """Nothing is lost where a lock has no name on it or stays, or an old checkpoint does; nor where a folder cannot
        be made that is there."""
        named = self.call in ("write .lock", "ftruncate .lock") or self.call.startswith("unlink checkpoints/0")
        named = named or (self.resumed and self.call == "mkdir checkpoints")
        return (named or self.call == "unlink .lock") and not self.forever


def show(count: int, seed: int) -> Found:
    """`count` of all points, chosen by the seed; all of them where it is as large as that."""
    with TemporaryDirectory() as folder, Forks(support.environment()) as forks:
        work = Path(folder)
        support.program(work, EPOCHS, SETTINGS)
        points = _points(work, forks)
    calls = len({(p.resumed, p.number) for p in points})
    chosen = points if count >= len(points) else Random(seed).sample(points, count)
    parts = [chosen[i :: support.WORKERS] for i in range(support.WORKERS)]
    found = support.side_by_side(_all, parts)
    found.counts["calls that a run makes on its folder"] = calls
    return found


def _points(work: Path, forks: Forks) -> list[Point]:
    points = []
    for resumed in (False, True):
        target = work / "counted"
        shutil.rmtree(target, ignore_errors=True)
        if resumed:
            _half(work, forks, target)
        spec = {"root": str(target), "log": str(work / "log.json")}
        code, _, err = forks.run(*_command(target, resumed), cwd=work, faults=spec)
        if code != 0:
            raise RuntimeError(f"the run that was counted ended with {code}: {err}")
        log = json.loads((work / "log.json").read_text())
        over = max(number for number, call in enumerate(log["calls"], 1) if call == "unlink .lock")
        for number, call in enumerate(log["calls"], 1):
            begins, ends = number <= log["begun"], number >= over
            for error in (*ERRORS, None):
                for forever in (False, True) if error else (False,):
                    points.append(Point(number, call, begins, ends, resumed, error, forever))
    return points


def _command(target: Path, resumed: bool) -> tuple[str | Path, ...]:
    return ("run", "--resume", target) if resumed else ("run", "net.cnn", "--out", target)


def _half(work: Path, forks: Forks, target: Path) -> None:
    """A run that was killed on the way, and has left all that a kill can leave."""
    image = work / "half"
    if not image.exists():
        log = work / "log.json"
        spec = {"root": str(image), "log": str(log)}
        forks.run("run", "net.cnn", "--out", image, cwd=work, faults=spec)
        calls = json.loads(log.read_text())["calls"]
        shutil.rmtree(image)
        at = [i for i, call in enumerate(calls, 1) if call == "write metrics.jsonl"][2]
        forks.run("run", "net.cnn", "--out", image, cwd=work, faults={"root": str(image), "at": at})
        (image / ".run.json.tmp").write_text("{")
        (image / "checkpoints" / ".0000000021.safetensors.tmp").write_text("half")
    shutil.copytree(image, target)


def _all(points: list[Point]) -> Found:
    found = Found()
    with TemporaryDirectory() as folder, Forks(support.environment()) as forks:
        work = Path(folder)
        support.program(work, EPOCHS, SETTINGS)
        reference = work / "whole"
        forks.run("run", "net.cnn", "--out", reference, cwd=work)
        for point in points:
            found.counts["deaths" if point.error is None else f"{point.error}"] += 1
            wrong = _one(point, work, forks, reference)
            found.failures += [f"{point}: {what}" for what in wrong]
            found.counts["held"] += not wrong
    return found


def _one(point: Point, work: Path, forks: Forks, reference: Path) -> list[str]:
    target = work / "run"
    shutil.rmtree(target, ignore_errors=True)
    if point.resumed:
        _half(work, forks, target)
    before = support.newest(target) if target.exists() else -1
    spec = {"root": str(target), "at": point.number, "error": point.error, "forever": point.forever}
    code, out, err = forks.run(*_command(target, point.resumed), cwd=work, faults=spec)
    wrong = []
    if support.traceback(out + err):
        wrong.append(f"a traceback: {err[-300:]}")
    if point.error is None:
        if code != DEAD:
            wrong.append(f"ended with {code}")
    else:
        wrong += _after_an_error(point, target, reference, code, out, err)
    if target.exists():
        wrong += support.unreadable(target)
        if support.newest(target) < before:
            wrong.append(f"the newest checkpoint was {before}, and is {support.newest(target)}")
    begun = (target / "program.cnn").is_file()
    code, out, err = forks.run(*_command(target, begun), cwd=work)
    if code != 0:
        return [*wrong, f"begun again it ended with {code}: {err[-300:]}"]
    return [*wrong, *(f"begun again, {what}" for what in support.differences(target, reference))]


def _after_an_error(point: Point, target: Path, reference: Path, code: int, out: str, err: str) -> list[str]:
    wrong = []
    expected = 0 if point.harmless else 5
    if code != expected:
        wrong.append(f"ended with {code}: {err[-300:]}")
    if expected == 5 and "error[E803]" not in err:
        wrong.append(f"no E803: {err[-300:]}")
    trained = "test accuracy" in out
    if trained == (point.early and not point.harmless):
        wrong.append("trained all the same" if trained else "did not train to its end")
    if not (point.early or point.over) and expected == 5 and "warning:" not in out:
        wrong.append("no warning")
    removable = not point.call.startswith("unlink") and (not point.forever or point.error == "ENOSPC")
    if removable and target.exists() and (left := _written_before(point, support.strays(target))):
        wrong.append(f"left {', '.join(p.name for p in left)}")
    if trained and not point.forever:
        whole = support.differences(target, reference)
        wrong += [what for what in whole if not (point.harmless and "differ: " in what)]
    return wrong


def _written_before(point: Point, left: list[Path]) -> list[Path]:
    """What an earlier kill has left goes only where the start comes that far."""
    return [] if point.early and point.resumed else left
