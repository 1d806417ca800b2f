"""What the trials before a training found, in words."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10
from typing import TextIO

from cnndsl.cli import terminal
from cnndsl.training.trainer import Trainer
from cnndsl.training.trials import Overfitted, Rates, find_rate, overfit

WEAK = 1e-4
"""A layer whose gradient is so many times shorter than the longest is pointed at."""
ROWS = 24
"""Lines of the picture of rates."""


def dry(trainer: Trainer, stream: TextIO) -> int:
    """Learns one batch by heart and says what came of it. Exit code 1 where it could not be learned."""
    found = overfit(trainer)
    _say(stream, _overfitted(found, trainer))
    return 0 if found.learned else 1


def find_lr(trainer: Trainer, stream: TextIO) -> int:
    """Tries rates and shows the loss at each. Raises CnnError (E806) where it falls at none."""
    _say(stream, _rates(find_rate(trainer), trainer, terminal.width(stream)))
    return 0


def _say(stream: TextIO, lines: Iterator[str]) -> None:
    stream.write("\n".join(lines) + "\n")


def _overfitted(found: Overfitted, trainer: Trainer) -> Iterator[str]:
    accuracy = "" if found.accuracy is None else f", accuracy {found.accuracy:.1%}"
    steps = f"{found.steps} step{'s' if found.steps > 1 else ''}"
    yield f"one batch of {found.samples}, again and again: {steps} at {found.seconds * 1e3:.1f} ms"
    yield f"loss {found.first_loss:.4f} at first, {found.last_loss:.4f} at last{accuracy}"
    if found.learned:
        yield "ok: the network learns a batch by heart"
    else:
        lr = trainer.recipe.optimizer.attrs.lr
        yield f"not learned by heart{f': {found.stopped}' if found.stopped else ''}"
        yield f"help: try another rate than {lr:g}: `--find-lr` looks for one"
        yield from _weak(found)
    whole = trainer.steps * found.seconds
    yield f"the whole training is {trainer.steps:,} steps, about {_duration(whole)} without validation"


def _weak(found: Overfitted) -> Iterator[str]:
    longest = max(found.norms.values(), default=0.0)
    weak = {name: norm for name, norm in found.norms.items() if norm <= WEAK * longest and name.endswith("weight")}
    if weak:
        name = min(weak, key=lambda key: weak[key])
        yield f"help: the gradient hardly reaches {name}: its length is {weak[name]:.2g}, the longest is {longest:.2g}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _rates(found: Rates, trainer: Trainer, width: int) -> Iterator[str]:
    """A line every so many steps, the loss as a bar."""
    every = max(1, -(-len(found.tried) // ROWS))
    shown = [pair for at, pair in enumerate(found.tried) if at % every == 0]
    low, high = (pick(loss for _, loss in found.tried) for pick in (min, max))
    space = max(10, width - 36)
    yield f"{'rate':>9}  {'loss':>8}"
    for lr, loss in shown:
        bar = "#" * max(1, round(space * (loss - low) / (high - low or 1)))
        note = "  steepest" if _near(lr, found.steepest, found, every) else ""
        note += "  lowest" if _near(lr, found.lowest, found, every) else ""
        yield f"{lr:>9.1e}  {loss:>8.4f}  {bar}{note}"
    now = trainer.recipe.optimizer.attrs.lr
    yield f"the loss falls fastest at {found.steepest:.1e} and is lowest at {found.lowest:.1e}"
    yield f"try {found.advice:g}: `--set optimizer.lr={found.advice:g}` (the file says {now:g})"


def _near(lr: float, marked: float, found: Rates, every: int) -> bool:
    """Whether a marked rate falls into the line of this one."""
    factor = log10(found.tried[1][0] / found.tried[0][0]) if len(found.tried) > 1 else 1.0
    return 0 <= round(log10(marked / lr) / factor, 6) < every
