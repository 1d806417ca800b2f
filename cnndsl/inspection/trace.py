"""A cell's trace: how it came to be, what is done to it next, and how its error term comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cnndsl.backends.protocol import Array
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.inspection.back import back
from cnndsl.inspection.cells import origin
from cnndsl.inspection.passes import Kept
from cnndsl.inspection.records import Back, Cell, Origin, index, named
from cnndsl.ir.graph import Graph, Node
from cnndsl.lang.written import written
from cnndsl.words import nearest


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is told of a cell. `behind` are the activations that follow, with the value after each; `error` is the
    cell's error term, None where the loss is taken before it; `loss` says what loss it is of."""

    name: str
    layer: str
    size: str
    value: float
    origin: Origin
    behind: tuple[tuple[str, float], ...]
    error: float | None
    back: tuple[Back, ...]
    loss: str


def trace(kept: Kept, at: str, errors: Mapping[str, Array], loss: str) -> Trace:
    """The trace of a cell that is named ``conv1[0,0,1]``: row, column, channel from 0. `errors` are the error terms of
    the nodes that the loss comes after. Raises CnnError (E806) where there is no such cell."""
    node, cell = find(kept.graph, at)
    behind = []
    step = node
    while len(readers := kept.graph.consumers[step.name]) == 1 and readers[0].op.kind == "activation":
        step = readers[0]
        behind.append((step.keyword, float(kept.values[step.name][index(cell)])))
    known = node.name in errors
    readers_of = [r for r in _distinct(kept.graph, node) if r.name in errors]
    returned = tuple(back(kept, reader, node, cell, errors) for reader in readers_of) if known else ()
    return Trace(
        name=named(node.name, cell),
        layer=" ".join((node.keyword, *written(node.op, node.op.dump(node.attrs)))),  # type: ignore[arg-type]
        size=str(node.type),
        value=float(kept.values[node.name][index(cell)]),
        origin=origin(kept, node, cell) if node.inputs else Origin("the input"),
        behind=tuple(behind),
        error=float(errors[node.name][index(cell)]) if known else None,
        back=returned,
        loss=loss,
    )


def find(graph: Graph, at: str) -> tuple[Node, Cell]:
    """The node and the cell of ``conv1[0,0,1]``. Raises CnnError (E806)."""
    shape = re.fullmatch(r"\s*([\w.]+)\s*\[\s*(\d{1,9}(?:\s*,\s*\d{1,9})*)\s*\]\s*", at, re.ASCII)
    if shape is None:
        help = ("write it as `conv1[0,0,1]`: the layer, then row, column and channel from 0; `fc1[3]` for a vector",)
        raise CnnError(Diagnostic("E806", f"`{at[:60]}` is no cell", help=help))
    name, cell = shape[1], tuple(int(n) for n in shape[2].split(","))
    if name not in graph.by_name:
        near = nearest(name, list(graph.by_name))
        help = (f"did you mean `{near}`?" if near else "`cnndsl show FILE` lists the layers",)
        raise CnnError(Diagnostic("E806", f"there is no layer `{name}`", help=help))
    node = graph[name]
    size = (node.type.depth,) if node.type.flat else (node.type.height, node.type.width, node.type.depth)
    if len(cell) != len(size):
        form = "one number" if node.type.flat else "row, column and channel"
        message = (
            f"{name} is {node.type}: its cells have {form}, found {len(cell)} number{'s' if len(cell) > 1 else ''}"
        )
        raise CnnError(Diagnostic("E806", message))
    if any(n >= most for n, most in zip(cell, size, strict=True)):
        last = named(name, tuple(n - 1 for n in size))
        raise CnnError(
            Diagnostic(
                "E806", f"{named(name, cell)} is outside: {name} is {node.type}", help=(f"the last cell is {last}",)
            )
        )
    return node, cell


def _distinct(graph: Graph, node: Node) -> list[Node]:
    return list({reader.name: reader for reader in graph.consumers[node.name]}.values())
