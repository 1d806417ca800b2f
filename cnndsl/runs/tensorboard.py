"""A run's metrics as an event file, for TensorBoard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cnndsl.extras import extra
from cnndsl.runs.saved import Run
from cnndsl.state.atomic import unwritable

FOLDER = "tensorboard"


def write_events(run: Run) -> Path:
    """Writes RUN/tensorboard/, a step an epoch: every number of metrics.jsonl by its name, gradient lengths as
    ``gradient_norms/conv1.weight``; event files that are there already go. Gives the folder. Raises CnnError: E813
    without tensorboardX, E803 where it cannot be written."""
    board = extra("tensorboardX", "tensorboard", "tensorboardX", "writing TensorBoard's event files")
    folder = run.folder / FOLDER
    try:
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        with board.SummaryWriter(str(folder)) as writer:
            for line in run.history:
                for name, value in line.items():
                    for tag, number in _numbers(name, value):
                        if name != "epoch":
                            writer.add_scalar(tag, number, int(line["epoch"]))
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """The numbers of a value, by path: those of heads are ``heads/aux/loss``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(f"{name}/{key}", inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value
