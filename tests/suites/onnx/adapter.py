"""Our graph of an ONNX model: what its operators compute, said by our layers.

An array of ONNX is seen as samples, depth, height, width: rank 4 as it is, rank 3 as maps of one row, more than 4 with
the last axes as one, rank 2 as vectors, less as one vector. An operator that works along an axis sees it as depth
(`views`). Inputs that an operator uses as weights become parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

from cnndsl.ir.graph import Graph
from cnndsl.ir.types import Reject
from cnndsl.testing.build import Net

from .operators import OPERATORS, Operator
from .views import NotOurs, View, view

WEIGHTS: Mapping[str, Sequence[int]] = {
    "BatchNormalization": (1, 2, 3, 4),
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Clip": (1, 2),
    "Dropout": (1, 2),
    "Gemm": (1, 2),
    "GroupNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "LayerNormalization": (1, 2),
    "MatMul": (1,),
    "PRelu": (1,),
    "Pad": (1, 2, 3),
    "ReduceMax": (1,),
    "ReduceMean": (1,),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Squeeze": (1,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
}
"""Inputs of an operator that are no data: weights, sizes, axes."""


@dataclass(frozen=True)
class Adapted:
    """A graph, its arrays, the one input, and what makes each of the model's outputs from ours (None for those that our
    layers do not give)."""

    graph: Graph
    state: dict[str, Any]
    x: Any
    backs: list[tuple[str, Callable[[Any], Any]] | None]

    def run(self, backend: Any, options: Any) -> list[Any]:
        """The model's outputs on a backend."""
        found = backend.compile(self.graph, options).forward(self.state, self.x).outputs
        return [None if back is None else back[1](found[back[0]]) for back in self.backs]


def adapt(model: ModelProto, feeds: Sequence[Any], dtype: Any) -> Adapted:
    """The graph of a model for inputs of these shapes. Raises NotOurs where our layers do not compute that."""
    constants = {init.name: numpy_helper.to_array(init) for init in model.graph.initializer}
    names = [i.name for i in model.graph.input if i.name not in constants]
    if any(isinstance(array, list) for array in feeds):
        raise NotOurs("works on a sequence, and we on arrays")
    given = {name: np.asarray(array) for name, array in zip(names, feeds, strict=False) if array is not None}
    nodes = [node for node in model.graph.node if node.op_type != "Constant"]
    for node in model.graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(attributes(node)["value"])
    for node in [n for n in nodes if n.op_type == "Transpose" and n.input[0] in constants]:
        constants[node.output[0]] = constants[node.input[0]].transpose(attributes(node).get("perm"))
        nodes.remove(node)
    data = [
        name
        for node in nodes
        for at, name in enumerate(node.input)
        if name in given and at not in WEIGHTS.get(node.op_type, ())
    ]
    data = list(dict.fromkeys(data))
    constants.update({name: array for name, array in given.items() if name not in data})
    for name in data:
        if given[name].dtype.kind != "f" or given[name].dtype.itemsize < 4:
            raise NotOurs(f"works on {given[name].dtype}, and we compute in float32 and float64")
    if not data:
        raise NotOurs("has no input that is data")
    seen = view(nodes, {name: given[name].shape for name in data}, constants)
    xs = [seen.feed(name, given[name]).astype(dtype) for name in data]
    if any(x.size == 0 for x in xs):
        raise NotOurs("has an array without values")
    try:
        return Graphs(nodes, constants, seen, dtype).build(data, xs, [o.name for o in model.graph.output])
    except Reject as error:
        raise NotOurs(f"is refused: {error.code} {error.message}") from error


def attributes(node: NodeProto) -> dict[str, Any]:
    found = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}


class Graphs:
    """Adds the layers of each operator behind one another."""

    def __init__(self, nodes: list[NodeProto], constants: dict[str, Any], seen: View, dtype: Any):
        self.nodes, self.constants, self.seen, self.dtype = nodes, constants, seen, dtype
        self.state: dict[str, Any] = {}
        self.at: dict[str, str] = {}

    def build(self, data: list[str], xs: list[Any], outputs: list[str]) -> Adapted:
        if len({len(x) for x in xs}) > 1:
            raise NotOurs("joins arrays of unlike sizes")
        if len(xs) == 1 and xs[0].ndim == 4:
            depth, height, width = xs[0].shape[1:]
            self.net = Net(height, width, depth)
            self.at[data[0]] = "input"
            x = xs[0]
        else:
            x = np.concatenate([x.reshape(len(x), -1) for x in xs], axis=1)[:, :, None, None]
            self.net = Net(1, 1, x.shape[1])
            self.net("FLATTEN")
            start = 0
            for name, array in zip(data, xs, strict=True):
                stop = start + array[0].size
                part = self.net("TAKE", "flatten1", start=start, stop=stop)
                start = stop
                if array.ndim == 4:
                    part = self.net("RESHAPE", part, size=(*array.shape[2:], array.shape[1]))
                self.at[name] = part
        for node in self.nodes:
            self._operator(node)
        ours = {f"o{i}": self.at[name] for i, name in enumerate(outputs) if name in self.at}
        backs = [(f"o{i}", self.seen.back(i)) if name in self.at else None for i, name in enumerate(outputs)]
        return Adapted(self.net.graph(**ours), self.state, x, backs)

    def _operator(self, node: NodeProto) -> None:
        make = OPERATORS.get(node.op_type)
        if make is None:
            raise NotOurs(f"{node.op_type} is no layer of ours")
        inputs = [self.at.get(name, "") for name in node.input]
        weights = [self.constants.get(name) for name in node.input]
        found = make(self, Operator(node, attributes(node), inputs, weights))
        for name, layer in zip(node.output, [found] if isinstance(found, str) else found, strict=False):
            self.at[name] = layer

    @property
    def size(self) -> tuple[int, ...]:
        return self.seen.size

    def layer(self, keyword: str, *inputs: str, arrays: Mapping[str, Any] | None = None, **attrs: Any) -> str:
        name = self.net(keyword, *inputs, **attrs)
        shapes = {spec.name: spec.shape for spec in self.net.nodes[name].params}
        for key, array in (arrays or {}).items():
            if array is not None:
                self.state[f"{name}.{key}"] = np.asarray(array, self.dtype).reshape(shapes[key])
        return name

    def type(self, name: str) -> Any:
        return self.net.nodes[name].type
