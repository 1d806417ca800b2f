"""Layers that look at depth: what they refuse, what they offer instead, what they own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import cnndsl
from cnndsl.ir.types import Change, Reject, TensorType
from cnndsl.ops.groups import divisors
from cnndsl.ops.spec import Op


def refused(op: Op, attrs: Any, *inputs: TensorType) -> Reject:
    """What a layer says against these arguments on these inputs."""

    def ask() -> None:
        op.check(attrs)
        op.infer(attrs, inputs)

    with pytest.raises(Reject) as caught:
        ask()
    return caught.value


@pytest.mark.parametrize(
    ("keyword", "given", "depth", "code", "says", "offers"),
    [
        ("GN", {"groups": 5}, 12, "E306", "5 does not divide the input's depth 12", ["GN 4", "GN 6"]),
        ("GN", {"groups": 13}, 12, "E306", "13 does not divide", ["GN 12"]),
        ("GN", {"groups": 2}, 7, "E306", "2 does not divide", ["GN 1", "GN 7"]),
        ("SHUFFLE", {"groups": 4}, 6, "E306", "4 does not divide the input's depth 6", ["SHUFFLE 3"]),
        ("SHUFFLE", {"groups": 2}, 9, "E306", "2 does not divide", ["SHUFFLE 3"]),
        ("LRN", {"channels": 4}, 8, "E204", "an odd number of channels, found 4", ["LRN 3", "LRN 5"]),
        ("LRN", {"channels": 65536}, 8, "E204", "found 65536", ["LRN 65535"]),
        ("TAKE", {"start": 2, "stop": 2}, 8, "E204", "takes no channel from 2 to before 2", []),
        ("TAKE", {"start": 5, "stop": 2}, 8, "E204", "takes no channel from 5 to before 2", []),
        ("TAKE", {"start": 4, "stop": 9}, 8, "E204", "4 to 8, and its input has a depth of 8", ["TAKE 4 8"]),
    ],
)
def test_what_is_offered_was_tried(
    layers: Mapping[str, Op], keyword: str, given: dict[str, Any], depth: int, code: str, says: str, offers: list[str]
) -> None:
    op = layers[keyword]
    attrs, x = op.attrs(**given), TensorType(5, 5, depth)
    reject = refused(op, attrs, x)
    assert reject.code == code
    assert says in reject.message
    assert reject.blame in given
    changes = [h for h in reject.help if isinstance(h, Change)]
    assert [c.help for c in changes] == [f"write `{offer}`" for offer in offers]
    for change in changes:
        changed = replace(attrs, **{field: int(written) for field, written in change.arguments.items()})
        op.check(changed)
        op.infer(changed, (x,))


def test_where_there_is_less_to_offer(layers: Mapping[str, Op]) -> None:
    take, shuffle = layers["TAKE"], layers["SHUFFLE"]
    assert refused(take, take.attrs(start=8, stop=9), TensorType(5, 5, 8)).help == ()
    gn = layers["GN"]
    offered = refused(gn, gn.attrs(groups=4), TensorType.vector(6)).help
    assert [change.help for change in offered if isinstance(change, Change)] == ["write `GN 3`"]
    (only,) = refused(shuffle, shuffle.attrs(groups=2), TensorType(5, 5, 7)).help
    assert isinstance(only, str)
    assert "a depth of 7" in only


@pytest.mark.parametrize("n", [1, 2, 7, 12, 36, 97, 360])
def test_divisors(n: int) -> None:
    assert divisors(n) == [k for k in range(1, n + 1) if n % k == 0]


def test_take_of_a_map_and_of_a_vector(layers: Mapping[str, Op]) -> None:
    take = layers["TAKE"]
    assert take.infer(take.attrs(start=1, stop=4), (TensorType(5, 6, 8),)) == TensorType(5, 6, 3)
    assert take.infer(take.attrs(start=1, stop=4), (TensorType.vector(4),)) == TensorType.vector(3)


MAP, ONE, VECTOR = TensorType(4, 5, 8), TensorType(1, 1, 8), TensorType.vector(8)


@pytest.mark.parametrize(
    ("inputs", "output"),
    [
        ((MAP, MAP), MAP),
        ((MAP, ONE), MAP),
        ((ONE, MAP), MAP),
        ((VECTOR, MAP, ONE), MAP),
        ((VECTOR, ONE), ONE),
        ((ONE, VECTOR), ONE),
        ((VECTOR, VECTOR, VECTOR), VECTOR),
    ],
)
def test_one_value_a_channel_multiplies_a_map(
    layers: Mapping[str, Op], inputs: tuple[TensorType, ...], output: TensorType
) -> None:
    op = layers["MUL"]
    assert op.infer(op.attrs(), inputs) == output


@pytest.mark.parametrize(
    ("inputs", "blamed", "label"),
    [
        ((MAP, TensorType(4, 5, 1)), 1, "gives 4x5x1, the first branch 4x5x8"),
        ((MAP, TensorType(1, 5, 8)), 1, "gives 1x5x8, the first branch 4x5x8"),
        ((MAP, ONE, TensorType.vector(4)), 2, "gives 4, the first branch 4x5x8"),
        ((ONE, MAP, TensorType(3, 3, 8)), 2, "gives 3x3x8, the one before it 4x5x8"),
    ],
)
def test_products_of_unlike_sizes(
    layers: Mapping[str, Op], inputs: tuple[TensorType, ...], blamed: int, label: str
) -> None:
    op = layers["MUL"]
    reject = refused(op, op.attrs(), *inputs)
    assert (reject.code, reject.input_index, reject.label) == ("E401", blamed, label)
    assert reject.help


def test_the_places_of_complaints() -> None:
    text = "INPUT 8x8x6\nGN 4\nLRN 2\nSHUFFLE 5\nTAKE 3 9\nMUL( ID | CONV 1x1 *3 )\n"
    found = [(d.code, d.span.text) for line in range(1, 6) for d in cnndsl.check(one(text, line)) if d.span]
    assert found == [("E306", "4"), ("E204", "2"), ("E306", "5"), ("E204", "9"), ("E401", "CONV 1x1 *3")]


def one(text: str, line: int) -> str:
    """The first line and one other."""
    lines = text.split("\n")
    return f"{lines[0]}\n{lines[line]}\n"


def test_parameters_by_hand() -> None:
    graph = cnndsl.loads(
        "INPUT 4x4x6; PRELU; SCALE; GN 2; LN; LRN 3; SHUFFLE 2; TAKE 0 4; CONV 1x1 *2 nobias prelu"
    ).graph
    owned = {name: (spec.shape, spec.init) for name, spec in graph.params.items()}
    assert owned == {
        "prelu1.weight": ((6,), 0.25),
        "scale1.weight": ((6,), 1.0),
        "gn1.weight": ((6,), 1.0),
        "gn1.bias": ((6,), 0.0),
        "ln1.weight": ((6,), 1.0),
        "ln1.bias": ((6,), 0.0),
        "conv1.weight": ((2, 4, 1, 1), "weight"),
        "prelu2.weight": ((2,), 0.25),
    }
    assert [name for name, spec in graph.params.items() if spec.decays] == ["conv1.weight"]
    assert all(spec.trained for spec in graph.params.values())
    assert graph.macs == 4 * 4 * 4 * 2


def test_how_far_a_cell_reaches(layers: Mapping[str, Op]) -> None:
    gn, ln = layers["GN"], layers["LN"]
    assert gn.reach(gn.attrs(groups=2), (MAP,), MAP).extent == (4, 5)
    assert ln.reach(ln.attrs(), (MAP,), MAP).extent == (1, 1)
