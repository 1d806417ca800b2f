"""What the saved weights do on the test part: right and wrong answers, and what stands behind the layers on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cnndsl.backends.protocol import Array, Options
from cnndsl.data.dataset import Dataset, is_labels
from cnndsl.data.samples import Supply, prepare
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.heads import trained
from cnndsl.runs.report.watched import Watched, watch
from cnndsl.runs.saved import Run
from cnndsl.training.answers import scaled
from cnndsl.training.metrics import chosen
from cnndsl.training.objective import leading, make_objective, trained_graph
from cnndsl.training.score import targets_of

WORST = 24
"""Samples with the highest loss that are kept."""
MOST = 200_000_000_000
"""Multiplications up to which all of the test part is gone through; of a larger one the first samples."""
FEWEST = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """A sample: its number in the part, its pixels D, H, W (from 0 to 1 for bytes), its class and the one that was
    chosen, the loss, and the probabilities of both, None where the outputs are none."""

    number: int
    pixels: Array
    label: int
    chosen: int
    loss: float
    shares: tuple[float, float] | None

    @property
    def wrong(self) -> bool:
        return self.chosen != self.label


@dataclass(frozen=True, slots=True)
class Looked:
    """The first `samples` of the `total` of the test part of a set, `data`. `right`, `confusion` (K, K, rows are
    labels) and `worst` (wrong ones first, the highest loss first) are of the output that leads; None and empty where
    its targets are no labels. `names` are the classes', or their numbers."""

    data: str
    names: tuple[str, ...]
    samples: int
    total: int
    loss: float
    right: int | None
    confusion: Array | None
    worst: tuple[Answer, ...]
    watched: Watched


def look(run: Run) -> Looked:
    """Raises CnnError: what loading the data raises, and E806 where they do not fit the network, or there are none."""
    dataset, recipe, graph = run.data(), run.recipe, run.model.graph
    size = graph.input.type
    if dataset.facts.size is not None and np.prod(dataset.facts.size) != size.count:
        images = "x".join(map(str, dataset.facts.size))
        raise CnnError(Diagnostic("E806", f"images of {dataset.name} are {images}, and the input is {size}"))
    ready, plain = _prepared(run, dataset), _prepared(run, dataset, plain=True)
    if not len(ready):
        raise CnnError(Diagnostic("E806", f"the test part of {dataset.name} has no samples"))
    if not trained(recipe, graph.outputs):
        raise CnnError(Diagnostic("E806", "no output of the network is trained by a loss"))
    leads = leading(recipe, graph)
    found = _answers(run, ready, plain, leads, _limit(graph.macs, len(ready)))
    classes = max(dataset.classes, 0 if found.confusion is None else len(found.confusion))
    names = tuple(dataset.names[i] if i < len(dataset.names) else str(i) for i in range(classes))
    return Looked(
        dataset.name,
        names,
        found.samples,
        len(ready),
        found.loss / found.samples,
        found.right if found.confusion is not None else None,
        found.confusion,
        tuple(found.worst),
        watch(run, ready, plain),
    )


def _limit(macs: int, count: int) -> int:
    return min(count, max(FEWEST, MOST // max(1, macs)))


def _prepared(run: Run, dataset: Dataset, *, plain: bool = False) -> Supply:
    """The test part as the network takes it, or `plain`: pixels that were not normalized."""
    recipe = run.recipe
    normalize = replace(recipe.normalize, word="none") if plain else recipe.normalize
    return prepare(dataset, split=recipe.split, normalize=normalize, seed=recipe.seed).test


@dataclass(slots=True)
class _Answers:
    """Sums as they grow."""

    worst: list[Answer]
    samples: int = 0
    loss: float = 0.0
    right: int = 0
    confusion: Array | None = None


def _answers(run: Run, ready: Supply, plain: Supply, leads: str, limit: int) -> _Answers:
    graph = trained_graph(run.model.graph, run.recipe)
    program, state = run.backend.compile(graph, Options(seed=run.recipe.seed)), run.model.state
    objective = make_objective(run.recipe, graph)
    word = trained(run.recipe, graph.outputs)[leads].word
    ends = graph.output(leads).keyword
    found = _Answers([])
    for batch, shown in zip(ready.in_order(run.recipe.batch), plain.in_order(run.recipe.batch), strict=True):
        count = min(len(batch.x), limit - found.samples)
        outputs = program.forward(state, batch.x[:count]).outputs
        targets = {name: target[:count] for name, target in targets_of(batch, objective.losses).items()}
        each = np.zeros(count)
        for name, loss in objective.losses.items():
            losses = [_loss(loss(outputs[name][i : i + 1], targets[name][i : i + 1])[0]) for i in range(count)]
            each += objective.weights.get(name, 1.0) * np.array(losses)
        found.loss += float(each.sum())
        if is_labels(targets[leads]):
            _count(found, outputs[leads], targets[leads], each, shown.x, _shares(outputs[leads], word, ends))
        found.samples += count
        if found.samples >= limit:
            break
    return found


def _loss(value: float) -> float:
    return float(value) if np.isfinite(value) else float("inf")


def _count(found: _Answers, output: Array, labels: Array, losses: Array, pixels: Array, shares: Array | None) -> None:
    """Counts a batch of the output that leads, and keeps its worst answers."""
    taken = chosen(output)
    if found.confusion is None:
        classes = max(2, output[0].size)
        found.confusion = np.zeros((classes, classes), np.int64)
    np.add.at(found.confusion, (labels, taken), 1)
    found.right += int(np.count_nonzero(taken == labels))
    order = np.lexsort((-losses, taken == labels))[:WORST]
    for i in map(int, order):
        label, choice = int(labels[i]), int(taken[i])
        known = None if shares is None else (float(shares[i, label]), float(shares[i, choice]))
        found.worst.append(Answer(found.samples + i, pixels[i].copy(), label, choice, float(losses[i]), known))
    found.worst.sort(key=lambda a: (not a.wrong, -a.loss))
    del found.worst[WORST:]


def _shares(output: Array, word: str, ends: str) -> Array | None:
    """The probabilities of the classes, N, K; None where the outputs are none."""
    with np.errstate(all="ignore"):
        found = scaled(word, output)
    if found.scale == "none" and ends != "SOFTMAX":
        return None
    return found.values.reshape(len(output), -1)


def by_class(confusion: Array) -> Sequence[Mapping[str, float]]:
    """Of each class how many `samples` there are, how many are `right`, how often it was `taken`, and which other one
    it was most often taken for (`other`, `times`)."""
    found = []
    for i in range(len(confusion)):
        row = confusion[i].copy()
        row[i] = 0
        other = int(row.argmax())
        figures: dict[str, float] = {
            "samples": confusion[i].sum(),
            "right": confusion[i, i],
            "taken": confusion[:, i].sum(),
        }
        found.append({**figures, "other": other, "times": int(row[other])})
    return found
