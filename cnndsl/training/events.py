"""What a trainer says while it trains. Losses are means over samples, accuracies shares, times seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cnndsl.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Started:
    """Everything is ready, and nothing has been trained."""

    network: str
    backend: str
    parameters: int
    training: int
    """Number of samples trained on."""
    validation: int
    test: int
    classes: int
    batch: int
    epochs: int
    steps_per_epoch: int
    steps: int
    """Steps in all."""
    seed: int
    borrowed: tuple[str, ...]
    """Layers that the backend has no kernel of its own for, by keyword: they run by slower code."""
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step. `loss` is that of its batch; `accuracy` and `rate` (images a second) run over the epoch so far."""

    epoch: int
    """From 1."""
    step: int
    """In the epoch, from 1."""
    steps: int
    """Steps of this epoch."""
    loss: float
    accuracy: float
    samples: int
    """Samples of this epoch so far."""
    rate: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One epoch, and what validation gave (None without validation). Training figures are those of the batches as they
    were trained on, with DROPOUT and with weights that changed from one to the next."""

    epoch: int
    step: int
    """Steps so far in all."""
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    best: bool
    """Whether validation accuracy is higher than in every epoch before."""
    seconds: float
    """Of training and validation together."""
    rate: float
    """Images a second, of training alone."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The end. Test figures are those of the last weights; the test part was not looked at before."""

    epochs: int
    steps: int
    test_loss: float
    test_accuracy: float
    test_right: int
    test: int
    """Number of test samples."""
    best_epoch: int | None
    best_accuracy: float | None
    """Highest validation accuracy and its epoch; None without validation."""
    seconds: float


Event: TypeAlias = Started | StepDone | EpochDone | Finished
