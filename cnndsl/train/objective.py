"""What of a network is trained by which loss."""

from __future__ import annotations

from cnndsl.backends.protocol import Objective
from cnndsl.ir.graph import Graph
from cnndsl.recipe.spec import Recipe
from cnndsl.train.losses import make_loss
from cnndsl.train.optim import make_optimizer

OUTPUT = "main"


def make_objective(recipe: Recipe) -> Objective:
    """Loss and optimizer of a recipe, for the main output."""
    return Objective({OUTPUT: make_loss(recipe.loss)}, make_optimizer(recipe.optimizer))


def trained_graph(graph: Graph, recipe: Recipe) -> Graph:
    """The network as it is trained: before `cross_entropy`, which takes logits, without its last SOFTMAX."""
    return logits_graph(graph) if recipe.loss.word == "cross_entropy" else graph


def logits_graph(graph: Graph) -> Graph:
    """The same network with the input of its last SOFTMAX as main output; itself, if it does not end in one.

    Nodes and parameters keep their names. The SOFTMAX is left out, unless something else reads it.
    """
    last = graph.output(OUTPUT)
    if last.keyword != "SOFTMAX":
        return graph
    outputs = {**graph.outputs, OUTPUT: last.inputs[0]}
    read = graph.consumers[last.name] or last.name in outputs.values()
    nodes = graph.nodes if read else tuple(node for node in graph if node is not last)
    return Graph(graph.name, nodes, outputs)
