"""A training as a person sees it: a bar on a terminal, a line an epoch elsewhere, a table at the end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from cnndsl.cli import terminal
from cnndsl.training.events import EpochDone, Event, Finished, Started, StepDone

NARROW = 72
"""On a terminal of fewer columns a line an epoch stands in place of the bar and the table."""


def report(events: Iterable[Event], folder: Path, stream: TextIO) -> None:
    """Shows the events as they come, and where the run was written."""
    console = terminal.console(stream)
    if console.is_terminal and console.width >= NARROW:
        _with_bar(events, folder, console)
    else:
        _plain(events, folder, console)


def _with_bar(events: Iterable[Event], folder: Path, console: Console) -> None:
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]:.4f}  accuracy {task.fields[accuracy]:.1%}"),
        TextColumn("{task.fields[rate]:,.0f} images/s"),
        TimeRemainingColumn(compact=True),
    )
    epochs: list[EpochDone] = []
    finished: Finished | None = None
    with Progress(*columns, console=console, transient=True) as bar:
        task: TaskID | None = None
        total = 0
        for event in events:
            match event:
                case Started():
                    console.print(_opening(event, folder), soft_wrap=True)
                    total = event.epochs
                    fields: dict[str, Any] = {"epoch": f"1/{total}", "loss": 0.0, "accuracy": 0.0, "rate": 0.0}
                    task = bar.add_task("", total=event.steps, **fields)
                case StepDone() if task is not None:
                    shown: dict[str, Any] = {"loss": event.loss, "accuracy": event.accuracy, "rate": event.rate}
                    bar.update(task, advance=1, epoch=f"{event.epoch}/{total}", **shown)
                case EpochDone():
                    epochs.append(event)
                case Finished():
                    finished = event
    if finished is not None:
        console.print(_table(epochs))
        _closing(finished, folder, console)


def _plain(events: Iterable[Event], folder: Path, console: Console) -> None:
    total = 0
    for event in events:
        match event:
            case Started():
                console.print(_opening(event, folder), soft_wrap=True)
                total = event.epochs
            case EpochDone():
                console.print(_line(event, total), soft_wrap=True)
            case Finished():
                _closing(event, folder, console)
        console.file.flush()


def _opening(event: Started, folder: Path) -> str:
    parts = f"{event.training:,} to train on, {event.validation:,} to validate, {event.test:,} to test"
    slow = f"{', '.join(event.borrowed)}: no kernel of its own, slower code is used\n" if event.borrowed else ""
    return (
        f"{event.network}: {event.parameters:,} parameters, backend {event.backend}, seed {event.seed}\n"
        f"{parts}; {event.steps:,} steps of {event.batch}\n"
        f"{slow}"
        f"writing to {folder}"
    )


def _line(event: EpochDone, total: int) -> str:
    text = f"epoch {event.epoch}/{total}  loss {event.loss:.4f}  accuracy {event.accuracy:.1%}"
    if event.validation_accuracy is not None:
        text += f"  validation {event.validation_accuracy:.1%}"
    return f"{text}  {event.rate:,.0f} images/s"


def _table(epochs: list[EpochDone]) -> Table:
    validated = any(e.validation_accuracy is not None for e in epochs)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    names = [
        "epoch",
        "loss",
        "accuracy",
        *(["validation loss", "accuracy"] if validated else []),
        "images/s",
        "seconds",
    ]
    for name in names:
        table.add_column(name, justify="right")
    for e in epochs:
        cells = [str(e.epoch), f"{e.loss:.4f}", f"{e.accuracy:.1%}"]
        if e.validation_loss is not None and e.validation_accuracy is not None:
            cells += [f"{e.validation_loss:.4f}", f"{e.validation_accuracy:.1%}{' *' if e.best else ''}"]
        table.add_row(*cells, f"{e.rate:,.0f}", f"{e.seconds:.1f}")
    return table


def _closing(event: Finished, folder: Path, console: Console) -> None:
    if event.best_epoch is not None:
        last = "" if event.best_epoch == event.epochs else f"; the weights are those of epoch {event.epochs}"
        text = f"best validation accuracy {event.best_accuracy:.1%}, epoch {event.best_epoch}{last}"
        console.print(text, soft_wrap=True)
    right = f"{event.test_right:,} of {event.test:,}"
    console.print(
        f"test accuracy {event.test_accuracy:.2%} ({right}), loss {event.test_loss:.4f}, {event.seconds:.1f} s",
        soft_wrap=True,
    )
    console.print(f"weights and metrics in {folder}", soft_wrap=True)
