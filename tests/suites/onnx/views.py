"""How arrays of ONNX are seen as samples of ours, and seen as ONNX's again.

Operators of one node that work along an axis choose which one is depth; all others take arrays as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from onnx import NodeProto, helper

Shape = tuple[int, ...]


class NotOurs(Exception):  # noqa: N818 - what it says
    """Our layers do not compute that. Says what it does."""


def plain(shape: Shape) -> Shape:
    """The shape of ours that an array is seen in."""
    if len(shape) < 2:
        return (1, max(1, prod(shape)))
    if len(shape) == 2:
        return shape
    if len(shape) == 3:
        return (*shape[:2], 1, shape[2])
    return (*shape[:3], prod(shape[3:]))


@dataclass
class View:
    """`feed` makes our array of an input, `back(i)` gives what makes output i of ours; `size` is what an operator of
    shapes is told."""

    feed: Callable[[str, Any], Any]
    back: Callable[[int], Callable[[Any], Any]]
    size: Shape = ()


def _as_it_is(name: str, x: Any) -> Any:
    return x.reshape(plain(x.shape))


def view(nodes: Sequence[NodeProto], shapes: Mapping[str, Shape], constants: Mapping[str, Any]) -> View:
    """The view of a model's inputs of these shapes. Raises NotOurs."""
    node = nodes[0]
    a = {x.name: helper.get_attribute_value(x) for x in node.attribute}
    if len(nodes) > 1 and node.op_type == "Unsqueeze" and a.get("axes") == [3]:
        return View(lambda _, x: x[..., None], lambda _: lambda y: y)
    if len(nodes) > 1 or node.op_type not in VIEWS:
        return View(_as_it_is, lambda _: lambda y: y)
    return VIEWS[node.op_type](node, a, [shapes[name] for name in node.input if name in shapes], constants)


def _axis_as_depth(axis: int, rank: int) -> View:
    """One sample; the axis is its depth, and the others its rows and columns."""
    axis %= rank

    def feed(name: str, x: Any) -> Any:
        moved = np.moveaxis(x, axis, 0)
        return moved.reshape(1, len(moved), -1, 1) if rank > 1 else x.reshape(1, -1)

    return View(feed, lambda _: lambda y: (y, axis))


def _last_axes(axis: int, shape: Shape) -> View:
    """All axes from that one on as a vector, the ones before it as samples."""
    axis = axis % len(shape) if axis < len(shape) else axis
    return View(lambda _, x: x.reshape(prod(shape[:axis]), -1), lambda _: lambda y: y)


def _concat(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    return _axis_as_depth(a["axis"], len(shapes[0]))


def _mul(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    """A vector multiplies along the last axis, which is depth then."""
    if len(shapes) == 2 and len(shapes[0]) > 1 and shapes[1] == shapes[0][-1:]:
        seen = _axis_as_depth(-1, len(shapes[0]))
        return View(lambda name, x: seen.feed(name, x) if x.ndim > 1 else x.reshape(1, -1, 1, 1), seen.back)
    return View(_as_it_is, lambda _: lambda y: y)


def _reduce(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    """The axes that are left are the depth of one sample, the others its rows and columns."""
    rank = len(shapes[0])
    named = constants[node.input[1]].tolist() if len(node.input) > 1 and node.input[1] else []
    over = sorted(axis % rank for axis in named) or list(range(rank))
    left = [axis for axis in range(rank) if axis not in over]

    def feed(name: str, x: Any) -> Any:
        depth, height, width = (prod(shapes[0][axis] for axis in axes) for axes in (left, over[:1], over[1:]))
        return x.transpose(*left, *over).reshape(1, depth, height, width)

    return View(feed, lambda _: lambda y: y)


def _transpose(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    return View(lambda _, x: x.reshape(1, -1), lambda _: lambda y: y, size=shapes[0])


def _split(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    return _axis_as_depth(a.get("axis", 0), len(shapes[0]))


def _softmax(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    rank = len(shapes[0])
    axis = a.get("axis", -1) % rank

    def feed(name: str, x: Any) -> Any:
        return np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])

    def back(y: Any) -> Any:
        moved = [n for i, n in enumerate(shapes[0]) if i != axis] + [shapes[0][axis]]
        return np.moveaxis(y.reshape(moved), -1, axis)

    return View(feed, lambda _: back)


def _layer_norm(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    return _last_axes(a.get("axis", -1), shapes[0])


def _flatten(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    axis = a.get("axis", 1)
    axis = axis if axis >= 0 else len(shapes[0]) + axis
    rest = ([1] * 3 + list(shapes[0][axis:]))[-3:] if len(shapes[0]) - axis <= 3 else [*shapes[0][axis : axis + 2], -1]

    def feed(name: str, x: Any) -> Any:
        return x.reshape(prod(shapes[0][:axis]), *rest)

    return View(feed, lambda _: lambda y: y)


def _prelu(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    slopes = constants[node.input[1]].shape
    if prod(slopes) == prod(shapes[0]):
        return View(lambda _, x: x.reshape(1, -1), lambda _: lambda y: y)
    if len(slopes) == 1 and slopes[0] > 1 and shapes[0][-1] == slopes[0]:
        return _last_axes(-1, shapes[0])
    if (
        prod(slopes) == 1
        or slopes == shapes[0][1:2]
        or (len(slopes) == len(shapes[0]) - 1 and slopes[0] == prod(slopes) == shapes[0][1])
    ):
        return View(_as_it_is, lambda _: lambda y: y)
    raise NotOurs("has slopes along another axis than depth")


def _shape_of(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    """Reshape, Squeeze, Unsqueeze: the same numbers in another shape, as one sample of at most three axes."""
    if node.op_type == "Reshape":
        asked = [int(n) for n in constants[node.input[1]]]
        if a.get("allowzero"):
            raise NotOurs("has an array without values")
        asked = [shapes[0][i] if n == 0 else n for i, n in enumerate(asked)]
    else:
        asked = list(shapes[0])
    known = -prod(asked) if -1 in asked else 0
    asked = [prod(shapes[0]) // known if n == -1 else n for n in asked]
    three = ([1] * 3 + asked)[-3:] if len(asked) <= 3 else [*asked[:2], prod(asked[2:])]

    def feed(name: str, x: Any) -> Any:
        return x.reshape(1, -1) if len(x.shape) < 2 else x.reshape(1, x.shape[0], x.shape[1], -1)

    return View(feed, lambda _: lambda y: y, size=(three[1], three[2], three[0]))


def _gemm(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    return View(lambda _, x: x.T if a.get("transA") else x, lambda _: lambda y: y)


def _matmul(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    if constants[node.input[1]].ndim > 2:
        raise NotOurs("multiplies by another matrix for every sample")
    return _last_axes(-1, shapes[0])


def _slice(node: NodeProto, a: dict[str, Any], shapes: list[Shape], constants: Mapping[str, Any]) -> View:
    given = [constants[name].tolist() if name else None for name in node.input[1:]]
    starts, stops = given[0], given[1]
    axes = given[2] if len(given) > 2 and given[2] is not None else list(range(len(starts)))
    steps = given[3] if len(given) > 3 and given[3] is not None else [1] * len(starts)
    cut = []
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        size = shapes[0][axis]
        found = slice(start, stop, step).indices(size)
        if found != (0, size, 1):
            cut.append((axis, found))
    if len(cut) != 1 or cut[0][1][2] != 1:
        raise NotOurs("cuts along several axes, or skips")
    axis, (start, stop, _) = cut[0]
    if start >= stop:
        raise NotOurs("has an array without values")
    seen = _axis_as_depth(axis, len(shapes[0]))
    return View(seen.feed, seen.back, size=(start, stop))


VIEWS: Mapping[str, Callable[[NodeProto, dict[str, Any], list[Shape], Mapping[str, Any]], View]] = {
    "Concat": _concat,
    "Flatten": _flatten,
    "Gemm": _gemm,
    "LayerNormalization": _layer_norm,
    "MatMul": _matmul,
    "Mul": _mul,
    "PRelu": _prelu,
    "ReduceMax": _reduce,
    "ReduceMean": _reduce,
    "Reshape": _shape_of,
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Squeeze": _shape_of,
    "Transpose": _transpose,
    "Unsqueeze": _shape_of,
}
