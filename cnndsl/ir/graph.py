"""Graph: the network after lowering. Nodes stand in topological order, and nothing in it can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from cnndsl.ir.types import Cost, Operation, ParamSpec, TensorType
from cnndsl.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    """One step. `inputs` are names of earlier nodes; `params` are derived from the op once, at lowering.

    A pass that rewrites nodes keeps the parameters' full names (`param_names`), so a checkpoint fits before and after.
    """

    name: str
    op: Operation
    attrs: Any
    inputs: tuple[str, ...]
    type: TensorType
    params: tuple[ParamSpec, ...] = ()
    span: Span | None = field(default=None, compare=False)

    @property
    def keyword(self) -> str:
        return self.op.keyword

    def param_names(self) -> dict[str, ParamSpec]:
        """Full name (``conv1.weight``) to spec."""
        return {p.full(self.name): p for p in self.params}


@dataclass(frozen=True)
class Graph:
    """A whole network. `outputs` maps an output's name (the main flow is ``main``) to a node's name."""

    name: str
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "outputs", MappingProxyType(dict(self.outputs)))

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        return MappingProxyType({node.name: node for node in self.nodes})

    def __getitem__(self, name: str) -> Node:
        return self.by_name[name]

    @property
    def input(self) -> Node:
        """The INPUT node: always the first."""
        return self.nodes[0]

    def output(self, name: str = "main") -> Node:
        return self[self.outputs[name]]

    def input_types(self, node: Node) -> tuple[TensorType, ...]:
        return tuple(self[name].type for name in node.inputs)

    def cost(self, node: Node) -> Cost:
        return node.op.cost(node.attrs, self.input_types(node), node.type)

    def arithmetic(self, node: Node) -> str:
        return node.op.arithmetic(node.attrs, self.input_types(node), node.type)

    @cached_property
    def params(self) -> Mapping[str, ParamSpec]:
        """Every array of the network, parameters and buffers, by full name."""
        return MappingProxyType({name: spec for node in self.nodes for name, spec in node.param_names().items()})

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes that read a node's output, in order; a node that reads it twice stands twice."""
        readers: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in node.inputs:
                readers[name].append(node)
        return MappingProxyType({name: tuple(found) for name, found in readers.items()})

    @property
    def parameter_count(self) -> int:
        """Values that are trained: biases and BN scale and shift, not running statistics."""
        return sum(p.count for p in self.params.values() if p.trained)

    @property
    def buffer_count(self) -> int:
        return sum(p.count for p in self.params.values() if not p.trained)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample through convolutions and FC."""
        return sum(self.cost(node).macs for node in self.nodes)
