"""What a training gives back to Python."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cnndsl.runs.folder import RunFolder
from cnndsl.runs.recorded import recorded
from cnndsl.runs.signals import Signals
from cnndsl.training.events import EpochDone, Event, Finished, Stopped
from cnndsl.training.model import Model
from cnndsl.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Trained:
    """`model` has the last weights, or their averages where the recipe asks for these; `history` an entry an epoch;
    `test` what was reached on data it has not seen; `folder` where it was written, if it was."""

    model: Model
    history: tuple[EpochDone, ...]
    test: Finished
    folder: Path | None


def follow(
    trainer: Trainer, folder: RunFolder | None, on_event: Callable[[Event], object] | None
) -> tuple[tuple[EpochDone, ...], Finished]:
    """Runs a trainer to its end, written to `folder` if there is one: its epochs, and how it finished.

    With a folder, Ctrl-C is waited with until the step is done and a checkpoint is written. Raises KeyboardInterrupt
    then, and what `recorded` raises.
    """
    if folder is None:
        return _followed(trainer.run(), on_event)
    with Signals() as signals:
        return _followed(recorded(trainer, folder, asked=signals.asked), on_event)


def _followed(
    events: Generator[Event, None, None], on_event: Callable[[Event], object] | None
) -> tuple[tuple[EpochDone, ...], Finished]:
    history: list[EpochDone] = []
    finished: Finished | None = None
    with closing(events):
        for event in events:
            if on_event is not None:
                on_event(event)
            if isinstance(event, EpochDone):
                history.append(event)
            elif isinstance(event, Stopped):
                raise KeyboardInterrupt
            elif isinstance(event, Finished):
                finished = event
    if finished is None:
        raise RuntimeError("the training ended without saying so")
    return tuple(history), finished
