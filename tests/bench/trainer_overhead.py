"""What the trainer adds to a training step: data, checks, metrics, progress and the run's folder, beside the step alone
on batches that are already made. Some steps of the one and some of the other in turn; medians, as a ratio.

    python tests/bench/trainer_overhead.py [--model lenet5] [--batch 64] [--rounds 60] [--steps 20]
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

import cnndsl
from cnndsl import api
from cnndsl.cli.progress import report
from cnndsl.resources import folder as shipped
from cnndsl.runs.recorded import recorded
from cnndsl.training.events import Event, StepDone

PREPARED = 100
"""Batches that the bare steps go through, so that they too find their samples outside the caches."""


class Screen(io.StringIO):
    """A stream that takes itself for a terminal, or not."""

    def __init__(self, *, terminal: bool):
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def network(model: str, batch: int, samples: int) -> api.Network:
    """A model that comes with the package, on random images of its input's size."""
    text = (shipped("models") / f"{model}.cnn").read_text(encoding="utf-8").partition("\ntrain")[0]
    size = cnndsl.loads(text).input
    data = f"data random {size} count {samples}; batch {batch}; epochs 1; optimizer sgd lr 1e-3 momentum 0.9"
    return cnndsl.loads(f"{text}\ntrain {{ {data} }}")


def measured(network: api.Network, rounds: int, steps: int, *, terminal: bool) -> tuple[list[float], list[float]]:
    """Seconds a step in each round: as `cnndsl run` makes them, and alone."""
    other = api.trainer(network)
    batches = [(b.x.copy(), b.labels.copy()) for b, _ in zip(other.batches(1), range(PREPARED), strict=False)]
    program = other._program
    whole: list[float] = []
    bare: list[float] = []

    def alone() -> float:
        start = perf_counter()
        for k in range(steps):
            x, labels = batches[(len(bare) * steps + k) % len(batches)]
            program.step(x, {"main": labels}, step=k, lr=1e-3)
        return (perf_counter() - start) / steps

    def followed(events: Iterator[Event]) -> Iterator[Event]:
        start = None
        for event in events:
            if isinstance(event, StepDone) and event.step % steps == 0:
                if start is not None:
                    whole.append((perf_counter() - start) / steps)
                if len(whole) == rounds:
                    return
                bare.append(alone())
                start = perf_counter()
            yield event

    trainer = api.trainer(network)
    with tempfile.TemporaryDirectory() as place:
        folder = api.run_folder(network, trainer, Path(place) / "run")
        with closing(recorded(trainer, folder)) as events:
            report(followed(events), folder.path, Screen(terminal=terminal))
    return whole, bare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lenet5")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--steps", type=int, default=20, help="in a round")
    given = parser.parse_args()
    os.environ.setdefault("TERM", "xterm")
    samples = (given.rounds + 2) * given.steps * given.batch * 10 // 9
    print(f"{given.model}, batch {given.batch}: {'step alone':>12}{'cnndsl run':>12}{'ratio':>8}")
    for terminal in (True, False):
        whole, bare = measured(network(given.model, given.batch, samples), given.rounds, given.steps, terminal=terminal)
        ratio = median(a / b for a, b in zip(whole, bare, strict=False))
        where = "bars" if terminal else "lines"
        print(f"{where:>20}: {median(bare) * 1e3:>9.2f} ms{median(whole) * 1e3:>9.2f} ms{ratio:>8.3f}", flush=True)


if __name__ == "__main__":
    main()
