"""Every layer's record: its examples bind, its arguments survive JSON, its schema refuses nonsense."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from jsonschema import Draft202012Validator

import cnndsl
from cnndsl.arguments import attrs_schema
from cnndsl.builtin import PLUGIN
from cnndsl.ops.spec import Op

OPS = {op.keyword: op for op in PLUGIN.layers}
DEPTHS = {"GN": 8, "SHUFFLE": 8}
"""Depth of the input that a layer's examples are made for, where it is not 3."""


def nodes(example: str, depth: int) -> list[tuple[Op, object]]:
    text = example if example.startswith("INPUT") else f"INPUT 8x8x{depth}; {example}"
    return [(OPS[n.keyword], n.attrs) for n in cnndsl.loads(text).graph]


@pytest.mark.parametrize("keyword", OPS)
def test_examples_bind_and_arguments_survive_json(keyword: str) -> None:
    op = OPS[keyword]
    assert op.examples
    assert op.doc
    for example in op.examples:
        text = example.replace("3x3x3 *2 stride 2 pad 1", "3x3x3 *2 stride 1 pad 1").replace(
            "stride 2 pad 1", "stride 1"
        )
        for layer, attrs in nodes(text, DEPTHS.get(keyword, 3)):
            plain = json.loads(json.dumps(layer.dump(attrs)))
            assert layer.load(plain) == attrs


@pytest.mark.parametrize("keyword", OPS)
def test_schemas_are_schemas(keyword: str) -> None:
    Draft202012Validator.check_schema(attrs_schema(OPS[keyword].attrs))


def test_arguments_from_json_are_checked(layers: Mapping[str, Op]) -> None:
    good = {"window": [3, 3], "filters": 4, "stride": [1, 1], "pad": [0, 0, 0, 0], "dilate": [1, 1], "groups": 1}
    good |= {"fit": "exact", "bias": "filter"}
    assert layers["CONV"].load(good).filters == 4
    for change, says in [
        ({"filters": 0}, "filters must be at least 1, found 0"),
        ({"stride": [1]}, "stride needs at least 2 numbers, found 1"),
        ({"stride": [1, 0]}, r"stride\.1 must be at least 1"),
        ({"fit": "round"}, "fit must be one of exact, floor, ceil, same"),
        ({"colour": 1}, "colour"),
        ({"filters": "4"}, "filters must be a whole number"),
    ]:
        with pytest.raises(ValueError, match=says):
            layers["CONV"].load({**good, **change})


def test_parameters_and_macs_by_hand(layers: Mapping[str, Op]) -> None:
    graph = cnndsl.loads(
        "INPUT 8x8x4; CONV 3x5 *6 groups 2 pad 1 -> BN -> CONV 1x1 *2 nobias -> BN noscale -> FC 3"
    ).graph
    counts = {name: spec.shape for name, spec in graph.params.items()}
    assert counts == {
        "conv1.weight": (6, 2, 3, 5),
        "conv1.bias": (6,),
        "bn1.weight": (6,),
        "bn1.bias": (6,),
        "bn1.running_mean": (6,),
        "bn1.running_var": (6,),
        "conv2.weight": (2, 6, 1, 1),
        "bn2.running_mean": (2,),
        "bn2.running_var": (2,),
        "fc1.weight": (3, 96),
        "fc1.bias": (3,),
    }
    assert graph.parameter_count == 180 + 6 + 12 + 12 + 288 + 3
    assert graph.buffer_count == 12 + 4
    # 8x6 positions x 6 filters x 3*5*2 taps, 8x6 x 2 x 6, 96 x 3
    assert graph.macs == 48 * 6 * 30 + 48 * 2 * 6 + 96 * 3
