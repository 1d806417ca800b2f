"""Context: what a kernel of a table is given besides its arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.layout import lies_in, shaped
from cnndsl.backends.protocol import Array, Layout, R, uniform
from cnndsl.backends.team import Team
from cnndsl.backends.workspace import Workspace
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType


class Scratch:
    """Memory that holds nothing after a kernel returns; see `cnndsl.backends.protocol.Memory`."""

    __slots__ = ("_dtype", "_space")

    def __init__(self, space: Workspace, dtype: np.dtype[Any]):
        self._space = space
        self._dtype = dtype

    def scratch(self, tag: str, shape: tuple[int, ...], dtype: Any = None, *, zero: bool = False) -> Array:
        array = self._space.array(tag, shape, self._dtype if dtype is None else np.dtype(dtype))
        if zero:
            array.fill(0)
        return array


class TableContext:
    """One node in one pass; see `cnndsl.backends.protocol.Context`. Backward gets the one of its forward.

    `places` are the parts of the arena planned for it: ``y``, and ``x0``, ``x1``, ... for its input gradients. What is
    not planned comes from `space`, under the node's name. `scratches` has one memory for each thread.
    """

    __slots__ = (
        "_dtype",
        "_places",
        "_space",
        "_team",
        "draw",
        "inputs",
        "layout",
        "node",
        "scratches",
        "training",
        "wanted",
    )

    def __init__(
        self,
        node: Node,
        inputs: tuple[TensorType, ...],
        wanted: tuple[bool, ...],
        space: Workspace,
        scratches: list[Workspace],
        dtype: np.dtype[Any],
        *,
        training: bool,
        draw: tuple[int, int],
        team: Team | None = None,
        layout: Layout = "rows",
        places: Mapping[str, Array] | None = None,
    ):
        self.node = node
        self.inputs = inputs
        self.wanted = wanted
        self.training = training
        self.scratches = scratches
        self.draw = draw
        self.layout = layout
        self._space = space
        self._dtype = dtype
        self._team = team or Team(1)
        self._places = places or {}

    def output(self, shape: tuple[int, ...]) -> Array:
        return self._array("y", shape)

    def gradient(self, tag: str, shape: tuple[int, ...]) -> Array:
        if tag[0] == "x" and tag[1:].isdigit():
            return self._array(tag, shape)
        return self._space.array((self.node.name, "gradient", tag), shape, self._dtype)

    def _array(self, tag: str, shape: tuple[int, ...]) -> Array:
        """A tensor, in the kernel's layout."""
        place = self._places.get(tag)
        if place is None:
            size = int(np.prod(shape))
            place = self._space.array((self.node.name, "tensor", tag), (size,), self._dtype)
        return shaped(place, shape, self.layout)

    def save(self, tag: str, shape: tuple[int, ...], dtype: Any = None, *, zero: bool = False) -> Array:
        kind = self._dtype if dtype is None else np.dtype(dtype)
        return self._space.array((self.node.name, "save", tag), shape, kind, zero=zero)

    def scratch(self, tag: str, shape: tuple[int, ...], dtype: Any = None, *, zero: bool = False) -> Array:
        return Scratch(self.scratches[0], self._dtype).scratch(tag, shape, dtype, zero=zero)

    def split(self, count: int, values: int, work: Callable[[slice, Scratch], R]) -> list[R]:
        def part(number: int, cut: slice) -> R:
            return work(cut, Scratch(self.scratches[number], self._dtype))

        return self._team.split(count, values, part)

    def uniform(self, shape: tuple[int, ...]) -> Array:
        seed, step = self.draw
        memory = self.scratches[0].array(("uniform",), shape, np.dtype(np.float64))
        return uniform(seed, step, self.node.name, shape, out=memory)

    def within(self, step: Node, inputs: tuple[TensorType, ...], layout: Layout, *, last: bool) -> TableContext:
        """The context of one step of this node. The last one's output is this node's, where it lies alike."""
        return TableContext(
            step,
            inputs,
            (False,) * len(inputs),
            self._space,
            self.scratches,
            self._dtype,
            training=self.training,
            draw=self.draw,
            team=self._team,
            layout=layout,
            places={"y": self._places["y"]} if last and layout == self.layout else {},
        )

    def is_output(self, y: Array) -> bool:
        """Whether that is in the memory planned for the output."""
        return self._is("y", y)

    def is_gradient(self, k: int, dx: Array) -> bool:
        """Whether that is in the memory planned for the gradient of input k."""
        return self._is(f"x{k}", dx)

    def _is(self, tag: str, array: Array) -> bool:
        place = self._places.get(tag)
        return (
            place is not None
            and array.__array_interface__["data"][0] == place.__array_interface__["data"][0]
            and array.nbytes <= place.nbytes
            and lies_in(array, self.layout)
        )
