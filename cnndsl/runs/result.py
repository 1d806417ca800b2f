"""What a training gives back to Python."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cnndsl.runs.folder import RunFolder
from cnndsl.runs.recorded import recorded
from cnndsl.training.events import EpochDone, Event, Finished
from cnndsl.training.model import Model
from cnndsl.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Trained:
    """`model` has the last weights; `history` an entry an epoch; `test` what was reached on data it has not seen;
    `folder` where it was written, if it was."""

    model: Model
    history: tuple[EpochDone, ...]
    test: Finished
    folder: Path | None


def follow(
    trainer: Trainer, network: str, program: str, out: Path | None, on_event: Callable[[Event], object] | None
) -> tuple[tuple[EpochDone, ...], Finished]:
    """Runs a trainer to its end, written to the folder `out` if there is one: its epochs, and how it finished."""
    events = trainer.run() if out is None else recorded(trainer, RunFolder.create(network, program, out=out))
    history: list[EpochDone] = []
    with closing(events):
        for event in events:
            if on_event is not None:
                on_event(event)
            if isinstance(event, EpochDone):
                history.append(event)
            elif isinstance(event, Finished):
                return tuple(history), event
    raise RuntimeError("the training ended without saying so")
