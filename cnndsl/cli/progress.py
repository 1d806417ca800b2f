"""A training as a person sees it: bars on a terminal, a line an epoch elsewhere, a table at the end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from cnndsl.cli import terminal
from cnndsl.diagnostics.render.style import visible
from cnndsl.training.events import Ending, EpochDone, Event, Finished, Started, StepDone, Stopped, Unsaved

NARROW = 72
"""On a terminal of fewer columns a line an epoch stands in place of the bars and the table."""
WIDE = 90
"""On one of fewer columns not all of a table's columns have room."""
REFRESH = 0.25
"""Seconds between two looks at the bars; steps in between are only counted."""
QUIET = 60.0
"""Seconds after which a long epoch says where it is, where there is no terminal."""


def report(events: Iterable[Event], folder: Path, stream: TextIO) -> None:
    """Shows the events as they come, and where the run was written."""
    console = terminal.console(stream)
    if console.is_terminal and console.width >= NARROW:
        _with_bars(events, folder, console)
    else:
        _plain(events, folder, console)


def _with_bars(events: Iterable[Event], folder: Path, console: Console) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(compact=True),
    )
    epochs: list[EpochDone] = []
    finished: Finished | None = None
    with Progress(*columns, console=console, transient=True, refresh_per_second=1 / REFRESH) as bars:
        whole: TaskID | None = None
        batches: TaskID | None = None
        opening: Started | None = None
        shown = 0.0
        for event in events:
            match event:
                case Started():
                    opening = event
                    console.print(_opening(event, folder), soft_wrap=True)
                    whole = bars.add_task(f"epoch 1/{event.epochs}", total=event.steps, told="")
                    batches = bars.add_task("", total=event.steps_per_epoch, told="")
                case StepDone() if whole is not None and batches is not None and opening is not None:
                    if event.step < event.steps and monotonic() < shown + REFRESH:
                        continue
                    shown = monotonic()
                    done = (event.epoch - 1) * opening.steps_per_epoch + event.step
                    name = f"epoch {event.epoch}/{opening.epochs}"
                    bars.update(whole, completed=done, description=name, told=_figures(event))
                    told = f"{event.rate:,.0f} images/s, lr {event.lr:.3g}"
                    bars.update(batches, completed=event.step, total=event.steps, description=_batch(event), told=told)
                case EpochDone():
                    epochs.append(event)
                case Unsaved():
                    console.print(_unsaved(event), soft_wrap=True)
                case Stopped():
                    console.print(_stopped(event, folder), soft_wrap=True)
                case Finished():
                    finished = event
    if epochs:
        console.print(_table(epochs, console.width))
    if finished is not None:
        _closing(finished, folder, console)


def _figures(event: StepDone) -> str:
    accuracy = "" if event.accuracy is None else f"  accuracy {event.accuracy:.1%}"
    return f"loss {event.loss:.4f}{accuracy}"


def _batch(event: StepDone) -> str:
    return f"batch {event.step}/{event.steps}"


def _plain(events: Iterable[Event], folder: Path, console: Console) -> None:
    total, said = 0, monotonic()
    for event in events:
        match event:
            case Started():
                console.print(_opening(event, folder), soft_wrap=True)
                total = event.epochs
            case StepDone():
                if monotonic() < said + QUIET:
                    continue
                rate = f"{event.rate:,.0f} images/s"
                text = f"epoch {event.epoch}/{total}, {_batch(event)}  {_figures(event)}  lr {event.lr:.3g}  {rate}"
                console.print(text, soft_wrap=True)
            case EpochDone():
                console.print(_line(event, total), soft_wrap=True)
            case Unsaved():
                console.print(_unsaved(event), soft_wrap=True)
            case Stopped():
                console.print(_stopped(event, folder), soft_wrap=True)
            case Finished():
                _closing(event, folder, console)
        said = monotonic()
        console.file.flush()


def _opening(event: Started, folder: Path) -> str:
    parts = f"{event.training:,} to train on, {event.validation:,} to validate, {event.test:,} to test"
    slow = f"{', '.join(event.borrowed)}: no kernel of its own, slower code is used\n" if event.borrowed else ""
    warned = "".join(f"warning[{d.code}]: {visible(d.message)}\n" for d in event.warnings)
    goes_on = f"going on after step {event.resumed:,}; " if event.resumed else ""
    return (
        f"{visible(event.network)}: {event.parameters:,} parameters, backend {event.backend}, seed {event.seed}\n"
        f"{parts}; {event.steps:,} steps of {event.batch}\n"
        f"{slow}{warned}"
        f"{goes_on}writing to {visible(str(folder))}"
    )


def _line(event: EpochDone, total: int) -> str:
    text = f"epoch {event.epoch}/{total}  loss {event.loss:.4f}"
    if event.accuracy is not None:
        text += f"  accuracy {event.accuracy:.1%}"
    if event.validation_accuracy is not None:
        text += f"  validation {event.validation_accuracy:.1%}"
    elif event.validation_loss is not None:
        text += f"  validation loss {event.validation_loss:.4f}"
    return f"{text}  {event.rate:,.0f} images/s"


def _table(epochs: list[EpochDone], width: int) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    columns: dict[str, Any] = {
        "epoch": lambda e: str(e.epoch),
        "loss": lambda e: f"{e.loss:.4f}",
        "accuracy": lambda e: _share(e.accuracy),
        "validation loss": lambda e: "" if e.validation_loss is None else f"{e.validation_loss:.4f}",
        "accuracy ": lambda e: f"{_share(e.validation_accuracy)}{' *' if e.best else ''}",
        "top5": lambda e: _share(e.validation.get("top5")),
        "lr": lambda e: f"{e.lr:.3g}",
        "images/s": lambda e: f"{e.rate:,.0f}",
        "seconds": lambda e: f"{e.seconds:.1f}",
    }
    if len({e.lr for e in epochs}) == 1:
        del columns["lr"]
    elif width < WIDE:
        del columns["seconds"]
    rows = {name: [cell(e) for e in epochs] for name, cell in columns.items()}
    rows = {name: cells for name, cells in rows.items() if any(cells)}
    for name in rows:
        table.add_column(name.strip(), justify="right")
    for row in zip(*rows.values(), strict=True):
        table.add_row(*row)
    return table


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


ENDINGS: dict[Ending, str] = {
    "patience": "ended early: no epoch was better for long enough",
    "reached": "ended early: the validation accuracy that was asked for is reached",
}


def _closing(event: Finished, folder: Path, console: Console) -> None:
    if event.ending in ENDINGS:
        console.print(f"{ENDINGS[event.ending]}, epoch {event.epochs}", soft_wrap=True)
    if event.best_epoch is not None and event.best_accuracy is not None:
        last = "" if event.best_epoch == event.epochs else f"; the weights are those of epoch {event.epochs}"
        text = f"best validation accuracy {event.best_accuracy:.1%}, epoch {event.best_epoch}{last}"
        console.print(text, soft_wrap=True)
    accuracy = ""
    if event.test_accuracy is not None and event.test_right is not None:
        accuracy = f"accuracy {event.test_accuracy:.2%} ({event.test_right:,} of {event.test:,}), "
    top5 = f", top5 {event.metrics['top5']:.2%}" if "top5" in event.metrics else ""
    console.print(f"test {accuracy}loss {event.test_loss:.4f}{top5}, {event.seconds:.1f} s", soft_wrap=True)
    for name, found in event.heads.items():
        share = f", accuracy {found['accuracy']:.2%}" if "accuracy" in found else ""
        console.print(f"  {name}: loss {found['loss']:.4f}{share}", soft_wrap=True)
    console.print(f"weights and metrics in {visible(str(folder))}", soft_wrap=True)


def _unsaved(event: Unsaved) -> str:
    return f"warning: {visible(event.diagnostic.message)}; the training goes on, and it is tried again"


def _stopped(event: Stopped, folder: Path) -> str:
    where = f"after epoch {event.epoch}" if event.step == 0 else f"in epoch {event.epoch + 1}, after batch {event.step}"
    return f"stopped {where}; saved in {visible(str(folder))}"
