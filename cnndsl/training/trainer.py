"""The trainer: a generator of events. It prints nothing, writes nothing, and looks nothing up."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from math import ceil, isfinite
from time import perf_counter

import numpy as np

from cnndsl import memory
from cnndsl.backends.protocol import Array, Backend, Options
from cnndsl.data.dataset import Dataset
from cnndsl.data.samples import Samples, prepare
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import errors
from cnndsl.ir.graph import Graph
from cnndsl.recipe.fit import channels, fit
from cnndsl.recipe.spec import Recipe
from cnndsl.training.ability import refuse
from cnndsl.training.estimate import estimate, refusal
from cnndsl.training.events import EpochDone, Event, Finished, Started, StepDone
from cnndsl.training.init import initial_state
from cnndsl.training.objective import OUTPUT, make_objective, trained_graph
from cnndsl.training.schedule import rate
from cnndsl.training.score import Score, scored


class Trainer:
    """Trains a network by a recipe on a data set, on a backend.

    All checks are made when it is built, sizes and memory before anything is taken. Raises CnnError: E811 for what a
    recipe asks and this version does not do yet, E603 or E604 where
    network and data do not fit, E802 where training would need more than `budget` bytes (left out: what this machine
    can give), and what the backend has against the network. `dtype` is ``float32`` or ``float64``. Everything random
    comes from the recipe's seed: the same seed gives the same bits on the same machine.
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
    ):
        refuse(recipe, graph.outputs)
        self.warnings = _check_fit(graph, recipe, dataset)
        self.graph = trained_graph(graph, recipe)
        self.recipe = recipe
        self._backend, self._classes = backend.name, dataset.classes
        self._borrowed = tuple(dict.fromkeys(node.keyword for node in backend.borrowed(self.graph)))
        objective = make_objective(recipe)
        batch = min(recipe.batch, len(dataset.train))
        self.estimate = estimate(self.graph, batch, slots=len(objective.optimizer.slots), dtype=dtype)
        limit = memory.budget() if budget is None else budget
        refused = refusal(self.estimate, limit) if limit is not None else None
        if refused is not None:
            raise CnnError(refused)
        self._loss = objective.losses[OUTPUT]
        self._data = prepare(dataset, split=recipe.split, normalize=recipe.normalize, seed=recipe.seed, dtype=dtype)
        self._good = initial_state(self.graph, recipe.seed, recipe.init, dtype)
        self._stopped = False
        self._program = backend.compile_training(self.graph, objective, self._good, Options(dtype, recipe.seed))
        self._skip_lone = any(not spec.trained for spec in self.graph.params.values())

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

    def state(self) -> dict[str, Array]:
        """Copies of parameters and buffers by full name: those of now, also in the middle of an epoch.

        Once training was stopped by a number that is not finite: those of the last epoch that ended without one, or
        the initial ones.
        """
        if self._stopped:
            return {name: array.copy() for name, array in self._good.items()}
        return self._program.state()

    def run(self) -> Generator[Event, None, None]:
        """Trains, once: Started, then for each epoch its StepDones and an EpochDone, then Finished.

        Raises CnnError (E804) at the first loss that is not a finite number, naming epoch and step.
        """
        start = perf_counter()
        yield self._started()
        best: EpochDone | None = None
        for epoch in range(1, self.epochs + 1):
            done = yield from self._epoch(epoch, best)
            best = done if done.best else best
            yield done
        test = self._evaluate(self._data.test)
        yield Finished(
            epochs=self.epochs,
            steps=self.steps,
            test_loss=test.loss,
            test_accuracy=test.accuracy,
            test_right=test.right,
            test=test.samples,
            best_epoch=best.epoch if best else None,
            best_accuracy=best.validation_accuracy if best else None,
            seconds=perf_counter() - start,
        )

    def _started(self) -> Started:
        train, validation, test = self._data
        return Started(
            network=self.graph.name,
            backend=self._backend,
            parameters=self.graph.parameter_count,
            training=len(train),
            validation=len(validation),
            test=len(test),
            classes=self._classes,
            batch=self.recipe.batch,
            epochs=self.epochs,
            steps_per_epoch=self.steps_per_epoch,
            steps=self.steps,
            seed=self.recipe.seed,
            borrowed=self._borrowed,
            warnings=self.warnings,
        )

    def _epoch(self, epoch: int, best: EpochDone | None) -> Generator[Event, None, EpochDone]:
        """Yields the epoch's StepDones, and returns its EpochDone."""
        start = perf_counter()
        first = (epoch - 1) * self.steps_per_epoch
        steps = min(self.steps_per_epoch, self.steps - first)
        batches = self._data.train.batches(self.recipe.batch, self.recipe.seed, epoch, skip_lone=self._skip_lone)
        score = Score()
        for step, (x, labels) in enumerate(islice(batches, steps), 1):
            lr = self._rate(first + step - 1)
            with np.errstate(all="ignore"):
                done = self._program.step(x, {OUTPUT: labels}, step=first + step - 1, lr=lr)
            if not isfinite(done.loss):
                raise self._stop(f"the loss is {done.loss} at epoch {epoch}, step {step} of {steps}")
            score = score.add(done.loss, done.outputs[OUTPUT], labels)
            speed = score.samples / (perf_counter() - start)
            yield StepDone(epoch, step, steps, done.loss, score.accuracy, score.samples, speed)
        speed = score.samples / (perf_counter() - start)
        self._keep(epoch)
        validation = self._evaluate(self._data.validation) if len(self._data.validation) else None
        if validation is not None and not isfinite(validation.loss):
            raise self._stop(f"the validation loss is {validation.loss} after epoch {epoch}")
        reached = validation.accuracy if validation is not None else None
        before = best.validation_accuracy if best is not None else None
        return EpochDone(
            epoch=epoch,
            step=first + steps,
            loss=score.loss,
            accuracy=score.accuracy,
            validation_loss=validation.loss if validation is not None else None,
            validation_accuracy=reached,
            best=reached is not None and (before is None or reached > before),
            seconds=perf_counter() - start,
            rate=speed,
        )

    def _rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        recipe, whole = self.recipe, self.steps_per_epoch
        return rate(recipe.schedule, recipe.optimizer.attrs.lr, step=step, steps=self.steps, steps_per_epoch=whole)

    def _keep(self, epoch: int) -> None:
        """Keeps the weights at an epoch's end, if all are finite: the last step's update has met no loss yet."""
        state = self._program.state()
        for name, array in state.items():
            if not np.isfinite(array).all():
                raise self._stop(f"{name} is not finite after epoch {epoch}")
        self._good = state

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

    def _evaluate(self, samples: Samples) -> Score:
        return scored(self._program.predict, self._loss, samples, self.recipe.batch, lambda *_: None)


def _check_fit(graph: Graph, recipe: Recipe, dataset: Dataset) -> tuple[Diagnostic, ...]:
    """Warnings about network and data. Raises CnnError (E603, E604, E605)."""
    span = recipe.data.span if recipe.data is not None else None
    found = fit(graph.input, graph.output(), dataset.facts, data=dataset.name, pad=dataset.pad, span=span)
    if not len(dataset.train) or not len(dataset.test):
        found = (Diagnostic("E605", f"`{dataset.name}` has no {'test' if len(dataset.train) else 'training'} samples"),)
    found = (*found, *channels(recipe, graph.input.type.depth))
    if errors(found):
        raise CnnError(found)
    return found
