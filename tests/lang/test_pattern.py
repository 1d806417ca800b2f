"""Patterns: what they accept, how variables bind, and what `match` finds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import cnndsl
from cnndsl.diagnostics import CnnError
from cnndsl.lang.parse import parse
from cnndsl.lang.pattern import match
from cnndsl.ops.spec import Op
from cnndsl.source import Source

TUTORIAL = "INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K"


def matched(pattern: str, network: str, layers: Mapping[str, Op]) -> dict[str, int] | None:
    trees = [parse(Source("t", text))[0] for text in (pattern, network)]
    assert trees[0] is not None
    assert trees[1] is not None
    return match(trees[0], trees[1], layers)


def test_the_tutorials_figure(models: Path, layers: Mapping[str, Op]) -> None:
    pattern = (models / "pattern.cnn").read_text(encoding="utf-8")
    figure = (models / "figure.cnn").read_text(encoding="utf-8")
    assert matched(pattern, figure, layers) == {"N": 1, "M": 2, "K": 2}
    network = cnndsl.loads(figure)
    assert network.input.dimensions == [28, 28, 1]
    assert [n.type.depth for n in network.graph if n.keyword == "CONV"] == [3, 5]
    assert [n.keyword for n in network.graph if n.keyword in ("POOL", "FC")] == ["POOL", "POOL", "FC", "FC"]


@pytest.mark.parametrize(
    ("pattern", "network", "values"),
    [
        (TUTORIAL, "INPUT -> CONV -> POOL -> CONV -> POOL -> FC -> FC", {"N": 1, "M": 2, "K": 2}),
        (TUTORIAL, "INPUT -> [[CONV]*1 -> POOL]*2 -> [FC]*2", {"N": 1, "M": 2, "K": 2}),
        # three convolutions in a row: N=1 with the POOL left out twice comes before N=3
        (TUTORIAL, "INPUT -> CONV -> CONV -> CONV -> POOL -> FC", {"N": 1, "M": 3, "K": 1}),
        ("INPUT -> [[CONV]*N -> POOL]*M -> [FC]*K", "INPUT -> [[CONV]*3 -> POOL]*2 -> FC", {"N": 3, "M": 2, "K": 1}),
        # a variable has one value everywhere
        ("[[CONV]*N -> POOL]*M -> [FC]*N", "[[CONV]*2 -> POOL]*3 -> [FC]*2", {"N": 2, "M": 3}),
        ("[[CONV]*N -> POOL]*M -> [FC]*N", "[[CONV]*2 -> POOL]*3 -> [FC]*3", None),
        ("[[CONV]*N -> POOL]*2", "CONV -> POOL -> CONV -> CONV -> POOL", None),
        ("[[CONV]*M]*M", "[CONV]*9", {"M": 3}),
        ("[[CONV]*M]*M", "[CONV]*8", None),
        # activations, BN and DROPOUT are passed over, unless the pattern names them
        (
            TUTORIAL,
            "INPUT 8x8x1 -> CONV 3x3 *2 relu -> BN -> TANH -> DROPOUT 0.5 -> FC 3 -> RELU",
            {"N": 1, "M": 1, "K": 1},
        ),
        ("CONV -> RELU -> FC", "CONV 3x3 *2 relu; BN; FC 3", {}),
        ("CONV -> RELU -> FC", "CONV 3x3 *2 tanh; FC 3", None),
        ("CONV -> FC", "CONV 3x3 *2; SOFTMAX; FC 3", None),
        # written arguments have to agree, and a count may be a variable
        ("CONV 3x3 -> FC", "CONV 3x3 *2 pad 1; FC 3", {}),
        ("CONV 3x3 pad 0 -> FC", "CONV 3x3 *2; FC 3", {}),
        ("CONV 5x5 -> FC", "CONV 3x3 *2; FC 3", None),
        ("[CONV *N]*M -> FC", "CONV 3x3 *16; CONV 5x5 *16; FC 3", {"N": 16, "M": 2}),
        ("[CONV *N]*M -> FC", "CONV 3x3 *16; CONV 5x5 *8; FC 3", None),
        # branches
        (
            "[ADD( [CONV]*N | ID )]*M",
            "[ADD( CONV 3x3 *4 pad 1 -> BN -> RELU -> CONV 3x3 *4 pad 1 | ID ) -> RELU]*3",
            {"N": 2, "M": 3},
        ),
        ("ADD( CONV | CONV )", "ADD( CONV 3x3 *4 | ID )", None),
        ("[ADD]*M", "ADD( ID | ID ); ADD( ID | ID )", {"M": 2}),
        # an optional step that is left out leaves its variable at its smallest value
        ("[[POOL]*N]? -> FC", "FC 3", {"N": 1}),
        ("INPUT 28x28x1 -> FC", "INPUT 28x28x1; FC 3", {}),
        ("INPUT 28x28x1 -> FC", "INPUT 28x28x3; FC 3", None),
        ("INPUT -> FC", "FC 3", {}),
        ("FC", "INPUT 3x3x1; FC 3", {}),
    ],
)
def test_match(pattern: str, network: str, values: dict[str, int] | None, layers: Mapping[str, Op]) -> None:
    assert matched(pattern, network, layers) == values


def test_the_network_to_match_is_no_pattern_with_variables(layers: Mapping[str, Op]) -> None:
    with pytest.raises(CnnError, match="E210"):
        matched(TUTORIAL, TUTORIAL, layers)


def test_a_pattern_that_leaves_too_much_open_is_refused_in_time(layers: Mapping[str, Op]) -> None:
    pattern = " -> ".join(f"[CONV?]*{v}" for v in "ABCDEFGHIJ")
    with pytest.raises(CnnError, match="E806"):
        matched(pattern, "[CONV]*60", layers)


COMPLETE = "INPUT -> [[CONV 3x3 *4 pad 1]*N -> POOL max 2?]*M -> FC 10"


def test_variables_bind_and_a_size_makes_it_a_network() -> None:
    network = cnndsl.loads(COMPLETE, variables={"N": 2, "M": 2}, input=(8, 8, 1))
    keywords = [n.keyword for n in network.graph]
    assert keywords == ["INPUT", *["CONV", "CONV", "POOL"] * 2, "FC"]
    assert cnndsl.loads(COMPLETE).pattern
    assert not network.pattern
    dropped = cnndsl.loads(COMPLETE, variables={"N": 2, "M": 2}, input=(8, 8, 1), drop_optional=True)
    assert [n.keyword for n in dropped.graph] == ["INPUT", *["CONV"] * 4, "FC"]


def test_its_canonical_text_is_that_network() -> None:
    network = cnndsl.loads(COMPLETE, variables={"N": 2, "M": 2}, input=(8, 8, 1), drop_optional=True)
    again = cnndsl.loads(network.text)
    assert not again.pattern
    assert again.graph.nodes == network.graph.nodes
    assert "INPUT 8x8x1" in network.text


@pytest.mark.parametrize(
    ("text", "variables", "input"),
    [
        (COMPLETE, {"N": 1}, (8, 8, 1)),
        (COMPLETE, {"N": 1, "M": 1}, None),
        (TUTORIAL, {"N": 1, "M": 1, "K": 1}, (8, 8, 1)),
        ("INPUT 8x8x1 -> CONV 3x3 *N", {}, None),
    ],
)
def test_a_pattern_is_accepted_but_is_no_network(
    text: str, variables: dict[str, int], input: tuple[int, int, int] | None
) -> None:
    assert cnndsl.check(text, variables=variables, input=input) == []
    network = cnndsl.loads(text, variables=variables, input=input)
    with pytest.raises(CnnError) as caught:
        _ = network.graph
    assert caught.value.diagnostics[0].code == "E210"
    assert caught.value.diagnostics[0].notes


def test_a_filter_count_can_be_a_variable() -> None:
    network = cnndsl.loads("INPUT 8x8x1 -> CONV 3x3 *N -> FC 3", variables={"N": 5})
    assert network.graph["conv1"].type.dimensions == [6, 6, 5]


def test_bindings_are_checked() -> None:
    assert [d.code for d in cnndsl.check(COMPLETE, variables={"Z": 1})] == ["E211"]
    assert [d.code for d in cnndsl.check(COMPLETE, variables={"N": 0})] == ["E806"]
    assert [d.code for d in cnndsl.check("INPUT 8x8x1; FC 3", input=(7, 8, 1))] == ["E215"]
    assert cnndsl.check("INPUT 8x8x1; FC 3", input=(8, 8, 1)) == []


def test_a_bare_layer_is_a_mistake_outside_of_patterns() -> None:
    assert [d.code for d in cnndsl.check("INPUT 8x8x1 -> CONV -> FC 3")] == ["E202"]


def test_mistakes_in_a_pattern_are_found() -> None:
    assert [d.code for d in cnndsl.check("INPUT 8x8x1 -> [CONV 9x9 *3]*N -> FC 0")] == ["E302", "E204"]
