"""Networks and recipes built from records, without the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from cnndsl import plugins
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.sets import load
from cnndsl.diagnostics import CnnError
from cnndsl.ir.graph import Graph, Node
from cnndsl.recipe import block
from cnndsl.recipe.block import KEYS
from cnndsl.recipe.data import SETS, Known
from cnndsl.recipe.spec import Recipe, Setting
from cnndsl.training.trainer import Trainer


def build(*steps: tuple[Any, ...], name: str = "net") -> Graph:
    """A graph from steps such as ``("FC", {"units": 3})``; a step's inputs are the one before, or its third item."""
    nodes: dict[str, Node] = {}
    numbers: dict[str, int] = {}
    for keyword, *rest in steps:
        attrs = rest[0] if rest else {}
        op = import_module(f"cnndsl.ops.{keyword.lower()}").OP
        numbers[keyword] = numbers.get(keyword, 0) + 1
        label = "input" if keyword == "INPUT" else f"{keyword.lower()}{numbers[keyword]}"
        before = (list(nodes)[-1],) if nodes else ()
        inputs = tuple(rest[1]) if len(rest) > 1 else before
        types = tuple(nodes[i].type for i in inputs)
        made = op.attrs(**attrs)
        nodes[label] = Node(label, op, made, inputs, op.infer(made, types), op.params(made, types))
    return Graph(name, tuple(nodes.values()), {"main": list(nodes)[-1]})


def settle(key: str, said: str) -> Setting:
    """A setting by a few words: ``sgd lr 0.1``."""
    word, *rest = said.split()
    values = {name: float(value) for name, value in zip(rest[::2], rest[1::2], strict=True)}
    return Setting(word, KEYS[key].entry(word).attrs(**values))


def make_recipe(**changes: Any) -> Recipe:
    """The defaults of the language on digits, with changes; a string for `optimizer` and its like is read by `settle`,
    and `loss` is that of the main output."""
    made = replace(block.recipe(), data=Setting("digits", Known()))
    changes = {k: settle(k, v) if isinstance(v, str) and k != "backend" else v for k, v in changes.items()}
    if "loss" in changes:
        changes["losses"] = {"main": changes.pop("loss")}
    return replace(made, **changes)


def make_dataset(count: int = 40, size: tuple[int, int, int] = (4, 4, 1), classes: int = 3, seed: int = 0) -> Dataset:
    """Random bytes whose mean says the class, so that they can be learned."""
    random = np.random.default_rng(seed)
    height, width, depth = size

    def part(n: int) -> Part:
        labels = np.arange(n) % classes
        images = random.integers(0, 100, (n, depth, height, width)) + 50 * labels[:, None, None, None]
        return Part(images.astype(np.uint8), labels)

    return Dataset(name="made", train=part(count), test=part(count // 2), classes=classes, pixel_max=255)


def catch(code: str, action: Callable[[], Any]) -> CnnError:
    """The CnnError of that code that an action must raise; its message must be a sentence for people."""
    with pytest.raises(CnnError) as caught:
        action()
    (found,) = caught.value.diagnostics
    assert found.code == code, found.message
    assert "Traceback" not in found.message
    return caught.value


@pytest.fixture
def net() -> Callable[..., Graph]:
    return build


@pytest.fixture
def recipe() -> Callable[..., Recipe]:
    return make_recipe


@pytest.fixture
def dataset() -> Callable[..., Dataset]:
    return make_dataset


@pytest.fixture
def refused() -> Callable[[str, Callable[[], Any]], CnnError]:
    return catch


@pytest.fixture
def data_setting() -> Callable[..., Setting]:
    """`data idx "folder"`, or a known set by its word."""

    def make(word: str, **options: Any) -> Setting:
        return Setting(word, SETS[word].attrs(**options))

    return make


@pytest.fixture
def digits_net() -> Graph:
    """Small, with two convolutions and two DROPOUTs."""
    return build(
        ("INPUT", {"size": (8, 8, 1)}),
        ("CONV", {"window": (3, 3), "filters": 24, "pad": (1, 1, 1, 1)}),
        ("RELU",),
        ("CONV", {"window": (3, 3), "filters": 48, "pad": (1, 1, 1, 1)}),
        ("RELU",),
        ("POOL", {"mode": "max", "window": (2, 2)}),
        ("DROPOUT", {"rate": 0.4}),
        ("FC", {"units": 64}),
        ("RELU",),
        ("DROPOUT", {"rate": 0.4}),
        ("FC", {"units": 10}),
        name="digits",
    )


@pytest.fixture(scope="session")
def backend():
    return plugins.load().backend("vectorized")


@pytest.fixture
def tiny(net):
    """4x4 pixels to 3 classes."""
    return net(("INPUT", {"size": (4, 4, 1)}), ("FC", {"units": 8}), ("RELU",), ("FC", {"units": 3}), name="tiny")


@pytest.fixture
def trainer(tiny, recipe, dataset, backend):
    """A trainer of the tiny network; changes go to the recipe, or to the trainer itself."""

    def make(graph=None, samples=None, **changes):
        own = {key: changes.pop(key) for key in ("dtype", "budget") if key in changes}
        given = {"batch": 8, "epochs": 3, "data": None, **changes}
        return Trainer(graph or tiny, recipe(**given), samples or dataset(40), backend, **own)

    return make


@pytest.fixture
def digits(data_setting):
    return load(data_setting("digits"), None)
