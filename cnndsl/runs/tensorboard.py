"""A run's metrics as an event file, for TensorBoard."""

from __future__ import annotations

from pathlib import Path

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
                    found = {f"{name}/{k}": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
                    for tag, number in found.items():
                        if isinstance(number, int | float) and not isinstance(number, bool) and name != "epoch":
                            writer.add_scalar(tag, number, int(line["epoch"]))
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder
