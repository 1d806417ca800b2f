"""Context: what a kernel of a table is given besides its arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, uniform
from cnndsl.backends.workspace import Workspace
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType


class TableContext:
    """One node in one pass; see `cnndsl.backends.protocol.Context`. Backward gets the one of its forward."""

    __slots__ = ("_draw", "_dtype", "_space", "inputs", "node", "scratches", "training", "wanted")

    def __init__(
        self,
        node: Node,
        inputs: tuple[TensorType, ...],
        wanted: tuple[bool, ...],
        space: Workspace,
        scratches: Workspace,
        dtype: np.dtype[Any],
        *,
        training: bool,
        draw: tuple[int, int],
    ):
        self.node = node
        self.inputs = inputs
        self.wanted = wanted
        self.training = training
        self.scratches = scratches
        self._space = space
        self._dtype = dtype
        self._draw = draw

    def output(self, shape: tuple[int, ...]) -> Array:
        return self._space.array((self.node.name, "y"), shape, self._dtype)

    def save(self, tag: str, shape: tuple[int, ...], dtype: Any = None, *, zero: bool = False) -> Array:
        kind = self._dtype if dtype is None else np.dtype(dtype)
        return self._space.array((self.node.name, "save", tag), shape, kind, zero=zero)

    def gradient(self, tag: str, shape: tuple[int, ...]) -> Array:
        return self._space.array((self.node.name, "gradient", tag), shape, self._dtype)

    def scratch(self, tag: str, shape: tuple[int, ...], dtype: Any = None, *, zero: bool = False) -> Array:
        array = self.scratches.array(tag, shape, self._dtype if dtype is None else np.dtype(dtype))
        if zero:
            array.fill(0)
        return array

    def uniform(self, shape: tuple[int, ...]) -> Array:
        seed, step = self._draw
        memory = self.scratches.array(("uniform",), shape, np.dtype(np.float64))
        return uniform(seed, step, self.node.name, shape, out=memory)
