"""Run: a run's folder read back, to be asked and evaluated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset
from cnndsl.data.samples import prepare
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.spec import MAIN, Recipe
from cnndsl.runs.folder import METRICS, PROGRAM, RUN
from cnndsl.training.losses import make_loss
from cnndsl.training.model import Model
from cnndsl.training.score import chosen, scored

PartName = Literal["test", "validation", "train"]
PARTS: tuple[PartName, ...] = ("test", "validation", "train")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a network reached on a part of its data. `confusion`: K, K, counts, rows are labels, columns what was
    chosen; `names` what the classes are called, empty where nobody said."""

    part: PartName
    samples: int
    loss: float
    right: int
    confusion: Array
    names: tuple[str, ...]

    @property
    def accuracy(self) -> float:
        return self.right / self.samples

    def by_class(self) -> list[tuple[str, int, int]]:
        """Of each class its name or number, how many samples are right, and how many there are."""
        names = self.names or tuple(map(str, range(len(self.confusion))))
        counts = self.confusion.sum(axis=1)
        return [(n, int(r), int(c)) for n, r, c in zip(names, np.diag(self.confusion), counts, strict=True)]


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder: its `model` with the weights that were saved, its `recipe`, what run.json says `about` it, and
    `history`, the epochs in metrics.jsonl. `data()` loads what it was trained on."""

    folder: Path
    model: Model
    recipe: Recipe
    about: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...]
    data: Callable[[], Dataset]

    def evaluate(self, part: PartName = "test") -> Evaluation:
        """What the network reaches on a part of its data, prepared as in training. Raises CnnError: E806 for a part
        that is not there, and what loading data raises."""
        if part not in PARTS:
            raise CnnError(Diagnostic("E806", f"there is no part {part!r}; parts are {', '.join(PARTS)}"))
        dataset, recipe = self.data(), self.recipe
        ready = prepare(dataset, split=recipe.split, normalize=recipe.normalize, seed=recipe.seed)
        samples = getattr(ready, part)
        if not len(samples):
            raise CnnError(Diagnostic("E806", f"the {part} part of {dataset.name} has no samples"))
        confusion = np.zeros((dataset.classes, dataset.classes), np.int64)

        def count(output: Array, labels: Array) -> None:
            np.add.at(confusion, (labels, chosen(output)), 1)

        loss = make_loss(recipe.losses[MAIN])
        found = scored(lambda x: self.model.forward(x).outputs, loss, samples, recipe.batch, count)
        return Evaluation(part, found.samples, found.loss, found.right, confusion, dataset.names)


def about(folder: Path) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """What run.json and metrics.jsonl say, as far as they are there: a run that was cut off may lack the first, and end
    the second in half a line. Raises CnnError (E806) for a folder that is no run's."""
    if not folder.is_dir() or not (folder / PROGRAM).is_file():
        what = f"has no {PROGRAM}" if folder.is_dir() else "is no folder"
        help = ("give the folder that `cnndsl run` wrote: `runs/NAME-1`, or what `--out` named",)
        raise CnnError(Diagnostic("E806", f"{folder} is not a run: it {what}", help=help))
    told = _objects(_text(folder / RUN).replace("\n", " "))
    return (told[0] if told else {}), tuple(line for line in _objects(_text(folder / METRICS)) if "epoch" in line)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a text, one a line; a line that is none is passed over."""
    found = []
    for line in text.split("\n"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
