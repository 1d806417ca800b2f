"""Run: a run's folder read back, to be asked and evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cnndsl.backends.protocol import Array, Backend, Options
from cnndsl.data import preparation
from cnndsl.data.dataset import Dataset
from cnndsl.data.pixels import as_images
from cnndsl.data.preparation import Preparation
from cnndsl.data.samples import prepare
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.spec import Recipe
from cnndsl.runs.folder import BEST, METRICS, PROGRAM, RUN, WEIGHTS, told
from cnndsl.runs.log import objects
from cnndsl.training.answers import Asker, Prediction, joined
from cnndsl.training.metrics import Confusion, make_metric
from cnndsl.training.model import Model
from cnndsl.training.objective import leading, make_objective, trained_graph
from cnndsl.training.score import Judgement

PartName = Literal["test", "validation", "train"]
PARTS: tuple[PartName, ...] = ("test", "validation", "train")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a network reached on a part of its data: `right` and `accuracy` are of the output that leads, None where its
    targets are no labels. `confusion`: K, K, counts, rows are labels, columns what was chosen; `names` what the classes
    are called, empty where nobody said. `metrics` are the recipe's, `heads` each output's own loss and accuracy."""

    part: PartName
    samples: int
    loss: float
    right: int | None
    confusion: Array | None
    names: tuple[str, ...]
    metrics: Mapping[str, Any]
    heads: Mapping[str, Mapping[str, float]]

    @property
    def accuracy(self) -> float | None:
        return None if self.right is None else self.right / self.samples

    def by_class(self) -> list[tuple[str, int, int]]:
        """Of each class its name or number, how many samples are right, and how many there are."""
        if self.confusion is None:
            return []
        names = self.names or tuple(map(str, range(len(self.confusion))))
        counts = self.confusion.sum(axis=1)
        return [(n, int(r), int(c)) for n, r, c in zip(names, np.diag(self.confusion), counts, strict=False)]


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
    backend: Backend

    def preparation(self) -> Preparation:
        """How images are made ready for the network, from run.json; where that does not say it, as in older runs, it is
        found from the data anew. Raises CnnError: E701 where run.json says something that cannot be, E806 where neither
        is there."""
        if "preparation" in self.about:
            try:
                return preparation.load(self.about["preparation"])
            except ValueError as error:
                wrong = f"{self.folder / RUN}: what it says of the preparation of images is damaged: {error}"
                help = ("take the file away: with the data there, it is found from them anew",)
                raise CnnError(Diagnostic("E701", wrong, help=help)) from None
        try:
            dataset = self.data()
        except CnnError as error:
            message = (
                f"{self.folder / RUN} does not say how images are made ready, and the data are not there to find out"
            )
            notes = tuple(d.message for d in error.diagnostics[:3])
            help = ("name the folder with the data by `--data`, or train again",)
            raise CnnError(Diagnostic("E806", message, notes=notes, help=help)) from None
        recipe = self.recipe
        return prepare(dataset, split=recipe.split, normalize=recipe.normalize, seed=recipe.seed).preparation

    def asker(self, known: Preparation) -> Asker:
        """The network, ready to be asked, for images that are made ready so. Raises CnnError (E701) where that is not
        the size of its input."""
        graph = self.model.graph
        size = graph.input.type
        if known.output != (size.height, size.width, size.depth):
            made = "x".join(map(str, known.output))
            message = f"{self.folder / RUN}: images are made ready as {made}, and the network takes {size}"
            raise CnnError(Diagnostic("E701", message))
        return Asker(graph, self.recipe, self.backend, self.model.state, classes=known.classes, names=known.names)

    def predict(self, images: Array) -> Prediction:
        """What the network says of images that are as the training data were: N, D, H, W, or one D, H, W, with pixels
        from 0 to 255 where it was trained on bytes (`cnndsl.data.pixels.as_images` has all forms). They are normalized,
        padded and resized here. Raises CnnError: E809 for images that do not fit, E701, E806 as `preparation`."""
        known = self.preparation()
        found, size = as_images(images, known), self.recipe.batch
        ask, make = self.asker(known), known.maker()
        parts = [ask(make(found[at : at + size])) for at in range(0, len(found), size)]
        return joined(parts) if parts else joined([ask(make(np.zeros((1, *found.shape[1:]))))], 0)

    def evaluate(self, part: PartName = "test") -> Evaluation:
        """What the network reaches on a part of its data, prepared as in training. Raises CnnError: E806 for a part
        that is not there, and what loading data raises."""
        if part not in PARTS:
            raise CnnError(Diagnostic("E806", f"there is no part {part!r}; parts are {', '.join(PARTS)}"))
        dataset, recipe, graph = self.data(), self.recipe, self.model.graph
        ready = prepare(dataset, split=recipe.split, normalize=recipe.normalize, seed=recipe.seed)
        samples = getattr(ready, part)
        if not len(samples):
            raise CnnError(Diagnostic("E806", f"the {part} part of {dataset.name} has no samples"))
        program = self.backend.compile(trained_graph(graph, recipe), Options(seed=recipe.seed))
        objective, state = make_objective(recipe, graph), self.model.state
        judgement = Judgement(objective.losses, objective.weights, leading(recipe, graph))
        confusion = Confusion()
        metrics = [make_metric(setting) for setting in recipe.metrics]
        found = judgement.measure(
            lambda x: program.forward(state, x).outputs, samples, recipe.batch, (*metrics, confusion)
        )
        values = {metric.name: metric.value() for metric in metrics if metric.value() is not None}
        sums = found.sums
        right = sums.right.get(judgement.leads)
        counts = None if confusion.counts is None else confusion.counts
        return Evaluation(part, sums.samples, sums.loss, right, counts, dataset.names, values, sums.heads())

    def report(self, to: Path | None = None) -> Path:
        """Writes the run's report, to `to` or to report.html in its folder, and gives its path. Raises CnnError (E803)
        where it cannot be written."""
        from cnndsl.runs.report import write_report

        return write_report(self, to)


def about(folder: Path) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """What run.json and metrics.jsonl say, as far as they are there: a run that was cut off may lack the first, and end
    the second in half a line. Raises CnnError (E806) for a folder that is no run's."""
    if not folder.is_dir() or not (folder / PROGRAM).is_file():
        what = f"has no {PROGRAM}" if folder.is_dir() else "is no folder"
        help = ("give the folder that `cnndsl run` wrote: `runs/NAME-1`, or what `--out` named",)
        raise CnnError(Diagnostic("E806", f"{folder} is not a run: it {what}", help=help))
    lines: list[dict[str, Any]] = []
    try:
        if (folder / METRICS).is_file():
            lines = objects((folder / METRICS).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        pass
    return told(folder), tuple(line for line in lines if "epoch" in line)


def weights_file(folder: Path, which: str) -> Path:
    """The ``last`` weights of a run, or the ``best`` ones. Raises CnnError (E806) for another word, and where the run
    has no best ones."""
    if which not in WHICH:
        raise CnnError(Diagnostic("E806", f"weights are {' or '.join(WHICH)}, found {which!r}"))
    path = folder / WHICH[which]
    if which == "best" and not path.exists():
        help = ("`save best` in the train block keeps them; `--weights last` are there",)
        raise CnnError(Diagnostic("E806", f"{folder} has no weights of a best epoch, {BEST}", help=help))
    return path


WHICH = {"last": WEIGHTS, "best": BEST}
"""Weights of a run, and their files."""
