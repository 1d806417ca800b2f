"""The sample that a trace is of, its right class, and the gradient of a loss that it starts back from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnndsl.backends import border
from cnndsl.backends.protocol import Array
from cnndsl.data import sets
from cnndsl.data.dataset import is_labels
from cnndsl.data.samples import prepare
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph
from cnndsl.ir.types import TensorType
from cnndsl.recipe.heads import trained
from cnndsl.recipe.spec import MAIN, Recipe
from cnndsl.training.losses import is_made, make_loss
from cnndsl.training.objective import trained_graph


class Sample(NamedTuple):
    """One sample, 1, D, H, W; its label; and what it is, for a person."""

    x: Array
    label: int
    said: str


def ramp(size: TensorType, label: int) -> Sample:
    """Whole numbers that a pencil can work with."""
    cells = np.arange(size.count, dtype=np.float64) % 10
    return Sample(cells.reshape(1, *size.shape), label, "cells 0 to 9 in turn, row by row")


def from_file(path: Path, size: TensorType, label: int) -> Sample:
    """The one sample of a .npy file, D, H, W or H, W. Raises CnnError: E805, E809."""
    try:
        found = np.load(path, allow_pickle=False)
    except OSError as error:
        raise CnnError(Diagnostic("E805", f"{path} cannot be read: {error.strerror or error}")) from error
    except Exception as error:
        raise CnnError(Diagnostic("E809", f"{path} is not an array of numbers in a .npy file")) from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub":
        raise CnnError(Diagnostic("E809", f"{path} holds no array of real numbers"))
    fitting = [size.shape, (1, *size.shape), *([size.shape[1:]] if size.shape[0] == 1 else [])]
    if found.shape not in fitting:
        raise CnnError(Diagnostic("E809", f"{path} has shape {found.shape}; one sample is {size.shape}"))
    border.finite(found, str(path))
    return Sample(found.reshape(1, *size.shape).astype(np.float64), label, str(path))


def from_data(recipe: Recipe, base: Path, folder: Path | None, size: TensorType, at: int, label: int | None) -> Sample:
    """A test sample of the data that a recipe names, as training would see it. Raises CnnError: E806, E604, and what
    loading raises."""
    if recipe.data is None:
        help = ("give a sample by `--image`, or name the data in the train block",)
        raise CnnError(Diagnostic("E806", "`--sample` needs data, and the train block names none", help=help))
    found = sets.load(recipe.data, base, folder, (size.height, size.width, size.depth))
    if found.facts.size != (size.height, size.width, size.depth):
        images = "x".join(map(str, found.facts.size or ("?",)))
        raise CnnError(Diagnostic("E604", f"images of {found.name} are {images}, and the input is {size}"))
    tests = prepare(found, split=recipe.split, normalize=recipe.normalize, seed=recipe.seed, dtype="float64").test
    batch = next(islice(tests.in_order(1), at, None), None)
    if batch is None:
        help = (f"the last is {len(tests) - 1}",)
        raise CnnError(Diagnostic("E806", f"there is no test sample {at}", help=help))
    said = f"test sample {at} of {found.name}, normalized"
    if is_labels(batch.labels):
        right = int(batch.labels[0])
        return Sample(np.array(batch.x), right if label is None else label, f"{said}; its label is {right}")
    if label is None:
        help = ("say by `--label` which class is taken for the right one",)
        raise CnnError(Diagnostic("E806", f"targets of {found.name} are not labels", help=help))
    return Sample(np.array(batch.x), label, said)


def before_losses(graph: Graph, recipe: Recipe) -> Graph:
    """The network up to what its losses take."""
    return trained_graph(graph, recipe)


def gradients(graph: Graph, recipe: Recipe, values: Mapping[str, Array], label: int) -> tuple[dict[str, Array], str]:
    """Gradients of a loss by the outputs, and what loss that is: the recipe's, for the outputs that are vectors of
    classes; where it has none that can be computed, the sum of all outputs. Raises CnnError (E806) for a class that is
    not there."""
    found, said = {}, []
    for name, loss in trained(recipe, graph.outputs).items():
        y = values[graph.outputs[name]]
        if y.size != y.shape[1] or y.size == 1 or not is_made(loss):
            continue
        if label >= y.size:
            of = "" if name == MAIN else f" of {name}"
            raise CnnError(Diagnostic("E806", f"there is no class {label}{of}; classes are 0 to {y.size - 1}"))
        weight = getattr(loss.attrs, "weight", 1.0)
        _, dy = make_loss(loss)(y.copy(), np.array([label]))
        found[name] = np.array(dy) * weight
        said.append(f"{weight:g}*" * (weight != 1) + loss.word + f" of {name}" * (name != MAIN))
    if found:
        return found, f"{' + '.join(said)} with the right class {label}"
    return {name: np.ones_like(values[at]) for name, at in graph.outputs.items()}, "the sum of all outputs"
