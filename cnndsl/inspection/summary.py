"""The figures of a network, layer by layer: what every way to show it starts from."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.diagnostics import Diagnostic
from cnndsl.ir.field import Field, fields
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import DTYPES
from cnndsl.ops.spec import Op
from cnndsl.recipe.spec import Recipe
from cnndsl.source import Source, Span
from cnndsl.training.estimate import estimate, slots_of

FLOAT = DTYPES["float32"]


@dataclass(frozen=True, slots=True)
class Row:
    """One layer. `line` is that of the file, None where another file says it, or none; `memory` is that of its output
    for one sample and of what it owns; `fc_parameters` what a fully connected layer between the same maps would have,
    None where the layer is no convolution."""

    node: Node
    line: int | None
    arithmetic: str
    parameters: int
    buffers: int
    macs: int
    memory: int
    field: Field
    fc_parameters: int | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The layer at which a file with mistakes ends."""

    name: str
    keyword: str
    line: int | None
    diagnostic: Diagnostic

    @property
    def arithmetic(self) -> str:
        """The arithmetic that failed."""
        return self.diagnostic.notes[0] if self.diagnostic.notes else ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in float32: of one sample's `inference`, and of `training` with batches of `batch`. What is counted are
    parameters, and as many outputs of layers as live at one time by the memory plan; in training also a copy of the
    parameters, the gradients of both, and what the optimizer keeps. `peak` is what outputs and their gradients take
    of `training`. Counted from sizes alone, it is the same on every machine."""

    inference: int
    training: int
    batch: int
    peak: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A network with its figures. `memory` is None and `outputs` of the graph are empty where the file has mistakes;
    `broken` is then the layer at which it ends, if that is known. `fc_cost` is whether `fc_parameters` were asked."""

    graph: Graph
    rows: tuple[Row, ...]
    memory: Memory | None
    broken: Broken | None = None
    fc_cost: bool = False


def summarize(
    graph: Graph, source: Source, recipe: Recipe | None, *, broken: Broken | None = None, fc_cost: bool = False
) -> Summary:
    """The figures of a graph that a source describes and that is trained so; without a `recipe`, of the beginning of
    one."""
    found = fields(graph)
    rows = tuple(_row(graph, node, line(node.span, source), found[node.name]) for node in graph.nodes[1:])
    return Summary(graph, rows, None if recipe is None else memory(graph, recipe), broken, fc_cost)


def memory(graph: Graph, recipe: Recipe) -> Memory:
    found = estimate(graph, recipe.batch, slots=slots_of(recipe))
    return Memory(estimate(graph, 1, slots=0).inference, found.training, recipe.batch, found.tensors)


def line(span: Span | None, source: Source) -> int | None:
    """The line of a place in this source, from 1."""
    return span.line if span is not None and span.source is source else None


def field_text(found: Field) -> str:
    """``16 (4)``; ``7x5 (2x1)`` where height and width differ; without a jump where paths differ in it."""
    height, width = found.size
    text = str(height) if height == width else f"{height}x{width}"
    if found.jump is None:
        return f"{text} (?)"
    rows, columns = found.jump
    return f"{text} ({rows})" if rows == columns else f"{text} ({rows}x{columns})"


def _row(graph: Graph, node: Node, line: int | None, field: Field) -> Row:
    owned = sum(p.count for p in node.params)
    trained = sum(p.count for p in node.params if p.trained)
    return Row(
        node,
        line,
        graph.arithmetic(node),
        trained,
        owned - trained,
        graph.cost(node).macs,
        FLOAT * (node.type.count + owned),
        field,
        _fc_parameters(graph, node),
    )


def _fc_parameters(graph: Graph, node: Node) -> int | None:
    """(inputs + 1)*outputs, the tutorial's section 3."""
    if not isinstance(node.op, Op) or node.op.kind != "conv":
        return None
    (x,) = graph.input_types(node)
    return (x.count + 1) * node.type.count
