"""A run's metrics as an event file, for TensorBoard: while it trains, or afterwards."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from cnndsl.diagnostics import CnnError
from cnndsl.extras import extra
from cnndsl.runs.saved import Run, about
from cnndsl.state.atomic import unwritable
from cnndsl.training.events import EpochDone, Event, Finished, Started, Stopped, Unsaved

FOLDER = "tensorboard"
DELAY = 2
"""Seconds after which what was written is seen by who reads the file."""


def needed() -> ModuleType:
    """The package that writes event files. Raises CnnError (E813) where it is not there."""
    return extra("tensorboardX", "tensorboard", "tensorboardX", "writing TensorBoard's event files")


class Board:
    """RUN/tensorboard/: a step an epoch, every number of metrics.jsonl by its name, gradient lengths as
    ``gradient_norms/conv1.weight``. Event files that are there already go.

    To be closed. Raises CnnError: E813 without tensorboardX, E803 where it cannot be written.
    """

    def __init__(self, run: Path):
        board = needed()
        self.folder = run / FOLDER
        self._told = 0
        try:
            for old in self.folder.glob("events.out.tfevents.*"):
                old.unlink()
            self._writer = board.SummaryWriter(str(self.folder), flush_secs=DELAY)
        except OSError as error:
            raise unwritable(self.folder, error) from error

    def tell(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Writes the epochs of a run that were not told yet."""
        try:
            for line in history[self._told :]:
                for name, value in line.items():
                    for tag, number in _numbers(name, value):
                        if name != "epoch":
                            self._writer.add_scalar(tag, number, int(line["epoch"]))
                self._told += 1
        except OSError as error:
            raise unwritable(self.folder, error) from error

    def close(self) -> None:
        """Writes what waits."""
        try:
            self._writer.close()
        except OSError as error:
            raise unwritable(self.folder, error) from error


def write_events(run: Run) -> Path:
    """Writes a finished run's, as `Board`; gives the folder."""
    board = Board(run.folder)
    board.tell(run.history)
    board.close()
    return board.folder


def followed(events: Iterable[Event], folder: Path) -> Generator[Event, None, None]:
    """The events of a run in that folder as they come, written as `Board` does, each epoch as soon as it is done; those
    before a resume too. Where something cannot be written, an Unsaved says so, and the training goes on without."""
    board: Board | None = None
    for event in events:
        yield event
        try:
            match event:
                case Started():
                    board = Board(folder)
                    board.tell(about(folder)[1])
                case EpochDone() if board is not None:
                    board.tell(about(folder)[1])
                case Stopped() | Finished() if board is not None:
                    board.close()
        except CnnError as error:
            board = None
            yield Unsaved(error.diagnostics[0])


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """The numbers of a value, by path: those of heads are ``heads/aux/loss``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(f"{name}/{key}", inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value
