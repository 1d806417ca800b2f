"""How an error term comes back to a cell through the layers that read it: the cells of them that it feeds, by what
weight, and their error terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.inspection import windows
from cnndsl.inspection.passes import Kept
from cnndsl.inspection.records import Back, Cell, Grid, Term, cell_at, index, named
from cnndsl.ir.graph import Node
from cnndsl.ops.deconv import axes as deconv_axes
from cnndsl.ops.window import axes

EPS = 1e-3
"""How far a cell is moved to see which cells of the next layers it changes."""


def back(kept: Kept, reader: Node, node: Node, cell: Cell, errors: Mapping[str, Array]) -> Back:
    """What comes back to a node's cell through one layer that reads it."""
    return BACKS.get(reader.keyword, _moved)(kept, reader, node, cell, errors)


def _convolved(kept: Kept, reader: Node, node: Node, cell: Cell, errors: Mapping[str, Array]) -> Back:
    """The tutorial's equations 7 to 9: the filters that see this channel, turned by 180 degrees, over the restored maps
    of their error terms."""
    (r, c, d), a = cell, reader.attrs
    rows, columns = axes(a, kept.graph.input_types(reader)[0])
    W, error = kept.params[reader.name]["weight"], errors[reader.name][0]
    if reader.keyword == "CONV":
        each, share = len(W) // a.groups, W.shape[1]
        filters, depth = range(d // share * each, (d // share + 1) * each), d % share
    else:
        filters, depth = range(d * a.times, (d + 1) * a.times), 0
    grids: list[Grid] = []
    terms: list[Term] = []
    for k in filters:
        seen, turned = windows.over(error[k], rows, columns, r, c), W[k, depth, ::-1, ::-1]
        title = f"filter {k}{f', depth {depth}' if W.shape[1] > 1 else ''}, turned"
        grids += windows.grids(seen, f"error terms of {reader.name}, channel {k}", turned, title)
        terms += windows.terms(seen, turned, reader.name, k, pad=False)
    between = ", with zeros put in between to restore stride 1" if max(rows.stride, columns.stride) > 1 else ""
    number = "equation 9: the sum over its filters" if len(filters) > 1 else "equation 8"
    rule = f"its filters turned by 180 degrees over its error terms{between} ({number})"
    return Back(reader.name, rule, tuple(terms), tuple(grids))


def _laid(kept: Kept, reader: Node, node: Node, cell: Cell, errors: Mapping[str, Array]) -> Back:
    """Of a transposed convolution: the cells on which the filter was laid down, an ordinary window."""
    (r, c, d), a = cell, reader.attrs
    given = kept.graph.input_types(reader)[0]
    rows, columns = deconv_axes(a, given)
    W, error = kept.params[reader.name]["weight"], errors[reader.name][0]
    first = d // (given.depth // a.groups) * W.shape[1]
    grids: list[Grid] = []
    terms: list[Term] = []
    for k in range(W.shape[1]):
        seen = windows.under(error[first + k], rows, columns, r, c)
        title = f"filter of channel {d}, map {k}"
        grids += windows.grids(seen, f"error terms of {reader.name}, channel {first + k}", W[d, k], title)
        terms += windows.terms(seen, W[d, k], reader.name, first + k, pad=False)
    return Back(reader.name, "its filters over its error terms (equation 4)", tuple(terms), tuple(grids))


def _dense(kept: Kept, reader: Node, node: Node, cell: Cell, errors: Mapping[str, Array]) -> Back:
    at = int(np.ravel_multi_index(index(cell), kept.values[node.name].shape))
    weights, error = kept.params[reader.name]["weight"][:, at], errors[reader.name][0]
    terms = tuple(
        Term(float(w), float(delta), named(reader.name, (n,)))
        for n, (w, delta) in enumerate(zip(weights, error, strict=True))
    )
    return Back(reader.name, "the weights from this cell, times the error terms of the outputs", terms)


def _moved(kept: Kept, reader: Node, node: Node, cell: Cell, errors: Mapping[str, Array]) -> Back:
    """Through any layer: the cells of it that change with this one, how much, and their error terms."""
    error, terms = errors[reader.name], []
    alone = reader.op.kind == "activation"
    for place in [index(cell)] if alone else _changed(kept, reader, node, cell):
        dy = np.zeros_like(error)
        dy[place] = 1
        dxs = kept.back(reader, dy)
        weight = sum(float(dx[index(cell)]) for name, dx in zip(reader.inputs, dxs, strict=True) if name == node.name)
        if weight or alone:
            terms.append(Term(weight, float(error[place]), named(reader.name, cell_at(place))))
    usual = "the slope f'(net) times the error term behind it" + " (equation 8)" * alone
    make = RULES.get(reader.keyword)
    return Back(reader.name, make(reader) if make else usual, tuple(terms))


def _changed(kept: Kept, reader: Node, node: Node, cell: Cell) -> list[tuple[int, ...]]:
    """The places of a layer's output that may change with a cell of its input: those with another value where the cell
    is moved up or down."""
    found = np.zeros(kept.values[reader.name].shape, bool)
    for way in (EPS, -EPS):
        given = []
        for name in reader.inputs:
            x = kept.values[name].copy()
            if name == node.name:
                x[index(cell)] += way
            given.append(x)
        found |= kept.again(reader, tuple(given)) != kept.values[reader.name]
    return [tuple(map(int, place)) for place in zip(*np.nonzero(found), strict=True)]


BACKS: Mapping[str, Callable[[Kept, Node, Node, Cell, Mapping[str, Array]], Back]] = {
    "CONV": _convolved,
    "DWCONV": _convolved,
    "DECONV": _laid,
    "FC": _dense,
}

RULES: Mapping[str, Callable[[Node], str]] = {
    "POOL": lambda node: (
        "the error term goes to the largest cell of the window"
        if node.attrs.mode == "max"
        else "every cell of a window gets the same share of its error term"
    ),
    "ADD": lambda _: "handed on as it is",
    "CONCAT": lambda _: "handed on as it is",
}
"""How a layer's error terms come back, in words."""
