"""How parameters start.

Every array has a generator of its own, keyed by the seed and its full name: a layer that is added or taken away does
not change the others' numbers, and neither does the order in which arrays are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, cast

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.draw import generator
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import ParamSpec
from cnndsl.ops.spec import Op
from cnndsl.recipe.spec import Setting

CHUNK = 1 << 20
Fill = Callable[[Array, np.random.Generator], None]

PASSED_OVER = ("norm", "pool", "noise")
"""Kinds of layers between a weight and the activation that decides how it starts."""


def initial_state(graph: Graph, seed: int, setting: Setting, dtype: str = "float32") -> dict[str, Array]:
    """Parameters and buffers of a network, by full name.

    `setting` is the recipe's `init`. It speaks of weights; biases, scales and running statistics start as their layer
    says. Numbers are drawn in float64 and rounded to `dtype`.
    """
    state = {}
    for node in graph:
        for name, spec in node.param_names().items():
            array = np.empty(spec.shape, dtype)
            if spec.init == "weight":
                _draw(
                    array,
                    generator(seed, "init", name),
                    FILLS[setting.word](setting.attrs, spec, rectified(graph, node)),
                )
            else:
                array.fill(spec.init)
            state[name] = array
    return state


def _draw(array: Array, random: np.random.Generator, fill: Fill) -> None:
    """By chunks, so that no float64 copy of a large array is needed."""
    flat = array.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        fill(flat[start : start + CHUNK], random)


def _fan(spec: ParamSpec) -> tuple[int, int]:
    if spec.fan is None:
        raise ValueError(f"parameter {spec.name} starts as a weight, but its layer gives no fan")
    return spec.fan


def _normal(deviation: float) -> Fill:
    def fill(out: Array, random: np.random.Generator) -> None:
        out[:] = deviation * random.standard_normal(out.size)

    return fill


def he(attrs: Any, spec: ParamSpec, rectified: bool) -> Fill:
    """He and others 2015: normal, deviation sqrt(2 / fan in)."""
    return _normal(sqrt(2 / _fan(spec)[0]))


def xavier(attrs: Any, spec: ParamSpec, rectified: bool) -> Fill:
    """Glorot and Bengio 2010: uniform between -b and b, b = sqrt(6 / (fan in + fan out))."""
    bound = sqrt(6 / sum(_fan(spec)))

    def fill(out: Array, random: np.random.Generator) -> None:
        out[:] = bound * (2 * random.random(out.size) - 1)

    return fill


def auto(attrs: Any, spec: ParamSpec, rectified: bool) -> Fill:
    """He before the ReLU family, else Xavier."""
    return (he if rectified else xavier)(attrs, spec, rectified)


def normal(attrs: Any, spec: ParamSpec, rectified: bool) -> Fill:
    """Normal, of the deviation that the recipe gives."""
    return _normal(attrs.deviation)


def zeros(attrs: Any, spec: ParamSpec, rectified: bool) -> Fill:
    """All zero."""

    def fill(out: Array, random: np.random.Generator) -> None:
        out.fill(0)

    return fill


def rectified(graph: Graph, node: Node) -> bool:
    """Whether the next layer, past norms, pools and noise, is of the ReLU family on any branch."""
    waiting, seen = [node], {node.name}
    while waiting:
        for reader in graph.consumers[waiting.pop().name]:
            op = cast(Op, reader.op)
            if op.rectifier:
                return True
            if op.kind in PASSED_OVER and reader.name not in seen:
                seen.add(reader.name)
                waiting.append(reader)
    return False


FILLS: Mapping[str, Callable[[Any, ParamSpec, bool], Fill]] = {
    "auto": auto,
    "he": he,
    "xavier": xavier,
    "normal": normal,
    "zeros": zeros,
}
"""Word of the recipe to how a weight is filled: from its arguments, the weight, and whether a rectifier follows."""
