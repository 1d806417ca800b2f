"""A run that leaves a folder behind: the trainer's events, with everything written as they pass."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import fields
from typing import Any

from cnndsl.diagnostics import CnnError
from cnndsl.runs.folder import RunFolder
from cnndsl.training.events import EpochDone, Event, Finished, Started
from cnndsl.training.trainer import Trainer


def recorded(trainer: Trainer, folder: RunFolder) -> Generator[Event, None, None]:
    """The events of `trainer.run()`, written to `folder` before they are passed on.

    The initial weights are saved before the first step, so a folder that cannot be written to costs no training; then
    those of every epoch. When training is interrupted, by Ctrl-C or because this generator is closed, the weights of
    that moment are saved; when a number was not finite, the last good ones stay. Wrap the generator in
    `contextlib.closing`, so that an interruption between two events is seen here at once. Raises CnnError: E803, and
    what `run` raises.
    """
    finished = False
    try:
        for event in trainer.run():
            _write(trainer, folder, event)
            finished = isinstance(event, Finished)
            yield event
    except (KeyboardInterrupt, GeneratorExit):
        if not finished:
            folder.save(trainer.state())
            folder.describe(status="interrupted")
        raise
    except CnnError as error:
        if all(d.code != "E803" for d in error.diagnostics):
            folder.describe(status="stopped", reason=[d.message for d in error.diagnostics])
        raise
    finally:
        folder.close()


def _write(trainer: Trainer, folder: RunFolder, event: Event) -> None:
    match event:
        case Started():
            folder.save(trainer.state())
            folder.describe(status="running", **_values(event))
        case EpochDone():
            folder.save(trainer.state())
            folder.record({"event": "epoch", **_values(event)})
        case Finished():
            folder.record({"event": "test", **_values(event)})
            folder.describe(status="finished", **_values(event))


def _values(event: Event) -> dict[str, Any]:
    """An event's numbers and names."""
    values = {item.name: getattr(event, item.name) for item in fields(event)}
    return {name: value for name, value in values.items() if name != "warnings"}
