"""Which layer gave the first number that is not finite."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array, Backend, Options, State, Step
from cnndsl.ir.graph import Graph


def first_bad(backend: Backend, graph: Graph, options: Options, state: State, x: Array, step: int, done: Step) -> str:
    """What was not finite in a step that changed nothing, in words: the first layer on the way forward, with what it
    gave; or the loss; or, going backward from it, the first layer whose gradient was.

    The batch is run again with every layer's output kept, on the same backend.
    """
    every = Graph(graph.name, graph.nodes, {node.name: node.name for node in graph})
    with np.errstate(all="ignore"):
        outputs = backend.compile(every, options).forward(state, x, training=True, step=step).outputs
    for node in graph:
        found = outputs[node.name]
        if not np.isfinite(found).all():
            return f"{node.name} ({node.keyword}) gives {_shown(found)}, so that the loss is {done.loss}"
    if not np.isfinite(done.loss):
        return f"the loss is {done.loss}, while every layer's output is finite"
    owners = {name: node for node in graph for name in node.param_names()}
    last = [name for name, norm in done.norms.items() if not np.isfinite(norm)][-1]
    return f"the gradient by {last} of {owners[last].name} ({owners[last].keyword}) is not finite"


def _shown(found: Array) -> str:
    """The first number of an array that is not finite."""
    flat = found.reshape(-1)
    return str(flat[np.argmin(np.isfinite(flat))])
