"""Memory that these kernels work in, besides parameters, gradients and planned tensors: from sizes alone, before
anything is taken. Needs no NumPy."""

from __future__ import annotations

from itertools import groupby

from cnndsl.backends.vectorized.phases import is_turned, phases
from cnndsl.backends.vectorized.tiles import tiles
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import TensorType
from cnndsl.ops.axis import Axis
from cnndsl.ops.conv import Conv
from cnndsl.ops.dropout import Dropout
from cnndsl.ops.window import axes
from cnndsl.passes.fused import Fused
from cnndsl.passes.lists import INFERENCE
from cnndsl.passes.plan import wanted
from cnndsl.passes.run import run


def workspace(graph: Graph, batch: int, itemsize: int, threads: int) -> int:
    """Bytes, in training on so many threads, its validation counted: the images with samples last; the columns that
    each thread multiplies, and its sum of a gradient of filters; what dropout draws; and tensors inside fused steps."""
    convolutions = [n for n in graph if isinstance(n.attrs, Conv) and _is_matrix(n.attrs, graph.input_types(n)[0])]
    asked = wanted(graph, False)
    columns = max((_columns(n, n.attrs, graph, batch, itemsize, asked[n.name][0]) for n in convolutions), default=0)
    filters = max((p.count for n in convolutions for p in n.params if p.name == "weight"), default=0)
    dropped = [n.type.count for n in graph if isinstance(n.attrs, Dropout)]
    inside = sum(_inside(node, graph) for node in run(graph, INFERENCE) if isinstance(node.attrs, Fused))
    values = batch * (graph.input.type.count + inside) + threads * (columns + 2 * filters) + filters
    return itemsize * values + batch * (sum(dropped) + 8 * max(dropped, default=0))


def _is_matrix(a: Conv, x: TensorType) -> bool:
    """Whether a convolution is done by columns: where every group is one channel of several it is not."""
    return a.groups == 1 or a.groups < x.depth


def _columns(node: Node, a: Conv, graph: Graph, batch: int, itemsize: int, back: bool) -> int:
    """Values in the largest tile of a convolution's columns, with the cells it is made of, on the way there and on the
    way back, if there is one."""
    x, filters = graph.input_types(node)[0], node.type.depth
    rows, columns = axes(a, x)
    there = _tile(rows, columns, x.depth, batch, itemsize)
    if not back:
        return there
    if not is_turned(rows, columns, x.depth, filters):
        return 2 * there
    ways = [(above.axis, beside.axis) for above in phases(rows) for beside in phases(columns)]
    return max(there, *(_tile(*way, filters, batch, itemsize) for way in ways if way[0].window and way[1].window))


def _tile(rows: Axis, columns: Axis, depth: int, batch: int, itemsize: int) -> int:
    height = depth * rows.window * columns.window
    first = tiles(rows, columns, batch, height * itemsize)[0]
    count, samples = int(first.rows.stop), int(first.samples.stop)
    cells = ((count - 1) * rows.stride + rows.extent) * ((columns.output - 1) * columns.stride + columns.extent)
    return samples * (count * columns.output * height + depth * cells)


def _inside(node: Node, graph: Graph) -> int:
    """Values a sample of the tensors between the steps of a fused node: those that the next step does not write to."""
    steps: tuple[Node, ...] = node.attrs.nodes(graph.input_types(node)[0])
    sizes = [size for size, _ in groupby(step.type.count for step in steps)]
    return sum(sizes[:-1])
