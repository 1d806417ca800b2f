"""The trainer: a generator of events. It prints nothing, writes nothing, and looks nothing up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, isfinite
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from cnndsl import memory
from cnndsl.backends.protocol import Array, Backend, Options, Sized, State, Step
from cnndsl.data.dataset import Dataset, is_labels
from cnndsl.data.preparation import Preparation
from cnndsl.data.samples import Batch, Supply, batches_held, prepare
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import errors
from cnndsl.ir.graph import Graph
from cnndsl.recipe.fit import channels, fit
from cnndsl.recipe.heads import trained
from cnndsl.recipe.spec import MAIN, Recipe
from cnndsl.state.checkpoint import Checkpoint
from cnndsl.training import position
from cnndsl.training.blame import first_bad
from cnndsl.training.estimate import Estimate, estimate, refusal, slots_of
from cnndsl.training.events import Ending, EpochDone, Event, Finished, Started, StepDone
from cnndsl.training.init import initial_state
from cnndsl.training.judge import judge
from cnndsl.training.losses import balanced
from cnndsl.training.metrics import make_metric
from cnndsl.training.objective import leading, make_objective, trained_graph
from cnndsl.training.position import Position
from cnndsl.training.schedule import rate
from cnndsl.training.score import Judgement, Measured, Sums, targets_of
from cnndsl.training.targets import misfits

Start: TypeAlias = Callable[[dict[str, Array]], tuple[State, tuple[Diagnostic, ...]]]
"""From the parameters and buffers that were drawn to those that a training starts from, with warnings."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A step of a trial, as it was before the update. `stopped` says what was not finite, where something was."""

    lr: float
    loss: float
    accuracy: float | None
    norms: dict[str, float]
    stopped: str | None = None


class Trainer:
    """Trains a network by a recipe on a data set, on a backend.

    All checks are made when it is built, sizes and memory before anything is taken. Raises CnnError: E811 for what
    cannot be trained with, E603 or E604 where network and data do not fit, E802 where training
    would need more than `budget` bytes (left out: what this machine can give), and what the backend has against the
    network. `start` may put others in the place of the parameters that were drawn. `dtype` is ``float32`` or
    ``float64``. Everything random comes from the recipe's seed: the same seed gives the same bits on the same machine,
    also when a training is taken up again from a `checkpoint`.
    """

    def __init__(
        self,
        graph: Graph,
        recipe: Recipe,
        dataset: Dataset,
        backend: Backend,
        *,
        dtype: str = "float32",
        budget: int | None = None,
        start: Start | None = None,
    ):
        warnings = _check_fit(graph, recipe, dataset)
        self.graph = trained_graph(graph, recipe)
        self.recipe = recipe
        self.backend, self.dataset = backend, dataset
        self._borrowed = tuple(dict.fromkeys(node.keyword for node in backend.borrowed(self.graph)))
        self.estimate = _estimate(self.graph, recipe, dataset, backend, dtype)
        limit = memory.budget() if budget is None else budget
        refused = refusal(self.estimate, limit) if limit is not None else None
        if refused is not None:
            raise CnnError(refused)
        self._data = prepare(
            dataset,
            split=recipe.split,
            normalize=recipe.normalize,
            seed=recipe.seed,
            augment=recipe.augment,
            dtype=dtype,
        )
        objective = make_objective(recipe, self.graph, self._class_weights())
        self._judgement = Judgement(objective.losses, objective.weights, leading(recipe, self.graph))
        self._judge = judge(recipe)
        self._position = Position()
        drawn = initial_state(self.graph, recipe.seed, recipe.init, dtype)
        given, more = (drawn, ()) if start is None else start(drawn)
        self.warnings: tuple[Diagnostic, ...] = (*warnings, *more)
        self._options = Options(dtype, recipe.seed)
        self._program = backend.compile_training(self.graph, objective, given, self._options)
        self._good = self._program.state()
        self._stopped = False
        self._skip_lone = any(not spec.trained for spec in self.graph.params.values())

    @property
    def preparation(self) -> Preparation:
        """How images are made ready for the network."""
        return self._data.preparation

    @property
    def steps_per_epoch(self) -> int:
        return self._data.train.steps(self.recipe.batch, skip_lone=self._skip_lone)

    @property
    def steps(self) -> int:
        """Steps in all."""
        return self.recipe.steps if self.recipe.steps is not None else self.recipe.epochs * self.steps_per_epoch

    @property
    def epochs(self) -> int:
        """Epochs in all; `steps` may cut the last one short."""
        return ceil(self.steps / self.steps_per_epoch)

    @property
    def position(self) -> Position:
        """Where the training stands: between two events."""
        return self._position

    def state(self) -> dict[str, Array]:
        """Copies of parameters and buffers by full name: those of now, also in the middle of an epoch.

        Once training was stopped by a number that is not finite: those of the last epoch that ended without one, or
        the initial ones.
        """
        if self._stopped:
            return {name: array.copy() for name, array in self._good.items()}
        return self._program.state()

    def weights(self) -> dict[str, Array]:
        """What the network is asked with: as `state`, with averages in place of the parameters they were made of."""
        return self.state() if self._stopped else {**self.state(), **self._program.averages()}

    def checkpoint(self, *, copy: bool = True) -> Checkpoint:
        """Everything that is needed to go on from here. To be taken between two events of `run`; without `copy` it is
        valid until the next one."""
        found = self._program
        arrays = found.state(copy=copy), found.slots(copy=copy), found.averages(copy=copy)
        return Checkpoint(*arrays, self._position.plain())

    def resume(self, found: Checkpoint, warnings: tuple[Diagnostic, ...] = ()) -> None:
        """Goes on from a checkpoint, made on whatever backend; to be called before `run`. `warnings` are told with its
        own.

        Raises CnnError: E701 where it does not say where the training stands, E702 where its arrays are those of
        another network or optimizer, E806 where it stands behind the end, or inside an epoch of other batches."""
        try:
            reached = position.load(found.position)
        except ValueError as error:
            raise CnnError(
                Diagnostic("E701", f"the checkpoint does not say where the training stands: {error}")
            ) from None
        seen, batch = reached.sums.samples, self.recipe.batch
        if reached.step > self.steps_per_epoch or seen != min(reached.step * batch, len(self._data.train)):
            message = (
                f"the checkpoint stands inside an epoch, {seen:,} samples into it: batches cannot be of {batch} now"
            )
            help = ("go on with the `batch` that the epoch began with; behind its end it may be another",)
            raise CnnError(Diagnostic("E806", message, self.recipe.spans.get("batch"), help=help))
        done = reached.epoch * self.steps_per_epoch + reached.step
        if done > self.steps:
            message = f"the checkpoint stands at step {done:,}, and the training has {self.steps:,} in all"
            raise CnnError(Diagnostic("E806", message, help=("give more of them: `--set epochs=N`",)))
        self._program.load(found.state, found.slots, found.averages)
        self.warnings = (*self.warnings, *warnings)
        self._position = reached
        self._good = self._program.state()

    def run(self) -> Generator[Event, None, None]:
        """Trains, once: Started, then for each epoch its StepDones and an EpochDone, then Finished.

        Raises CnnError (E804) at the first loss or gradient that is not a finite number, naming epoch, step and layer.
        """
        start, before = perf_counter(), self._position.seconds
        ending: Ending = "steps" if self.recipe.steps is not None else "epochs"
        yield self._started()
        while self._enough is None and (self.done < self.steps or self._open):
            yield (yield from self._epoch(lambda: before + perf_counter() - start))
        yield self._finished(self._enough or ending, before + perf_counter() - start)

    @property
    def _open(self) -> bool:
        """Whether steps were done of an epoch whose end was not told yet."""
        return self._position.step > 0 and not self._position.cut

    @property
    def _enough(self) -> Ending | None:
        """Why to end after the last epoch, if at all."""
        now = self._position
        return None if self._open else self._judge.enough(now.last, now.epoch, now.best_epoch)

    def batches(self, epoch: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from 1, without the first so many."""
        recipe = self.recipe
        return self._data.train.batches(recipe.batch, recipe.seed, epoch, skip_lone=self._skip_lone, skip=skip)

    def trial(self, batches: Iterable[Batch], rate: Callable[[int], float]) -> Iterator[Tried]:
        """Steps on these batches at rates of their own, from step to step, up to the first that is not finite. Nothing
        but the parameters knows of it."""
        for step, batch in enumerate(batches):
            lr, targets = rate(step), targets_of(batch, self._judgement.losses)
            with np.errstate(all="ignore"):
                done = self._program.step(batch.x, targets, step=step, lr=lr)
            sums = Sums()
            sums.add(done.loss, done.losses, done.outputs, targets)
            stopped = None if done.finite else self._first_bad(batch.x, step, done)
            yield Tried(lr, done.loss, sums.accuracy(self._judgement.leads), done.norms, stopped)
            if stopped:
                return

    def _first_bad(self, x: Array, step: int, done: Step) -> str:
        return first_bad(self.backend, self.graph, self._options, self.state(), x, step, done)

    @property
    def done(self) -> int:
        """Steps that are done."""
        return self._position.epoch * self.steps_per_epoch + self._position.step

    def _started(self) -> Started:
        train, validation, test, _ = self._data
        return Started(
            network=self.graph.name,
            backend=self.backend.name,
            parameters=self.graph.parameter_count,
            training=len(train),
            validation=len(validation),
            test=len(test),
            classes=self.dataset.classes,
            batch=self.recipe.batch,
            epochs=self.epochs,
            steps_per_epoch=self.steps_per_epoch,
            steps=self.steps,
            seed=self.recipe.seed,
            borrowed=self._borrowed,
            warnings=self.warnings,
            resumed=self.done,
        )

    def _finished(self, ending: Ending, seconds: float) -> Finished:
        found, now = self._measure(self._data.test), self._position
        return Finished(
            ending=ending,
            epochs=ceil(self.done / self.steps_per_epoch),
            steps=self.done,
            test_loss=found.sums.loss,
            test_accuracy=found.sums.accuracy(self._judgement.leads),
            test_right=found.sums.right.get(self._judgement.leads),
            test=found.sums.samples,
            best_epoch=now.best_epoch,
            best_accuracy=now.best.get("accuracy") if now.best else None,
            seconds=seconds,
            metrics=self._values(found),
            heads=found.sums.heads(),
        )

    def _epoch(self, clock: Callable[[], float]) -> Generator[Event, None, EpochDone]:
        """Yields the StepDones of what is left of the epoch, and returns its EpochDone."""
        start, now, leads = perf_counter(), self._position, self._judgement.leads
        epoch, sums, norms = now.epoch + 1, now.sums, dict(now.norms)
        first, already = now.epoch * self.steps_per_epoch, sums.samples
        steps = min(self.steps_per_epoch, self.steps - first)
        lr = self._rate(first + max(now.step - 1, 0))
        batches = self.batches(epoch, skip=now.step)
        for step, batch in zip(range(now.step + 1, steps + 1), batches, strict=False):
            lr = self._rate(first + step - 1)
            targets = targets_of(batch, self._judgement.losses)
            with np.errstate(all="ignore"):
                done = self._program.step(batch.x, targets, step=first + step - 1, lr=lr)
            if not done.finite:
                what = self._first_bad(batch.x, first + step - 1, done)
                raise self._stop(f"{what} at epoch {epoch}, step {step} of {steps}")
            sums.add(done.loss, done.losses, done.outputs, targets)
            for name, norm in done.norms.items():
                norms[name] = norms.get(name, 0.0) + norm
            self._position = replace(now, step=step, sums=sums, norms=norms, cut=False, seconds=clock())
            speed = (sums.samples - already) / (perf_counter() - start)
            yield StepDone(epoch, step, steps, done.loss, sums.accuracy(leads), sums.samples, speed, lr, done.norm)
        speed = (sums.samples - already) / max(perf_counter() - start, 1e-9)
        best, validation = self._end(steps, clock)
        return EpochDone(
            epoch=epoch,
            step=first + steps,
            loss=sums.loss,
            accuracy=sums.accuracy(leads),
            validation=self._values(validation) if validation else {},
            heads=sums.heads(),
            validation_heads=validation.sums.heads() if validation else {},
            gradient_norms={name: norm / steps for name, norm in norms.items()},
            lr=lr,
            best=best,
            seconds=perf_counter() - start,
            rate=speed,
        )

    def _end(self, steps: int, clock: Callable[[], float]) -> tuple[bool, Measured | None]:
        """The end of an epoch of so many steps: weights are kept, validation is measured, the position moves on. Gives
        whether it is the best, and what was measured, None without validation."""
        now, epoch = self._position, self._position.epoch + 1
        self._keep(epoch)
        found = self._measure(self._data.validation) if len(self._data.validation) else None
        if found is not None and not isfinite(found.sums.loss):
            raise self._stop(f"the validation loss is {found.sums.loss} after epoch {epoch}")
        validation = self._values(found) if found is not None else {}
        best = bool(validation) and self._judge.better(validation, now.best)
        numbers = {name: value for name, value in validation.items() if isinstance(value, int | float)}
        plain = {name: value for name, value in numbers.items() if isfinite(value)}
        whole = steps == self.steps_per_epoch
        self._position = Position(
            epoch=epoch if whole else epoch - 1,
            step=0 if whole else steps,
            sums=Sums() if whole else now.sums,
            norms={} if whole else now.norms,
            cut=not whole,
            last=plain,
            best_epoch=epoch if best else now.best_epoch,
            best=plain if best else now.best,
            seconds=clock(),
        )
        return best, found

    def _measure(self, samples: Supply) -> Measured:
        metrics = [make_metric(setting) for setting in self.recipe.metrics]
        return self._judgement.measure(self._program.predict, samples, self.recipe.batch, metrics)

    def _values(self, found: Measured) -> dict[str, Any]:
        """What was measured, by name: the loss, the accuracy where there are labels, and the recipe's metrics."""
        accuracy = found.sums.accuracy(self._judgement.leads)
        shown = {} if accuracy is None else {"accuracy": accuracy}
        return {"loss": found.sums.loss, **shown, **found.values}

    def _rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        recipe, whole = self.recipe, self.steps_per_epoch
        return rate(recipe.schedule, recipe.optimizer.attrs.lr, step=step, steps=self.steps, steps_per_epoch=whole)

    def _class_weights(self) -> Array | None:
        """What each class counts, from the labels that are trained on; None where all count the same."""
        if self.recipe.classweight is None:
            return None
        labels = self.dataset.train.labels[self._data.train.indices]
        if not is_labels(labels):
            message = f"`classweight` counts labels, and the targets of {self.dataset.name} are none"
            span = self.recipe.spans.get("classweight")
            raise CnnError(Diagnostic("E811", message, span, help=("leave it out",)))
        return balanced(labels, self.dataset.classes)

    def _keep(self, epoch: int) -> None:
        """Keeps the weights at an epoch's end, if all are finite: the last step's update has met no loss yet."""
        state = self._program.state(copy=False)
        for name, array in state.items():
            if not np.isfinite(array).all():
                raise self._stop(f"{name} is not finite after epoch {epoch}")
        for name, array in state.items():
            np.copyto(self._good[name], array)

    def _stop(self, what: str) -> CnnError:
        self._stopped = True
        lr = self.recipe.optimizer.attrs.lr
        return CnnError(
            Diagnostic(
                "E804",
                f"training stopped: {what}",
                self.recipe.optimizer.span,
                notes=(f"the learning rate is {lr:g}; the weights kept are the last ones that were finite",),
                help=(f"try a lower one: `lr {lr / 10:g}`",),
            )
        )


def _estimate(graph: Graph, recipe: Recipe, dataset: Dataset, backend: Backend, dtype: str) -> Estimate:
    """What the training will take."""
    batch = min(recipe.batch, len(dataset.train))
    return estimate(
        graph,
        batch,
        slots=slots_of(recipe),
        dtype=dtype,
        workspace=backend.workspace(graph, batch, dtype) if isinstance(backend, Sized) else 0,
        batches=batches_held(dataset, recipe.split, recipe.augment),
    )


def _check_fit(graph: Graph, recipe: Recipe, dataset: Dataset) -> tuple[Diagnostic, ...]:
    """Warnings about network and data. Raises CnnError (E603, E604, E605)."""
    span = recipe.data.span if recipe.data is not None else None
    leads = leading(recipe, graph)
    binary = trained(recipe, graph.outputs)[leads].word == "bce"
    own = leads != MAIN and leads in dataset.train.targets
    facts = replace(dataset.facts, classes=None) if own else dataset.facts
    found = fit(graph.input, graph.output(leads), facts, data=dataset.name, pad=dataset.pad, span=span, binary=binary)
    if not len(dataset.train) or not len(dataset.test):
        found = (Diagnostic("E605", f"`{dataset.name}` has no {'test' if len(dataset.train) else 'training'} samples"),)
    found = (*found, *misfits(graph, recipe, dataset), *channels(recipe, graph.input.type.depth))
    if errors(found):
        raise CnnError(found)
    return found
