"""The graph: read back from what was written, and broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, replace
from pathlib import Path

import pytest

import cnndsl
from cnndsl.ir.form import FormError, from_json, from_text, to_json, to_text
from cnndsl.ir.graph import Graph
from cnndsl.ir.types import TensorType
from cnndsl.ir.verify import GraphError, verify
from cnndsl.ops.spec import Op
from cnndsl.passes.run import run
from cnndsl.passes.softmax import Logits

TEXT = """INPUT 7x7x3
ADD( CONV 3x3x3 *3 stride 2 pad 1 relu | CONV 1x1 *3 stride 2 )
CONCAT( POOL max 2 | POOL mean 2 ) -> BN -> DROPOUT 0.5
FC 10 -> SOFTMAX"""


@pytest.fixture
def graph() -> Graph:
    return cnndsl.loads(TEXT).graph


def test_text_and_json_are_read_back_to_the_same_graph(layers: Mapping[str, Op], models: Path) -> None:
    networks = [cnndsl.loads(TEXT), *(cnndsl.load(p) for p in models.glob("*.cnn") if p.stem != "pattern")]
    for network in networks:
        graph, source = network.graph, network.module.source
        for again in (
            from_text(to_text(graph), layers, source),
            from_json(json.loads(json.dumps(to_json(graph))), layers, source),
        ):
            assert again == graph
            assert [n.span and (n.span.start, n.span.end) for n in again] == [
                (n.span.start, n.span.end) if n.span is not None and n.span.source is source else None for n in graph
            ]


def test_a_graph_cannot_be_changed(graph: Graph) -> None:
    with pytest.raises(FrozenInstanceError):
        graph.nodes[1].name = "x"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        graph.name = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        graph.outputs["main"] = "x"  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        graph["conv1"].attrs.filters = 3


def test_order_names_and_spans(graph: Graph) -> None:
    assert [n.name for n in graph] == [
        "input", "conv1", "relu1", "conv2", "add1", "pool1", "pool2", "concat1", "bn1", "dropout1", "fc1", "softmax1",
    ]  # fmt: skip
    assert graph["add1"].inputs == ("relu1", "conv2")
    assert graph["conv2"].span is not None
    assert graph["conv2"].span.text == "CONV 1x1 *3 stride 2"
    assert [n.name for n in graph.consumers["add1"]] == ["pool1", "pool2"]


Break = Callable[[Graph], Graph]


def changed(graph: Graph, name: str, **changes: object) -> Graph:
    nodes = tuple(replace(n, **changes) if n.name == name else n for n in graph)  # type: ignore[arg-type]
    return replace(graph, nodes=nodes)


BREAKS: dict[str, tuple[Break, str]] = {
    "type": (lambda g: changed(g, "conv1", type=TensorType(5, 5, 3)), "conv1: type is 5x5x3, but CONV gives 4x4x3"),
    "flat": (lambda g: changed(g, "fc1", type=TensorType(1, 1, 10)), "fc1: type is 1x1x10"),
    "params": (lambda g: changed(g, "conv1", params=()), "conv1: parameters are not those of CONV"),
    "dangling": (lambda g: changed(g, "bn1", inputs=("gone",)), "bn1: reads gone"),
    "itself": (lambda g: changed(g, "bn1", inputs=("bn1",)), "bn1: reads bn1"),
    "order": (lambda g: replace(g, nodes=(*g.nodes[:3], g.nodes[4], g.nodes[3], *g.nodes[5:])), "add1: reads conv2"),
    "no input": (lambda g: changed(g, "bn1", inputs=()), "bn1: has no input"),
    "twice": (lambda g: replace(g, nodes=(*g.nodes, g.nodes[-1])), "softmax1: two nodes have this name"),
    "two inputs": (lambda g: replace(g, nodes=(*g.nodes, replace(g.nodes[0], name="x"))), "x: INPUT is the first"),
    "input last": (lambda g: replace(g, nodes=g.nodes[1:]), "conv1: INPUT is the first node"),
    "attrs": (lambda g: changed(g, "conv1", attrs=g["fc1"].attrs), "conv1: CONV cannot read its arguments"),
    "rule": (lambda g: changed(g, "pool1", inputs=("fc1",)), "pool1: reads fc1"),
    "output": (lambda g: replace(g, outputs={"main": "gone"}), "output main: there is no node gone"),
    "no output": (lambda g: replace(g, outputs={}), "it has no output"),
    "empty": (lambda g: replace(g, nodes=()), "it has no nodes"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_verify_finds_what_was_broken(graph: Graph, name: str) -> None:
    assert verify(graph) is graph
    break_it, says = BREAKS[name]
    with pytest.raises(GraphError) as caught:
        verify(break_it(graph))
    assert says in str(caught.value)


def test_every_pass_is_verified(graph: Graph) -> None:
    @dataclass(frozen=True)
    class Vandal:
        name: str = "vandal"

        def apply(self, graph: Graph) -> Graph:
            return BREAKS["type"][0](graph)

    with pytest.raises(GraphError, match=r"after pass vandal: .*conv1: type is 5x5x3"):
        run(graph, [Logits(), Vandal()])


def test_logits_leaves_out_the_last_softmax(graph: Graph) -> None:
    found = run(graph, [Logits()])
    assert found.outputs == {"main": "fc1"}
    assert "softmax1" not in found.by_name
    assert found.params == graph.params
    assert run(found, [Logits()]) == found


def values(graph: Graph) -> dict[str, object]:
    return json.loads(json.dumps(to_json(graph)))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("format",), "cnndsl-graph-9", "format must be 'cnndsl-graph-1'"),
        (("nodes", 1, "layer"), "NONE", "there is no layer NONE"),
        (("nodes", 1, "arguments", "filters"), 0, "filters must be at least 1, found 0"),
        (("nodes", 1, "arguments", "filters"), 4, "type is 4x4x3, but CONV gives 4x4x4"),
        (("nodes", 1, "inputs", 0), "later", "reads later"),
        (("nodes", 1, "type"), [4, 4], "type has two numbers"),
        (("nodes", 1, "type"), [4, 4, 4, 4], r"nodes\[1\].type takes at most 3 numbers"),
        (("nodes", 1, "name"), "Conv", r"nodes\[1\].name"),
        (("nodes", 1, "surprise"), 1, r"nodes\[1\]"),
        (("outputs", "main"), "gone", "there is no node gone"),
        (("nodes",), [], "nodes"),
    ],
)
def test_json_that_is_wrong_is_refused(
    graph: Graph, layers: Mapping[str, Op], path: tuple[object, ...], value: object, says: str
) -> None:
    whole = values(graph)
    place: object = whole
    for part in path[:-1]:
        place = place[part]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]
    with pytest.raises((FormError, GraphError), match=says):
        from_json(whole, layers)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("graph network", "", "line 1: a graph begins"),
        ("conv1(input)", "conv1(input", "line 3: neither a node nor an output"),
        ('"filters": 3', '"filters": ', "line 3: the arguments are not JSON"),
        ("output main = softmax1", "output main = gone", "there is no node gone"),
    ],
)
def test_text_that_is_wrong_is_refused(graph: Graph, layers: Mapping[str, Op], old: str, new: str, says: str) -> None:
    with pytest.raises((FormError, GraphError), match=says):
        from_text(to_text(graph).replace(old, new, 1), layers)
