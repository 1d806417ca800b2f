"""How one cell of a layer came to be: the window it saw, the weights, the products and their sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.inspection.passes import Kept
from cnndsl.ir.graph import Node
from cnndsl.ops.axis import Axis
from cnndsl.ops.pool import axes as pool_axes
from cnndsl.ops.window import axes

Cell = tuple[int, ...]
"""Row, column, channel, as sizes are written; one number for a vector."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers in rows, under a title. None stands for a cell of the pad."""

    title: str
    rows: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """weight * value, with the cell that the value is from; None for one of the pad."""

    weight: float
    value: float
    source: str | None

    @property
    def product(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Origin:
    """What a cell came from. `rule` says it in letters; where it is a sum, of `terms` and a `bias`, they add up to the
    value. `notes` say what is no sum."""

    rule: str
    grids: tuple[Grid, ...] = ()
    terms: tuple[Term, ...] = ()
    bias: float | None = None
    notes: tuple[str, ...] = ()


def named(node: str, cell: Cell) -> str:
    """conv1[0,0,1]"""
    return f"{node}[{','.join(map(str, cell))}]"


def index(cell: Cell) -> tuple[int, ...]:
    """Where a cell lies in an array 1, D, H, W or 1, N."""
    return (0, cell[0]) if len(cell) == 1 else (0, cell[2], cell[0], cell[1])


def cell_at(place: tuple[int, ...]) -> Cell:
    """The cell of a place in an array 1, D, H, W or 1, N."""
    return (place[1],) if len(place) == 2 else (place[2], place[3], place[1])


def origin(kept: Kept, node: Node, cell: Cell) -> Origin:
    """How the cell of a layer came to be."""
    return ORIGINS.get(node.keyword, _linear if node.op.kind in LINEAR else _value)(kept, node, cell)


LINEAR = ("shape", "join", "conv")
"""Kinds of layers whose cells are sums of weights times cells, as far as nothing else is said of them."""


def _convolved(kept: Kept, node: Node, cell: Cell) -> Origin:
    """The tutorial's equations 1 and 4."""
    (i, j, k), a = cell, node.attrs
    given = kept.graph.input_types(node)[0]
    x, W = kept.values[node.inputs[0]], kept.params[node.name]["weight"]
    rows, columns = axes(a, given)
    share = W.shape[1]
    first = (k // (len(W) // a.groups)) * share if node.keyword == "CONV" else k // a.times
    grids, terms = [], []
    for d in range(share):
        seen = list(_window(x[0, first + d], rows, columns, i, j))
        count = columns.window
        window = tuple(tuple(v for v, _ in seen[r * count : (r + 1) * count]) for r in range(rows.window))
        where = f", channel {first + d}" if given.depth > 1 else ""
        grids.append(Grid(f"window of {node.inputs[0]}{where}", window))
        grids.append(Grid(f"filter {k}{f', depth {d}' if share > 1 else ''}", tuple(map(tuple, W[k, d].tolist()))))
        for (value, place), weight in zip(seen, W[k, d].ravel(), strict=True):
            source = named(node.inputs[0], (*place, first + d)) if place is not None else None
            terms.append(Term(float(weight), value or 0.0, source))
    bias = kept.params[node.name].get("bias")
    shift = None if bias is None else float(bias[(k, i, j)[: bias.ndim]])
    rule = "y[i,j] = sum over d, m, n of w[d,m,n] * x[d, i*S + m, j*S + n] + b" if share > 1 else ""
    rule = rule or "y[i,j] = sum over m, n of w[m,n] * x[i*S + m, j*S + n] + b"
    return Origin(rule, tuple(grids), tuple(terms), shift)


def _window(
    x: Array, rows: Axis, columns: Axis, i: int, j: int
) -> Iterator[tuple[float | None, tuple[int, int] | None]]:
    """Values under a window with the places they have in the map; None, None in the pad."""
    for m in range(rows.window):
        for n in range(columns.window):
            row = i * rows.stride + m * rows.dilate - rows.before
            column = j * columns.stride + n * columns.dilate - columns.before
            inside = 0 <= row < rows.input and 0 <= column < columns.input
            yield (float(x[row, column]), (row, column)) if inside else (None, None)


def _pooled(kept: Kept, node: Node, cell: Cell) -> Origin:
    i, j, d = cell
    rows, columns = pool_axes(node.attrs, kept.graph.input_types(node)[0])
    seen = list(_window(kept.values[node.inputs[0]][0, d], rows, columns, i, j))
    count = columns.window
    window = tuple(tuple(v for v, _ in seen[r * count : (r + 1) * count]) for r in range(rows.window))
    grid = Grid(f"window of {node.inputs[0]}, channel {d}", window)
    real = [(v, place) for v, place in seen if v is not None and place is not None]
    if node.attrs.mode == "max":
        value, place = max(real, key=lambda found: found[0])  # the first of equal ones
        ties = sum(v == value for v, _ in real)
        note = f"the largest is {named(node.inputs[0], (*place, d))}"
        return Origin(
            "y = the largest cell of the window", (grid,), notes=(note + (", the first of several" * (ties > 1)),)
        )
    share = _shares(kept, node, cell)
    terms = tuple(Term(share, v, named(node.inputs[0], (*place, d))) for v, place in real)
    return Origin("y = the mean of the window: each cell over their number", (grid,), terms)


def _shares(kept: Kept, node: Node, cell: Cell) -> float:
    """What each cell of a mean counts."""
    found = _weights(kept, node, cell)[0]
    return float(found[np.nonzero(found)][0])


def _weights(kept: Kept, node: Node, cell: Cell) -> tuple[Array, ...]:
    """How much each cell of each input changes this one."""
    dy = np.zeros_like(kept.values[node.name])
    dy[index(cell)] = 1
    return kept.back(node, dy)


def _linear(kept: Kept, node: Node, cell: Cell) -> Origin:
    """Any layer that is linear in its inputs: the weights are the gradients."""
    terms = []
    for name, weights in zip(node.inputs, _weights(kept, node, cell), strict=True):
        x = kept.values[name]
        for place in zip(*np.nonzero(weights), strict=True):
            at = tuple(map(int, place))
            terms.append(Term(float(weights[at]), float(x[at]), named(name, cell_at(at))))
    bias = kept.params[node.name].get("bias")
    shift = None
    if bias is not None:
        shift = float(bias[cell[0]]) if len(cell) == 1 else float(bias[(cell[2], cell[0], cell[1])[: bias.ndim]])
    return Origin(
        f"y = {' + '.join(('sum of weight * x', *(['b'] if bias is not None else [])))}", (), tuple(terms), shift
    )


def _dense(kept: Kept, node: Node, cell: Cell) -> Origin:
    W, x = kept.params[node.name]["weight"][cell[0]], kept.values[node.inputs[0]]
    places = [cell_at((0, *map(int, np.unravel_index(n, x.shape[1:])))) for n in range(prod(x.shape[1:]))]
    terms = tuple(
        Term(float(w), float(v), named(node.inputs[0], place)) for w, v, place in zip(W, x.ravel(), places, strict=True)
    )
    bias = kept.params[node.name].get("bias")
    return Origin("y = sum of w * x + b", (), terms, None if bias is None else float(bias[cell[0]]))


def _normed(kept: Kept, node: Node, cell: Cell) -> Origin:
    own, d = kept.params[node.name], cell[-1]
    x = float(kept.values[node.inputs[0]][index(cell)])
    mean, var = float(own["running_mean"][d]), float(own["running_var"][d])
    scale, shift = (float(own[name][d]) if name in own else usual for name, usual in (("weight", 1.0), ("bias", 0.0)))
    notes = (
        f"x = {x:.6g}, mean = {mean:.6g}, var = {var:.6g}, eps = {node.attrs.eps:g}",
        f"n = ({x:.6g} - {mean:.6g})/sqrt({var:.6g} + {node.attrs.eps:g})",
        f"scale = {scale:.6g}, shift = {shift:.6g}",
    )
    return Origin("y = scale * (x - mean)/sqrt(var + eps) + shift, with the running statistics", notes=notes)


def _multiplied(kept: Kept, node: Node, cell: Cell) -> Origin:
    factors = []
    for name in node.inputs:
        x = kept.values[name]
        at = (0, cell[-1]) if x.ndim == 2 else index(cell if x.shape[2:] != (1, 1) else (0, 0, cell[-1]))
        factors.append(f"{named(name, cell_at(at))} = {float(x[at]):.6g}")
    return Origin("y = the product of the branches", notes=tuple(factors))


def _shared(kept: Kept, node: Node, cell: Cell) -> Origin:
    x = kept.values[node.inputs[0]]
    column = x[0] if x.ndim == 2 else x[0, :, cell[0], cell[1]]
    top, own = float(column.max()), float(x[index(cell)])
    total = float(np.exp(column - top).sum())
    notes = (
        f"x = {named(node.inputs[0], cell)} = {own:.6g}, the largest of all channels is {top:.6g}",
        f"exp({own:.6g} - {top:.6g}) = {np.exp(own - top):.6g}, and the sum of all of them is {total:.6g}",
    )
    return Origin("y = exp(x) / sum over all channels of exp(x)", notes=notes)


def _value(kept: Kept, node: Node, cell: Cell) -> Origin:
    """A layer that works on values by themselves, or on all at once: what it was given."""
    name = node.inputs[0]
    x = kept.values[name]
    notes = (
        [f"x = {named(name, cell)} = {float(x[index(cell)]):.6g}"] if x.shape == kept.values[node.name].shape else []
    )
    slope = [w[index(cell)] for w in _weights(kept, node, cell) if w.shape == x.shape]
    notes += [f"its slope there is {float(s):.6g}" for s in slope[:1]]
    return Origin(f"y = {node.keyword}(x)", notes=tuple(notes))


ORIGINS: Mapping[str, Callable[[Kept, Node, Cell], Origin]] = {
    "CONV": _convolved,
    "DWCONV": _convolved,
    "POOL": _pooled,
    "FC": _dense,
    "BN": _normed,
    "MUL": _multiplied,
    "SCALE": _linear,
    "SOFTMAX": _shared,
}
