"""How one cell of a layer came to be: the window it saw, the weights, the products and their sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.inspection import windows
from cnndsl.inspection.passes import Kept
from cnndsl.inspection.records import Cell, Grid, Origin, Term, cell_at, index, named
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType
from cnndsl.ops.deconv import axes as deconv_axes
from cnndsl.ops.pool import axes as pool_axes
from cnndsl.ops.window import axes


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
    grids: list[Grid] = []
    terms: list[Term] = []
    for d in range(share):
        seen = windows.under(x[0, first + d], rows, columns, i, j)
        title = f"filter {k}{f', depth {d}' if share > 1 else ''}"
        grids += windows.grids(seen, _window_of(node, given, first + d), W[k, d], title)
        terms += windows.terms(seen, W[k, d], node.inputs[0], first + d, pad=True)
    bias = _bias(kept, node, cell)
    places, end = windows.letters(rows, columns), "" if bias is None else " + b"
    rule = f"y[i,j] = sum over d, m, n of w[d,m,n] * x[d, {places}]{end} (equation 4)"
    if share == 1:
        rule = f"y[i,j] = sum over m, n of w[m,n] * x[{places}]{end} (equation 1)"
    return Origin(rule, tuple(grids), tuple(terms), bias)


def _laid(kept: Kept, node: Node, cell: Cell) -> Origin:
    """A transposed convolution: the turned filter over the restored map of the input."""
    (i, j, k), a = cell, node.attrs
    given = kept.graph.input_types(node)[0]
    x, W = kept.values[node.inputs[0]], kept.params[node.name]["weight"]
    rows, columns = deconv_axes(a, given)
    share, group = given.depth // a.groups, k // W.shape[1]
    grids: list[Grid] = []
    terms: list[Term] = []
    for d in range(group * share, (group + 1) * share):
        seen, turned = windows.over(x[0, d], rows, columns, i, j), W[d, k % W.shape[1], ::-1, ::-1]
        title = f"filter of channel {d}, map {k % W.shape[1]}, turned"
        grids += windows.grids(seen, _window_of(node, given, d), turned, title)
        terms += windows.terms(seen, turned, node.inputs[0], d, pad=False)
    between = ", with zeros put in between" if max(rows.stride, columns.stride) > 1 else ""
    bias = _bias(kept, node, cell)
    rule = f"y = the filters turned by 180 degrees over the input{between}{'' if bias is None else ', + b'}"
    return Origin(rule, tuple(grids), tuple(terms), bias)


def _window_of(node: Node, given: TensorType, channel: int) -> str:
    return f"window of {node.inputs[0]}{f', channel {channel}' if given.depth > 1 else ''}"


def _bias(kept: Kept, node: Node, cell: Cell) -> float | None:
    bias = kept.params[node.name].get("bias")
    if bias is None:
        return None
    return float(bias[cell[0]]) if len(cell) == 1 else float(bias[(cell[2], cell[0], cell[1])[: bias.ndim]])


def _pooled(kept: Kept, node: Node, cell: Cell) -> Origin:
    i, j, d = cell
    rows, columns = pool_axes(node.attrs, kept.graph.input_types(node)[0])
    seen = windows.under(kept.values[node.inputs[0]][0, d], rows, columns, i, j)
    window = tuple(tuple(found.value for found in row) for row in seen)
    grid = Grid(f"window of {node.inputs[0]}, channel {d}", window)
    real = [(v, place) for row in seen for v, place in row if v is not None and place is not None]
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
    bias = _bias(kept, node, cell)
    return Origin(f"y = sum of weight * x{'' if bias is None else ' + b'}", (), tuple(terms), bias)


def _dense(kept: Kept, node: Node, cell: Cell) -> Origin:
    W, x = kept.params[node.name]["weight"][cell[0]], kept.values[node.inputs[0]]
    places = [cell_at((0, *map(int, np.unravel_index(n, x.shape[1:])))) for n in range(prod(x.shape[1:]))]
    terms = tuple(
        Term(float(w), float(v), named(node.inputs[0], place)) for w, v, place in zip(W, x.ravel(), places, strict=True)
    )
    bias = _bias(kept, node, cell)
    return Origin(f"y = sum of w * x{'' if bias is None else ' + b'}", (), terms, bias)


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
    "DECONV": _laid,
    "POOL": _pooled,
    "FC": _dense,
    "BN": _normed,
    "MUL": _multiplied,
    "SCALE": _linear,
    "SOFTMAX": _shared,
}
