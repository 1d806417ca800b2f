"""What of a network is trained, by which losses."""

from __future__ import annotations

from collections.abc import Mapping

from cnndsl.backends.protocol import Array, Objective
from cnndsl.ir.graph import Graph
from cnndsl.passes.run import run
from cnndsl.passes.softmax import Logits
from cnndsl.recipe import asked
from cnndsl.recipe.heads import trained
from cnndsl.recipe.spec import MAIN, Recipe
from cnndsl.training.losses import make_loss
from cnndsl.training.optim import make_optimizer

FOLDED: Mapping[str, str] = {"cross_entropy": "SOFTMAX", "bce": "SIGMOID"}
"""Losses that take logits, and the layer in front of an output that they have in themselves."""


def make_objective(recipe: Recipe, graph: Graph, classes: Array | None = None) -> Objective:
    """Losses and optimizer of a recipe, for each output that is trained. `classes` is what each class of the leading
    output counts."""
    losses = trained(recipe, graph.outputs)
    first = leading(recipe, graph)
    made = {name: make_loss(loss, classes if name == first else None) for name, loss in losses.items()}
    weights = {name: loss.attrs.weight for name, loss in losses.items()}
    optimizer = make_optimizer(recipe.optimizer)
    return Objective(made, optimizer, weights, recipe.clip, frozen(recipe, graph), recipe.ema)


def leading(recipe: Recipe, graph: Graph) -> str:
    """The output whose accuracy is spoken of: the main one, or the first that is trained."""
    losses = trained(recipe, graph.outputs)
    return MAIN if MAIN in losses else next(iter(losses))


def frozen(recipe: Recipe, graph: Graph) -> frozenset[str]:
    """The parameters and buffers that stay as they start."""
    return asked.frozen(recipe, graph.params)


def trained_graph(graph: Graph, recipe: Recipe) -> Graph:
    """The network as it is trained: without the last SOFTMAX before a loss that takes logits, or SIGMOID before
    `bce`."""
    losses = trained(recipe, graph.outputs)
    return run(graph, [Logits(name, FOLDED[loss.word]) for name, loss in losses.items() if loss.word in FOLDED])
