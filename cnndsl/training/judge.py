"""Which epoch is the best, and when it is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnndsl.recipe.spec import Recipe
from cnndsl.training.events import Ending
from cnndsl.training.metrics import Better, make_metric


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares what validation gave by the first of the `criteria` that is there: name, and whether higher or lower is
    better.

    With `patience` a training ends after so many epochs without a better one; with `at` once validation accuracy is so
    high.
    """

    criteria: tuple[tuple[str, Better], ...]
    patience: int | None = None
    at: float | None = None

    def better(self, new: Mapping[str, Any], best: Mapping[str, Any] | None) -> bool:
        """Whether an epoch is better than the best before; the first one is, and equal ones are not."""
        for name, which in self.criteria:
            if name in new:
                if best is None or name not in best:
                    return True
                return bool(new[name] > best[name] if which == "higher" else new[name] < best[name])
        return False

    def enough(self, new: Mapping[str, Any], epoch: int, best_epoch: int | None) -> Ending | None:
        """Why to end after an epoch, if at all."""
        if self.at is not None and new.get("accuracy", 0.0) >= self.at:
            return "reached"
        if self.patience is not None and best_epoch is not None and epoch - best_epoch >= self.patience:
            return "patience"
        return None


def judge(recipe: Recipe) -> Judge:
    """By the recipe's metrics in their order, then by accuracy, then by the loss."""
    metrics = [make_metric(setting) for setting in recipe.metrics]
    usual: dict[str, Better] = {"accuracy": "higher", "loss": "lower"}
    own = {metric.name: metric.better for metric in metrics if metric.better is not None}
    criteria = tuple({**own, **{name: usual[name] for name in usual if name not in own}}.items())
    stop = recipe.stop.attrs if recipe.stop is not None else None
    return Judge(criteria, stop.patience if stop else None, stop.at if stop else None)
