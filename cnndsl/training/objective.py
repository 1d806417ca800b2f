"""What of a network is trained by which loss."""

from __future__ import annotations

from cnndsl.backends.protocol import Objective
from cnndsl.ir.graph import Graph
from cnndsl.passes.run import run
from cnndsl.passes.softmax import Logits
from cnndsl.recipe.spec import MAIN, Recipe
from cnndsl.training.losses import make_loss
from cnndsl.training.optim import make_optimizer

OUTPUT = MAIN


def make_objective(recipe: Recipe) -> Objective:
    """Loss and optimizer of a recipe, for the main output."""
    loss = recipe.losses[OUTPUT]
    weights = {OUTPUT: loss.attrs.weight}
    return Objective({OUTPUT: make_loss(loss)}, make_optimizer(recipe.optimizer), weights, recipe.clip)


def trained_graph(graph: Graph, recipe: Recipe) -> Graph:
    """The network as it is trained: before `cross_entropy`, which takes logits, without its last SOFTMAX."""
    return run(graph, [Logits(OUTPUT)]) if recipe.losses[OUTPUT].word == "cross_entropy" else graph
