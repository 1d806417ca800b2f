"""A cell's trace: how it came to be, what is done to it next, and how its error term comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.inspection.cells import Cell, Origin, Term, cell_at, index, named, origin
from cnndsl.inspection.passes import Kept
from cnndsl.ir.graph import Graph, Node
from cnndsl.lang.written import written
from cnndsl.words import nearest

EPS = 1e-3
"""How far a cell is moved to see which cells of the next layers it changes."""


@dataclass(frozen=True, slots=True)
class Back:
    """The part of a cell's error term that comes through one layer: `terms` are its weights times error terms."""

    layer: str
    rule: str
    terms: tuple[Term, ...]

    @property
    def total(self) -> float:
        return sum(term.product for term in self.terms)


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
    back = tuple(_back(kept, reader, node, cell, errors) for reader in readers_of) if known else ()
    return Trace(
        name=named(node.name, cell),
        layer=" ".join((node.keyword, *written(node.op, node.op.dump(node.attrs)))),  # type: ignore[arg-type]
        size=str(node.type),
        value=float(kept.values[node.name][index(cell)]),
        origin=origin(kept, node, cell) if node.inputs else Origin("the input"),
        behind=tuple(behind),
        error=float(errors[node.name][index(cell)]) if known else None,
        back=back,
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


def _back(kept: Kept, reader: Node, node: Node, cell: Cell, errors: Mapping[str, Array]) -> Back:
    """Through one layer: the cells of it that this one changes, how much, and their error terms."""
    error = errors[reader.name]
    terms = []
    for place in _changed(kept, reader, node, cell):
        dy = np.zeros_like(error)
        dy[place] = 1
        dxs = kept.back(reader, dy)
        weight = sum(float(dx[index(cell)]) for name, dx in zip(reader.inputs, dxs, strict=True) if name == node.name)
        if weight:
            terms.append(Term(weight, float(error[place]), named(reader.name, cell_at(place))))
    make = RULES.get(reader.keyword)
    return Back(reader.name, make(reader) if make else "the layer's slope times the error term behind it", tuple(terms))


def _changed(kept: Kept, reader: Node, node: Node, cell: Cell) -> list[tuple[int, ...]]:
    """The places of a layer's output that may change with a cell of its input: those with another gradient or value
    where the cell is moved both ways."""
    from cnndsl.backends import calls

    own, (_, ctx) = kept.params[reader.name], kept.saved[reader.name]
    found = np.zeros(kept.values[reader.name].shape, bool)
    for way in (EPS, -EPS):
        given = []
        for name in reader.inputs:
            x = kept.values[name].copy()
            if name == node.name:
                x[index(cell)] += way
            given.append(x)
        y, _, _ = calls.forward(kept.kernels[reader.keyword], reader, own, tuple(given), ctx)
        found |= np.asarray(y) != kept.values[reader.name]
    return [tuple(map(int, place)) for place in zip(*np.nonzero(found), strict=True)]


def _convolution(node: Node) -> str:
    turned = "its filters turned by 180 degrees over its error terms (equation 8)"
    return turned if set(node.attrs.stride) == {1} else f"{turned}, with zeros put in between, as at stride 1"


RULES: Mapping[str, Callable[[Node], str]] = {
    "CONV": _convolution,
    "DWCONV": _convolution,
    "DECONV": lambda _: "its filters over its error terms (equation 4)",
    "FC": lambda _: "the weights from this cell, times the error terms of the outputs",
    "POOL": lambda node: (
        "the error term goes to the largest cell of the window"
        if node.attrs.mode == "max"
        else "every cell of a window gets the same share of its error term"
    ),
    "ADD": lambda _: "handed on as it is",
    "CONCAT": lambda _: "handed on as it is",
}
"""How a layer's error terms come back, in words."""
