"""Blocks: parameters and defaults, what a use may give, what is a macro's and what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl

Found = Callable[[str], list[str]]

INCEPTION = """block inception(a, b1, b, c1, c, d) {
  CONCAT( CONV 1x1 *a relu
        | CONV 1x1 *b1 relu -> CONV 3x3 *b pad 1 relu
        | CONV 1x1 *c1 relu -> CONV 5x5 *c pad 2 relu
        | POOL max 3 stride 1 pad 1 -> CONV 1x1 *d relu )
}
INPUT 28x28x192
inception(64, 96, 128, 16, 32, 32)        # 28x28x256, 163,696 parameters
"""

RESNET18 = """set CONV nobias floor
set POOL floor
block basic(n) {
  ADD( CONV 3x3 *n pad 1 -> BN -> RELU -> CONV 3x3 *n pad 1 -> BN
     | ID )
  RELU
}
block down(n) {
  ADD( CONV 3x3 *n stride 2 pad 1 -> BN -> RELU -> CONV 3x3 *n pad 1 -> BN
     | CONV 1x1 *n stride 2 -> BN )
  RELU
}
INPUT 224x224x3
CONV 7x7 *64 stride 2 pad 3 -> BN -> RELU
POOL max 3 stride 2 pad 1
[ basic(64) ]*2
down(128) -> basic(128)
down(256) -> basic(256)
down(512) -> basic(512)
POOL mean global
FC 1000
"""

LENET5 = """INPUT 32x32x1
CONV 5x5 *6  tanh
POOL mean 2
CONV 5x5 *16 tanh
POOL mean 2
FC 120 tanh; FC 84 tanh; FC 10

train {
  data      mnist pad 2
  batch     64; epochs 10; seed 1
  optimizer sgd lr 0.05 momentum 0.9
  loss      cross_entropy
}
"""


def test_the_inception_block_of_the_reference() -> None:
    graph = cnndsl.loads(INCEPTION).graph
    assert (str(graph.output("main").type), graph.parameter_count) == ("28x28x256", 163_696)


def test_resnet18_of_the_reference() -> None:
    # what torchvision prints for resnet18: 11,689,512 parameters
    graph = cnndsl.loads(RESNET18).graph
    assert graph.parameter_count == 11_689_512
    assert str(graph["conv1"].type) == "112x112x64"
    assert {n.name.split(".")[0] for n in graph if "." in n.name} == {
        *(f"basic{i}" for i in range(1, 6)),
        *(f"down{i}" for i in range(1, 4)),
    }
    assert "basic2.conv1.weight" in graph.params


def test_lenet5_of_the_reference() -> None:
    # 156 + 2,416 + 48,120 + 10,164 + 850
    network = cnndsl.loads(LENET5)
    assert network.graph.parameter_count == 61_706
    assert (network.recipe.batch, network.recipe.seed) == (64, 1)


BLOCK = "block b(p, q=1) {\n  FC {10*p+q}\n}\nINPUT 1x1x1\n"


@pytest.mark.parametrize(
    ("use", "gives"),
    [
        ("b(2)", 21),
        ("b(2, 3)", 23),
        ("b(2, q=3)", 23),
        ("b(p=2, q=3)", 23),
        ("b(q=3, p=2)", 23),
        ("b(p=2)", 21),
        ("b({1+1}, q={6/2})", 23),
        ("b(\n  2,  # p\n  3   # q\n)", 23),
        ("b\n(2)", 21),
    ],
)
def test_values_by_place_and_by_name(use: str, gives: int) -> None:
    assert cnndsl.loads(BLOCK + use).output.count == gives


@pytest.mark.parametrize(
    ("use", "found_at"),
    [
        ("b()", "E219 5:1"),
        ("b(q=1)", "E219 5:1"),
        ("b(1, 2, 3)", "E219 5:9"),
        ("b(1, p=2)", "E219 5:6"),
        ("b(1, r=2)", "E219 5:6"),
        ("b(p=1, 2)", "E219 5:8"),
        ("b(1.5)", "E219 5:3"),
        ("b(n)", "E216 5:3"),
        ("c(1)", "E218 5:1"),
        ("b({5/2})", "E217 5:4"),
    ],
)
def test_values_that_do_not_fit(use: str, found_at: str, found: Found) -> None:
    assert found(BLOCK + use) == [found_at]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("CONV {k}x{k} *k", []),
        ("CONV 1x1 *{k}", []),
        ("CONV k *k", ["E216 2:6"]),
        ("CONV 1x1 *2 pad k", ["E206 2:13"]),
        ("CONV 1x1 *2 pad {k-1}", []),
        ("FC k", ["E216 2:4"]),
        ("FC *k", ["E208 2:4"]),
        ("[ RELU ]*k", []),
        ("[ RELU ]*{2*k}", []),
        ("DROPOUT {k-1}", []),
    ],
)
def test_bare_behind_a_star_and_in_braces_elsewhere(argument: str, expected: list[str], found: Found) -> None:
    assert found(f"block b(k) {{\n{argument}\n}}\nINPUT 4x4x1\nb(1)") == expected


def test_no_recursion(found: Found) -> None:
    assert found("block a() {\n  a()\n}\nINPUT 2x2x1\nFC 2") == ["E220 2:3"]
    assert found("block a() {\n  b()\n}\nblock b() {\n  a()\n}\nINPUT 2x2x1\na()") == ["E220 2:3"]


def test_no_block_within_a_block(found: Found) -> None:
    codes = [f.split()[0] for f in found("block a() {\n  RELU\n  block b() {\n    RELU\n  }\n}\nINPUT 2x2x1\nRELU")]
    assert "E105" in codes


def test_a_second_block_of_one_name_and_a_second_parameter(found: Found) -> None:
    assert found("block a() {\n  RELU\n}\nblock a() {\n  TANH\n}\nINPUT 2x2x1\na()") == ["E221 4:7"]
    assert found("block a(n, n) {\n  FC {n}\n}\nINPUT 2x2x1\na(1, n=2)")[0] == "E221 1:12"


def test_values_reach_into_groups_branches_and_heads() -> None:
    text = (
        "block b(n, m) {\n[ ADD( CONV 1x1 *n | CONV 1x1 *{n} ) ]*m\nHEAD h( FC {n+m} )\n}\nINPUT 2x2x1\nb(3, 2) -> RELU"
    )
    graph = cnndsl.loads(text).graph
    assert str(graph.output("h").type) == "5"
    assert [n.type.depth for n in graph if n.keyword == "CONV"] == [3, 3, 3, 3]


def test_variables_of_a_pattern_reach_into_blocks_and_their_sets() -> None:
    text = "set CONV 3x3 *N\nblock b(k) {\n  CONV -> CONV *{N+k}\n}\nINPUT 8x8x1\nb(M)"
    graph = cnndsl.loads(text, variables={"N": 4, "M": 2}).graph
    assert [n.type.depth for n in graph] == [1, 4, 6]


def test_a_block_that_nothing_uses_is_checked_once_for_itself(found: Found) -> None:
    assert found("block b(n) {\n  CONV 3x3 *n strid 2\n  RELU -> POOL max\n}\nINPUT 2x2x1\nRELU") == [
        *("E203 2:15", "E202 3:11")
    ]


def test_unused_blocks_cost_what_they_are_long() -> None:
    # written out, these would be 2**39 steps, and 81,000,000
    chain = (
        "".join(f"block b{i}() {{\n  b{i + 1}() -> b{i + 1}()\n}}\n" for i in range(39)) + "block b39() {\n  RELU\n}\n"
    )
    assert [d.code for d in cnndsl.check(chain + "INPUT 2x2x1\nRELU")] == ["W205"]
    assert [d.code for d in cnndsl.check("block b() {\n  [[ RELU ]*9000]*9000\n}\nINPUT 2x2x1\nRELU")] == ["W205"]


def test_a_file_of_blocks_only_is_valid() -> None:
    assert cnndsl.check("# nothing else\nblock b(n) {\n  CONV 3x3 *n\n}\n") == []
    assert cnndsl.check("set CONV pad 1\nblock b(n) {\n  CONV 3x3 *n\n}\n") == []


def test_a_block_has_at_most_100_parameters(found: Found) -> None:
    def block(count: int) -> str:
        return f"block b({', '.join(f'p{i}=1' for i in range(count))}) {{\n  RELU\n}}\nINPUT 2x2x1\nb()"

    assert found(block(100)) == []
    assert found(block(101)) == ["E219 1:7"]
