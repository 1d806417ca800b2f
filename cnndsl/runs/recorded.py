"""A run that leaves a folder behind: the trainer's events, with everything written as they pass."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import fields
from time import monotonic
from typing import Any

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.keys import Save
from cnndsl.runs.folder import BEST, RunFolder
from cnndsl.training.events import EpochDone, Event, Finished, Started, Stopped, Unsaved
from cnndsl.training.trainer import Trainer

SECONDS = 300.0
"""Inside an epoch a checkpoint is made after so many."""
COST = 50
"""And after so many times what the last one took, so that saving takes 2 % of the time at most."""


def recorded(
    trainer: Trainer,
    folder: RunFolder,
    *,
    asked: Callable[[], bool] = lambda: False,
    seconds: float = SECONDS,
) -> Generator[Event, None, None]:
    """The events of `trainer.run()`, with what they say written to `folder` before they are passed on.

    A checkpoint is saved before the first step, so a folder that cannot be written to costs no training; then after
    every epoch, or every so many as the recipe's `save` says, and inside long ones. What cannot be written later gives
    an Unsaved event, and is tried again; the training goes on, and E803 is raised once it has ended. Between two
    batches `asked` is looked at: once it is true, a checkpoint is saved and Stopped is the last event. So it is where
    this generator is closed between two events. When a number was not finite, the last good weights stay. Raises
    CnnError: E803, and what `run` raises."""
    recorder = _Recorder(trainer, folder, seconds)
    try:
        for event in trainer.run():
            yield from recorder.write(event)
            yield event
            if asked() and not isinstance(event, Finished):
                yield from recorder.stop()
                return
        recorder.complain()
    except GeneratorExit:
        with suppress(CnnError):
            recorder.leave()
        raise
    except KeyboardInterrupt:  # inside a step: the arrays may be of this step or of the one before
        with suppress(CnnError):
            folder.describe(status="interrupted")
        raise
    except CnnError as error:
        if all(d.code != "E803" for d in error.diagnostics):
            with suppress(CnnError):
                folder.save_weights(trainer.weights())
                folder.describe(status="stopped", reason=[d.message for d in error.diagnostics])
        raise
    finally:
        folder.close()


class _Recorder:
    """What was saved when, and what could not be."""

    def __init__(self, trainer: Trainer, folder: RunFolder, seconds: float):
        self._trainer, self._folder, self._seconds = trainer, folder, seconds
        self._save: Save = trainer.recipe.save.attrs if trainer.recipe.save is not None else Save()
        self._saved: tuple[int, int] | None = None
        self._due = monotonic() + seconds
        self._finished = False
        self._failures: list[Diagnostic] = []
        self._owed: dict[str, Callable[[], None]] = {}

    def write(self, event: Event) -> Generator[Event, None, None]:
        """Writes what an event says; gives an Unsaved for what could not be."""
        match event:
            case Started():
                self._folder.room(self._trainer.checkpoint(copy=False), self._save.keep)
                self._checkpoint()
                preparation = self._trainer.preparation.plain()
                self._folder.describe(status="running", **_values(event), preparation=preparation)
            case EpochDone():
                line = {"event": "epoch", **_values(event)}
                yield from self._tried("metrics", lambda: self._folder.record(line), self._folder.flush)
                if event.best and self._save.best:
                    best = self._trainer.weights()
                    yield from self._tried("best", lambda: self._folder.save_weights(best, BEST))
                elif "best" in self._owed:
                    yield from self._tried("best", self._owed["best"])
                if event.epoch % self._save.every == 0 or "checkpoint" in self._owed:
                    yield from self._tried("checkpoint", self._checkpoint)
            case Finished():
                self._finished = True
                yield from self._tried("checkpoint", self._checkpoint)
                line, status = {"event": "test", **_values(event)}, {"status": "finished", **_values(event)}
                yield from self._tried("metrics", lambda: self._folder.record(line), self._folder.flush)
                yield from self._tried("status", lambda: self._folder.describe(**status))
                for name, action in [*self._owed.items()]:
                    yield from self._tried(name, action)
            case _ if monotonic() >= self._due:
                yield from self._tried("checkpoint", self._checkpoint)

    def stop(self) -> Generator[Event, None, None]:
        """Saves, and gives Stopped. Raises CnnError (E803) where that does not go."""
        self.leave()
        now, done = self._trainer.position, self._trainer.done
        yield Stopped(now.epoch, now.step, done)

    def leave(self) -> None:
        """Saves where the training stands, if it has not ended. Raises CnnError (E803)."""
        if not self._finished:
            self._checkpoint()
            self._folder.describe(status="interrupted")
            for action in self._owed.values():
                action()

    def complain(self) -> None:
        """Raises CnnError (E803) where something could not be written on the way."""
        if self._failures:
            last, count = self._failures[-1], len(self._failures)
            times = "once" if count == 1 else f"{count} times"
            message = f"the training ended, and {times} something could not be written; the last: {last.message}"
            notes = () if self._owed else ("all of it could be written later: nothing is missing",)
            raise CnnError(Diagnostic("E803", message, notes=notes, help=last.help))

    def _checkpoint(self) -> None:
        """Saves where the training stands, unless that was saved already. Raises CnnError (E803)."""
        now = self._trainer.position
        if (now.epoch, now.step) == self._saved:
            return
        start, steps = monotonic(), self._trainer.done
        self._due = start + self._seconds  # also where it fails: not at every step again
        found = self._trainer.checkpoint(copy=False)
        self._folder.save(found, {**found.state, **found.averages}, steps=steps, keep=self._save.keep)
        self._saved = now.epoch, now.step
        self._due = monotonic() + max(self._seconds, COST * (monotonic() - start))

    def _tried(
        self, name: str, action: Callable[[], None], again: Callable[[], None] | None = None
    ) -> Generator[Event, None, None]:
        """Does it; where that does not go it is owed, to be tried `again` later: after the next epoch, or at the
        end."""
        self._owed.pop(name, None)
        try:
            action()
        except CnnError as error:
            self._owed[name] = again or action
            self._failures += error.diagnostics
            for diagnostic in error.diagnostics:
                yield Unsaved(diagnostic)


def _values(event: Event) -> dict[str, Any]:
    """An event's numbers and names; what validation and test gave stands as ``validation_loss``, ``test_top5``."""
    values = {item.name: getattr(event, item.name) for item in fields(event) if item.name != "warnings"}
    for name, prefix in (("validation", "validation"), ("metrics", "test")):
        if isinstance(values.get(name), Mapping):
            values |= {f"{prefix}_{what}": found for what, found in values.pop(name).items()}
    if isinstance(event, EpochDone) and not event.validation:
        values |= {"validation_loss": None, "validation_accuracy": None}
    return values
