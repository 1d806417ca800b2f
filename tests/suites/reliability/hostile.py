"""Files that somebody made to do harm, or that were harmed, in the place of checkpoints and weights: through
`run --resume`, `eval`, `weights "file"` in a train block, and `Model.load`.

Each is refused with a diagnostic within a second, and nothing in it is run: the canary never sings. Beside them every
truncation of a checkpoint, and bits of it flipped.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import thread_time

import cnndsl
from cnndsl.diagnostics import CnnError
from cnndsl.state import checkpoint, weights

from . import crafted, support
from .forks import Forks
from .support import Found

COUNT = 10_000
FLIPS = 5_000
SECOND = 1.0
"""Of a processor: others may be at work beside."""
SETTINGS = "optimizer sgd lr 0.05 momentum 0.9; ema 0.9"
HARMLESS = (  # what is true of the arrays all the same, and is not looked at where only weights are asked for
    "position: ",
    "without a position",
    "a slot more",
    "an average more",
    "without a slot",
    "without a average",
    "a slot of another",
    "a average of another",
    "10 MB",
)


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes


def show(count: int, seed: int) -> Found:
    """`count` files, chosen by the seed, and as many hundred truncations and flips; all of them where there are no
    more."""
    found = Found()
    rng = Random(seed)
    with TemporaryDirectory() as folder, Forks(support.environment()) as forks:
        work = Path(folder)
        canary = work / "canary"
        made = _run(work, forks)
        data = made.read_bytes()
        read, whole = weights.load(made), checkpoint.load(made)
        cases = [
            *(Case(*case) for case in crafted.singing(canary)),
            *(Case(*case) for case in crafted.malformed()),
            *(Case(*case) for case in crafted.untrue(_everything(read), whole)),
        ]
        chosen = cases if count >= len(cases) else rng.sample(cases, count)
        parts = [chosen[i :: support.WORKERS] for i in range(support.WORKERS)]
        found.add(support.side_by_side(lambda part: _all(part, work / "run", canary), parts))
        _damaged(data, work, min(count * 100, len(data)), min(count * 100, FLIPS), rng, found)
    return found


def _everything(found: weights.Weights) -> weights.Weights:
    return weights.Weights({**found.state, **found.more}, found.metadata)


def _run(work: Path, forks: Forks) -> Path:
    """A run that ended after one of two epochs; its checkpoint."""
    support.program(work, 2, SETTINGS)
    code, _, err = forks.run("run", "net.cnn", "--out", "run", cwd=work)
    if code != 0:
        raise RuntimeError(err)
    *older, last = support.checkpoints(work / "run")
    last.unlink()
    return older[-1]


def _all(cases: list[Case], image: Path, canary: Path) -> Found:
    found = Found()
    with TemporaryDirectory() as folder, Forks(support.environment()) as forks:
        for case in cases:
            wrong = _one(case, Path(folder), image, forks)
            if canary.exists():
                wrong.append("the canary sings")
                canary.rmdir()
            found.counts["files"] += 1
            found.counts["refused as they should be"] += not wrong
            found.failures += [f"{case.name}: {what}" for what in wrong]
    return found


def _one(case: Case, work: Path, image: Path, forks: Forks) -> list[str]:
    run = work / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(image, run)
    for path in (*support.checkpoints(run), run / "weights.safetensors"):
        path.write_bytes(case.data)
    text = support.NETWORK.format(1, f'{SETTINGS}; weights "run/weights.safetensors"')
    (work / "begins.cnn").write_text(text)
    wrong = []
    before = {p.name: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    for command in (("run", "--resume", "run"), ("eval", "run"), ("run", "begins.cnn", "--out", "other")):
        shutil.rmtree(work / "other", ignore_errors=True)
        code, out, err = forks.run(*command, cwd=work)
        said = " ".join(command)
        if support.traceback(out + err):
            wrong.append(f"{said}: a traceback: {err[-400:]}")
        weights_alone = "--resume" not in command and case.name.startswith(HARMLESS)
        fine = code == 0 and weights_alone
        if not fine and (code not in (1, 2) or "error[E" not in err):
            wrong.append(f"{said}: ended with {code}: {err[-300:]}")
        if forks.seconds > SECOND:
            wrong.append(f"{said}: took {forks.seconds:.1f} s")
        now = {p.name: p.read_bytes() for p in run.rglob("*") if p.is_file()}
        if now != before:
            wrong.append(f"{said}: files of the run are changed")
        if case.name == "newer" and "9.8.7" not in err:
            wrong.append(f"{said}: the version that wrote it is not named")
        if case.name == "another network" and not all(f"\n   = note: {what}" in err for what in ("", "and ")):
            wrong.append(f"{said}: differences are not named: {err}")
    return [*wrong, *_asked(case, run)]


def _asked(case: Case, run: Path) -> list[str]:
    model = cnndsl.compile(support.NETWORK.format(1, SETTINGS))
    start = thread_time()
    try:
        model.load(run / "weights.safetensors")
    except CnnError:
        wrong = []
    else:
        wrong = [] if case.name.startswith(HARMLESS) else ["Model.load takes it"]
    taken = thread_time() - start
    return [*wrong, *([f"Model.load took {taken:.1f} s"] if taken > SECOND else [])]


def _damaged(data: bytes, work: Path, cuts: int, flips: int, rng: Random, found: Found) -> None:
    """Truncations, and flipped bits: refused, or where a name that nobody relies on was hit the same in all else."""
    path = work / "damaged.safetensors"
    path.write_bytes(data)
    whole = _content(checkpoint.load(path))
    for length in sorted(rng.sample(range(len(data)), cuts)):
        found.failures += _loaded(path, data[:length], None, f"cut to {length} bytes")
        found.counts["truncations"] += 1
    for bit in sorted(rng.sample(range(8 * len(data)), flips)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        found.failures += _loaded(path, bytes(flipped), whole, f"bit {bit} flipped")
        found.counts["flipped bits"] += 1


def _content(made: checkpoint.Checkpoint) -> tuple[object, ...]:
    return (*map(weights.digest, (made.state, made.slots, made.averages)), made.position)


def _loaded(path: Path, data: bytes, allowed: object, name: str) -> list[str]:
    path.write_bytes(data)
    start = thread_time()
    wrong = []
    try:
        if _content(checkpoint.load(path)) != allowed:
            wrong.append(f"{name}: is taken")
    except CnnError:
        pass
    except BaseException as error:
        wrong.append(f"{name}: {type(error).__name__}: {error}")
    if thread_time() - start > SECOND:
        wrong.append(f"{name}: took more than a second")
    return wrong
