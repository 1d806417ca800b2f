"""Backward is the transposed map: <A v, dy> = <v, A^T dy> for what is linear in x."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from cnndsl.ir.graph import Graph
from cnndsl.testing.build import Net
from cnndsl.testing.geometry import KINDS, fitting, outline
from cnndsl.testing.subject import Subject, batch_of, outside, random_state, through
from cnndsl.testing.trial import Section, Trial, close

TOLERANCE = 1e-12
LINEAR = ("conv", "dwconv", "deconv", "pool", "shape", "channels")


def trials(subject: Subject) -> Iterator[Trial]:
    for number, kind in enumerate(LINEAR):
        rng, left = subject.rng(number), max(1, int(40 * subject.size))
        while left:
            graph = fitting(partial(KINDS[kind][0], rng))
            if _linear(graph):
                left -= 1
                yield Trial(outline(graph), partial(_transposed, subject, graph))
    rng, left = subject.rng(99), max(1, int(40 * subject.size))
    while left:
        graph = fitting(partial(KINDS["deconv"][0], rng))
        a = graph.nodes[1].attrs
        if all(e < s for e, s in zip(a.extra, a.stride, strict=True)):  # else such a CONV gives more
            left -= 1
            yield Trial(f"{outline(graph)}, against CONV", partial(_both_ways, subject, graph))


def _linear(graph: Graph) -> bool:
    node = graph.nodes[-1]
    if node.keyword in ("LRN", "GN", "LN"):
        return False
    return getattr(node.attrs, "mode", "mean") == "mean" and getattr(node.attrs, "bias", "none") == "none"


def _transposed(subject: Subject, graph: Graph) -> float:
    rng = subject.rng(7)
    program, state = subject.program(graph), random_state(graph, rng)
    v, dy = rng.normal(size=batch_of(graph, 2)), rng.normal(size=(2, *graph.output().type.shape))
    found = through(program, state, v, {"main": dy})
    assert found.dx is not None
    forth, back = np.array((found.outputs["main"] * dy).sum()), np.array((v * found.dx).sum())
    return close("<A v, dy>", forth, back, rtol=TOLERANCE, atol=TOLERANCE)


def _both_ways(subject: Subject, graph: Graph) -> float:
    """<CONV x, y> = <x, DECONV y> with the same weights; DECONV's `extra` is what CONV's `floor` drops."""
    rng = subject.rng(8)
    a, given, made = graph.nodes[1].attrs, graph.input.type, graph.nodes[1].type
    same = {f: getattr(a, f) for f in ("window", "stride", "pad", "dilate", "groups")}
    forth, back = Net(made.height, made.width, made.depth), Net(given.height, given.width, given.depth)
    forth("CONV", filters=given.depth, fit="floor", bias="none", **same)
    back("DECONV", filters=a.filters, extra=a.extra, bias="none", **same)
    weight = rng.normal(size=(given.depth, a.filters // a.groups, *a.window))
    x, y = rng.normal(size=(2, *made.shape)), rng.normal(size=(2, *given.shape))
    there = outside(subject.program(forth.graph()), {"conv1.weight": weight}, x).outputs["main"]
    again = outside(subject.program(back.graph()), {"deconv1.weight": weight}, y).outputs["main"]
    return close(
        "<CONV x, y>", np.array((there * y).sum()), np.array((x * again).sum()), rtol=TOLERANCE, atol=TOLERANCE
    )


SECTION = Section("adjoint", "backward is the transposed map, and DECONV that of CONV: float64, to 1e-12", trials)
