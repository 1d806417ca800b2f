"""SOFTMAX before cross_entropy is folded into the loss."""

from __future__ import annotations

from dataclasses import replace

from cnndsl.passes.softmax import Logits
from cnndsl.recipe.spec import Setting
from cnndsl.training.objective import make_objective, trained_graph

TWO = (("INPUT", {"size": (2, 2, 1)}), ("FC", {"units": 3}))


def test_a_last_softmax_is_left_out(net, recipe) -> None:
    graph = net(*TWO, ("SOFTMAX",))
    logits = trained_graph(graph, recipe())
    assert logits.outputs["main"] == "fc1"
    assert [node.name for node in logits] == ["input", "fc1"]
    assert list(logits.params) == list(graph.params)


def test_other_networks_are_left_alone(net, recipe) -> None:
    graph = net(*TWO)
    assert Logits().apply(graph) is graph
    early = net(*TWO, ("SOFTMAX",), ("FC", {"units": 2}))
    assert Logits().apply(early) is early
    softmax = net(*TWO, ("SOFTMAX",))
    assert trained_graph(softmax, replace(recipe(), losses={"main": Setting("another", None)})) is softmax


def test_a_softmax_that_is_an_output_too_stays(net) -> None:
    graph = net(*TWO, ("SOFTMAX",))
    both = replace(graph, outputs={"main": "softmax1", "shares": "softmax1"})
    logits = Logits().apply(both)
    assert dict(logits.outputs) == {"main": "fc1", "shares": "softmax1"}
    assert logits["softmax1"]


def test_objective(net, recipe) -> None:
    made = make_objective(recipe(optimizer="adam lr 0.1"), net(*TWO))
    assert list(made.losses) == ["main"]
    assert (made.losses["main"].name, made.optimizer.name) == ("cross_entropy", "adam")
