"""FUSED: several steps in a row as one node, for a backend that does them in one go.

Its meaning is that of its body: sizes, parameters, cost and receptive field are asked of the steps in it, and every
backend can run it step by step. It is no word of the language. Parameters keep the full names that they had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cnndsl.ir.field import fields
from cnndsl.ir.graph import Node
from cnndsl.ir.types import Cost, Inputs, Operation, ParamSpec, Reach, TensorType

KEYWORD = "FUSED"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a body."""

    name: str
    op: Operation
    attrs: Any


@dataclass(frozen=True, slots=True)
class Fused:
    """The arguments of a fused node: its steps, each reading the one before, the first the node's input."""

    body: tuple[Step, ...]

    def nodes(self, given: TensorType, source: str = "input") -> tuple[Node, ...]:
        """The steps as nodes, for an input of that type. Raises Reject where sizes do not fit."""
        found = []
        for step in self.body:
            inputs = (given,)
            given = step.op.infer(step.attrs, inputs)
            params = step.op.params(step.attrs, inputs)
            found.append(Node(step.name, step.op, step.attrs, (source,), given, params))
            source = step.name
        return tuple(found)


class FusedOperation:
    """The Operation of fused nodes. `layers` are those that a body can be read from when a graph is read."""

    keyword = KEYWORD
    kind = "fused"
    overwrites = False
    hands_on = ""

    def __init__(self, layers: Mapping[str, Operation]):
        self._layers = layers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FusedOperation)

    def __hash__(self) -> int:
        return hash(KEYWORD)

    def infer(self, attrs: Fused, inputs: Inputs) -> TensorType:
        (x,) = inputs
        return attrs.nodes(x)[-1].type

    def check(self, attrs: Fused) -> None:
        for step in attrs.body:
            step.op.check(step.attrs)

    def reads(self, attrs: Fused) -> str:  # noqa: ARG002 (the same for every operation)
        return "xy"

    def fills(self, attrs: Fused, inputs: Inputs) -> bool:
        return all(node.op.fills(node.attrs, given) for node, given in _with_inputs(attrs, inputs))

    def params(self, attrs: Fused, inputs: Inputs) -> tuple[ParamSpec, ...]:
        nodes = attrs.nodes(inputs[0])
        return tuple(replace(spec, owner=node.name) for node in nodes for spec in node.params)

    def cost(self, attrs: Fused, inputs: Inputs, output: TensorType) -> Cost:  # noqa: ARG002
        return Cost(sum(node.op.cost(node.attrs, given, node.type).macs for node, given in _with_inputs(attrs, inputs)))

    def arithmetic(self, attrs: Fused, inputs: Inputs, output: TensorType) -> str:  # noqa: ARG002
        said = (node.op.arithmetic(node.attrs, given, node.type) for node, given in _with_inputs(attrs, inputs))
        return "; ".join(text for text in said if text)

    def reach(self, attrs: Fused, inputs: Inputs, output: TensorType) -> Reach:  # noqa: ARG002
        (x,) = inputs
        nodes = attrs.nodes(x)
        start = Node("input", nodes[0].op, None, (), x)
        seen = fields((start, *nodes))[nodes[-1].name]
        assert seen.jump is not None  # one path
        return Reach(seen.size, seen.jump)

    def dump(self, attrs: Fused) -> dict[str, Any]:
        """The steps as plain JSON values."""
        body = [{"name": s.name, "layer": s.op.keyword, "arguments": s.op.dump(s.attrs)} for s in attrs.body]
        return {"body": body}

    def load(self, values: Mapping[str, Any]) -> Fused:
        """The steps from plain JSON values. Raises ValueError."""
        body = values.get("body")
        if not isinstance(body, list) or not body or set(values) != {"body"}:
            raise ValueError("body: a list of steps is needed")
        return Fused(tuple(self._step(item) for item in body))

    def _step(self, item: Any) -> Step:
        if not isinstance(item, Mapping) or set(item) != {"name", "layer", "arguments"}:
            raise ValueError("body: a step has a name, a layer and arguments")
        if item["layer"] not in self._layers:
            raise ValueError(f"body: there is no layer {item['layer']}")
        op = self._layers[item["layer"]]
        return Step(str(item["name"]), op, op.load(item["arguments"]))


def _with_inputs(attrs: Fused, inputs: Inputs) -> list[tuple[Node, Inputs]]:
    """The body's nodes, each with the type of what it reads."""
    nodes = attrs.nodes(inputs[0])
    before = (inputs[0], *(node.type for node in nodes))
    return [(node, (given,)) for node, given in zip(nodes, before, strict=False)]


def readable(layers: Mapping[str, Operation]) -> Mapping[str, Operation]:
    """The layers, and the fused one made of them: what a written graph is read with after passes."""
    return {**layers, KEYWORD: FusedOperation(layers)}
