"""A network as a scikit-learn classifier: `CnnClassifier(text).fit(X, y).predict(X)`.

>>> from cnndsl.sklearn import CnnClassifier
>>> from sklearn.datasets import load_digits
>>> X, y = load_digits(return_X_y=True)
>>> network = CnnClassifier("INPUT 8x8x1; CONV 3x3 *8 relu; POOL max 2; FC 10", epochs=20, lr=0.1)
>>> network.fit(X[:1500], y[:1500]).score(X[1500:], y[1500:]) > 0.9
True
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cnndsl import api
from cnndsl.backends.protocol import Array
from cnndsl.data import preparation
from cnndsl.data.dataset import Dataset, Part
from cnndsl.diagnostics import CnnError
from cnndsl.extras import extra
from cnndsl.lang.parse import parse
from cnndsl.source import Source
from cnndsl.training.answers import Asker
from cnndsl.training.begin import begin
from cnndsl.training.events import EpochDone
from cnndsl.training.trainer import Trainer

_base: Any = extra("sklearn.base", "sklearn", "scikit-learn", "`cnndsl.sklearn`")
_checks: Any = extra("sklearn.utils.validation", "sklearn", "scikit-learn", "`cnndsl.sklearn`")
_random: Any = extra("sklearn.utils", "sklearn", "scikit-learn", "`cnndsl.sklearn`")
_targets: Any = extra("sklearn.utils.multiclass", "sklearn", "scikit-learn", "`cnndsl.sklearn`")

Size = tuple[int, int, int]
SEEDS = 1 << 31
TYPES = (np.float32, np.float64, np.uint8)


class CnnClassifier(_base.ClassifierMixin, _base.BaseEstimator):
    """A classifier that trains the network of a program's text, or of one of its own where `text` is left out.

    X is N, D, H, W, or N, H, W, D or N, H, W where INPUT says so, or N, features with the D*H*W numbers of a sample in
    that order; y any labels. Pixels that are bytes are divided by 255. A `train` block in the text is followed, but for
    its `data`, which is left out with a warning, as are `pad` and `resize` there; all samples are trained on, unless it
    says `split`, or `stop`, which needs some to validate on. `epochs`, `batch`, `lr` and `backend` go before what it
    says, `settings` name any other key, as ``{"schedule": "cosine"}``. `random_state` is its seed: the same gives the
    same bits; left out, it is the block's, so that fits are always reproducible.

    What is wrong is a ValueError with the words that `cnndsl check` would say it in.

    After `fit`: `classes_`; `weights_`, parameters and buffers by full name; `program_`, the text that was trained;
    `preparation_`, what is done to X (plain values of `cnndsl.data.preparation.Preparation`); `loss_curve_`, the mean
    loss of every epoch. The estimator is these and its parameters, so it can be pickled.
    """

    def __init__(
        self,
        text: str | None = None,
        *,
        epochs: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        backend: str | None = None,
        settings: Mapping[str, Any] | None = None,
        random_state: Any = None,
    ):
        self.text = text
        self.epochs = epochs
        self.batch = batch
        self.lr = lr
        self.backend = backend
        self.settings = settings
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> CnnClassifier:
        """Trains on X and labels y, from the beginning. Raises ValueError."""
        network = None if self.text is None else self._network(self.text)
        flat, size = self._flat(X, None if network is None else _size(network))
        flat, y = _checks.validate_data(self, flat, y, dtype=TYPES)
        size = size or (1, 1, flat.shape[1])
        _targets.check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class, {self.classes_[0]!r}: there is nothing to tell apart")
        network = network or self._network(own_text(size, len(self.classes_)))
        _check_count(flat, size)
        with _told_as_values():
            self._train(network, Part(_images(flat, size), labels.astype(np.int64)))
        return self

    def _train(self, network: api.Network, part: Part) -> None:
        recipe = network.recipe
        if recipe.stop is None and "split" not in recipe.spans:
            recipe = replace(recipe, split=1.0)
        first = part.first(1)  # every data set has something to test on
        dataset = Dataset(
            name="X",
            train=part,
            test=first,
            classes=len(self.classes_),
            pixel_max=255 if part.images.dtype == np.uint8 else 1,
            names=tuple(map(str, self.classes_)),
        )
        runner = api.backend(self.backend or recipe.backend, network.registry)
        start = partial(begin, network.graph, recipe, network.base)
        trainer = Trainer(network.graph, recipe, dataset, runner, start=start)
        for warning in trainer.warnings:
            warnings.warn(str(CnnError(warning)), UserWarning, stacklevel=4)
        self.loss_curve_ = [event.loss for event in trainer.run() if isinstance(event, EpochDone)]
        self.weights_ = trainer.weights()
        self.preparation_ = trainer.preparation.plain()
        self.program_ = network.text

    def predict_proba(self, X: Any) -> Array:
        """N, classes: what each class gets, in the order of `classes_`, 1 in all. Raises ValueError where the network
        was trained by a loss without probabilities."""
        values, scale = self._values(X)
        if scale == "none":
            raise ValueError("`mse` knows no probabilities: train by `loss cross_entropy` or `loss bce`")
        total = values.sum(axis=1, keepdims=True)  # of several that are each by themselves, or fewer than the outputs
        found: Array = np.full_like(values, 1 / values.shape[1])
        np.divide(values, total, out=found, where=total > 0)
        return found

    def predict(self, X: Any) -> Array:
        """The label of each sample."""
        values, _ = self._values(X)
        found: Array = self.classes_[values.argmax(axis=1)]
        return found

    def _values(self, X: Any) -> tuple[Array, str]:
        """N, classes, and their scale as of `cnndsl.training.answers`."""
        _checks.check_is_fitted(self)
        known = preparation.load(self.preparation_)
        flat, _ = self._flat(X, known.size)
        flat = _checks.validate_data(self, flat, dtype=TYPES, reset=False)
        with _told_as_values():
            network = api.loads(self.program_)
            recipe = network.recipe
            runner = api.backend(self.backend or recipe.backend, network.registry)
            ask = Asker(network.graph, recipe, runner, self.weights_, classes=known.classes, dtype="float64")
            make, images = known.maker("float64"), _images(flat, known.size)
            parts = [ask(make(images[at : at + recipe.batch])) for at in range(0, len(images), recipe.batch)]
        return np.concatenate([part.values for part in parts])[:, : len(self.classes_)], parts[0].scale

    def _network(self, text: str) -> api.Network:
        """The program of a text, with the settings of this estimator. Raises ValueError."""
        if not isinstance(text, str):
            raise ValueError(f"`text` is a program, found {type(text).__name__}; a file's is `Path(name).read_text()`")
        said = {"epochs": self.epochs, "batch": self.batch, "optimizer.lr": self.lr}
        settings = {**{name: value for name, value in said.items() if value is not None}, **(self.settings or {})}
        if self.random_state is not None:
            state = self.random_state
            whole = isinstance(state, int | np.integer)
            settings["seed"] = int(state) if whole else int(_random.check_random_state(state).randint(SEEDS))
        if "data" in settings:
            raise ValueError("`data` is no setting here: `fit` is given X and y")
        if data := _data(text):
            message = f"`{data}` in the text is not used: `fit` is given X and y"
            warnings.warn(message, UserWarning, stacklevel=4)
            settings["data"] = None
        with _told_as_values():
            network = api.loads(text, settings=settings)
            _size(network)
        return network

    def _flat(self, X: Any, size: Size | None) -> tuple[Any, Size | None]:
        """Images as N, features, and their size, height x width x depth, which is the one that is given, if there is
        one. What is no image is left as it is. Raises ValueError."""
        rank = getattr(X, "ndim", None)
        if isinstance(X, list | tuple):
            try:
                rank = np.ndim(X)
            except ValueError:
                rank = None
        if rank not in (3, 4):
            return X, size
        found = _checks.check_array(X, allow_nd=True, dtype=TYPES, input_name="X", estimator=self)
        shape = found.shape[1:]
        if size is None:
            size = (*shape, 1) if rank == 3 else (*shape[1:], shape[0])
        height, width, depth = size
        if shape == (height, width, depth) != (depth, height, width):
            found = found.transpose(0, 3, 1, 2)
        elif shape != (depth, height, width) and (shape != (height, width) or depth > 1):
            given = "x".join(map(str, found.shape))
            raise ValueError(
                f"X is {given}, and the network takes N x {depth}x{height}x{width}, or N x {height}x{width}x{depth}"
            )
        return found.reshape(len(found), -1), size


def own_text(size: Size, classes: int) -> str:
    """The network that is trained where none is given."""
    height, width, depth = size
    if height == width == 1:
        return f"INPUT 1x1x{depth}\nFC 64 relu\nFC {classes}\n{OWN_TRAIN}"
    layers = "CONV 3x3 *16 same relu\nCONV 3x3 *32 same stride 2 relu\nFC 64 relu"
    return f"INPUT {height}x{width}x{depth}\n{layers}\nFC {classes}\n{OWN_TRAIN}"


OWN_TRAIN = "train { epochs 50; batch 32; optimizer adam lr 0.003 }\n"


@contextmanager
def _told_as_values() -> Iterator[None]:
    """What is wrong with programs and arrays as the errors that users of scikit-learn expect."""
    try:
        yield
    except CnnError as error:
        raise ValueError(str(error)) from error


def _size(network: api.Network) -> Size:
    """Height, width, depth of a network's input. Raises CnnError where it has no size."""
    found = network.input
    return found.height, found.width, found.depth


def _data(text: str) -> str:
    """The `data` entry of a text's train block, empty where it has none."""
    module, _ = parse(Source("<string>", text))
    for block in module.trains if module is not None else ():
        for entry in block.entries:
            if entry.span.text.split()[:1] == ["data"]:
                return " ".join(entry.span.text.split())
    return ""


def _check_count(flat: Array, size: Size) -> None:
    height, width, depth = size
    if flat.shape[1] != height * width * depth:
        needed = f"{height * width * depth} for INPUT {height}x{width}x{depth}"
        raise ValueError(f"X has {flat.shape[1]} features, and the network takes {needed}")


def _images(flat: Array, size: Size) -> Array:
    height, width, depth = size
    return np.ascontiguousarray(flat).reshape(len(flat), depth, height, width)
