"""What a trainer says while it trains. Losses are means over samples, accuracies shares, times seconds.

`loss` is the weighted sum over all outputs that are trained; `accuracy` that of the output that leads (the main one, or
the first that is trained), None where its targets are not labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from cnndsl.diagnostics import Diagnostic

Ending = Literal["epochs", "steps", "patience", "reached"]
"""Why a training ended: all epochs or steps are done, none was better for long, or what was asked for was reached."""


@dataclass(frozen=True, slots=True)
class Started:
    """Everything is ready, and nothing has been trained, or nothing since the training was taken up again."""

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
    resumed: int = 0
    """Steps that were done before it was taken up again."""


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
    accuracy: float | None
    samples: int
    """Samples of this epoch so far."""
    rate: float
    lr: float
    norm: float
    """The length (L2) of the gradient, before clipping."""


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One epoch, and what validation gave. Training figures are those of the batches as they were trained on, with
    DROPOUT and with weights that changed from one to the next."""

    epoch: int
    step: int
    """Steps so far in all."""
    loss: float
    accuracy: float | None
    validation: Mapping[str, Any]
    """What was measured, by name: `loss`, `accuracy` where there are labels, and the metrics of the recipe. Empty
    without validation."""
    heads: Mapping[str, Mapping[str, float]]
    """By output its own loss and accuracy in training; empty where there is only one."""
    validation_heads: Mapping[str, Mapping[str, float]]
    gradient_norms: Mapping[str, float]
    """By parameter the mean length (L2) of its gradient over the epoch's steps, before clipping."""
    lr: float
    """Of the epoch's last step."""
    best: bool
    """Whether validation is better than in every epoch before, by the recipe's first metric."""
    seconds: float
    """Of training and validation together."""
    rate: float
    """Images a second, of training alone."""

    @property
    def validation_loss(self) -> float | None:
        return self.validation.get("loss")

    @property
    def validation_accuracy(self) -> float | None:
        return self.validation.get("accuracy")


@dataclass(frozen=True, slots=True)
class Finished:
    """The end. Test figures are those of the last weights, or of their averages where the recipe asks for these; the
    test part was not looked at before."""

    ending: Ending
    epochs: int
    steps: int
    test_loss: float
    test_accuracy: float | None
    test_right: int | None
    test: int
    """Number of test samples."""
    best_epoch: int | None
    best_accuracy: float | None
    """The epoch whose validation was best, and its validation accuracy; None without validation."""
    seconds: float
    """Of all that was trained, also before it was taken up again."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """What the recipe's metrics gave on the test part, by name."""
    heads: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Something could not be written while training: it goes on, and what was written before is whole."""

    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody asked for the end. The run can be taken up again where it stands."""

    epoch: int
    """Epochs that are done."""
    step: int
    """Steps that are done in the next one."""
    steps: int
    """Steps that are done in all."""


Event: TypeAlias = Started | StepDone | EpochDone | Finished | Unsaved | Stopped
