"""`set`: what it gives, how several merge, where it ends, what undoes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl

Found = Callable[[str], list[str]]


def convs(text: str) -> list[tuple[str, str, str, str]]:
    """Size, bias, fit and activation of every CONV, in order."""
    nodes = list(cnndsl.loads(text).graph)
    following = {n.inputs[0]: n.keyword for n in nodes if n.op.kind == "activation"}
    return [(str(n.type), n.attrs.bias, n.attrs.fit, following.get(n.name, "")) for n in nodes if n.keyword == "CONV"]


def test_it_gives_the_arguments_that_later_steps_leave_out() -> None:
    text = "INPUT 8x8x1\nCONV 1x1 *2\nset CONV 3x3 *16 pad 1 relu\nCONV\nCONV *4\nCONV 5x5\nCONV pad 0 tanh"
    assert convs(text) == [
        ("8x8x2", "filter", "exact", ""),
        ("8x8x16", "filter", "exact", "RELU"),
        ("8x8x4", "filter", "exact", "RELU"),
        ("6x6x16", "filter", "exact", "RELU"),  # (8 - 5 + 2)/1 + 1
        ("4x4x16", "filter", "exact", "TANH"),
    ]


def test_several_merge_argument_by_argument_and_the_later_wins() -> None:
    text = (
        "set CONV 1x1 *2 relu nobias\nset CONV *3 tanh\nset CONV floor\nINPUT 4x4x1\nCONV\nset CONV bias filter\nCONV"
    )
    assert convs(text) == [("4x4x3", "none", "floor", "TANH"), ("4x4x3", "filter", "floor", "TANH")]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("linear", ("4x4x2", "none", "floor", "")),
        ("exact", ("4x4x2", "none", "exact", "RELU")),
        ("bias filter", ("4x4x2", "filter", "floor", "RELU")),
        ("ceil", ("4x4x2", "none", "ceil", "RELU")),
        ("bias position", ("4x4x2", "position", "floor", "RELU")),
        ("linear exact bias filter", ("4x4x2", "filter", "exact", "")),
    ],
)
def test_words_undo_it(own: str, expected: tuple[str, str, str, str]) -> None:
    defaults = "set CONV 1x1 *2 relu floor nobias\n"
    assert convs(f"{defaults}INPUT 4x4x1\nCONV {own}") == [expected]
    assert convs(f"{defaults}set CONV {own}\nINPUT 4x4x1\nCONV") == [expected]


@pytest.mark.parametrize(
    ("inner", "inside"),
    [
        ("[ set CONV *9\n{} ]", 9),
        ("[ set CONV *9\n{} ]*2", 9),
        ("ADD( set CONV *9\n{} | CONV *9 )", 9),
        ("ADD( CONV *9 | set CONV *9\n{} )", 9),
        ("HEAD h( set CONV *9\n{} )", 9),
        ("b()", 9),
    ],
)
def test_it_ends_with_what_it_stands_in(inner: str, inside: int) -> None:
    block = "set CONV 1x1\nblock b() {\n  set CONV *9\n  CONV\n}\n"
    sizes = [size for size, *_ in convs(f"{block}set CONV *2\nINPUT 4x4x1\n{inner.format('CONV')}\nCONV")]
    assert sizes[-1] == "4x4x2"
    assert f"4x4x{inside}" in sizes


def test_the_branch_before_gives_nothing_to_the_next_one(found: Found) -> None:
    assert found("INPUT 4x4x2\nset CONV 1x1\nADD( set CONV *2\nCONV | CONV )")[0] == "E202 4:8"


def test_a_block_sees_those_above_its_definition_wherever_it_is_used() -> None:
    text = (
        "set CONV 1x1 *1\nblock a() {\n  CONV\n}\nset CONV *2\nblock b() {\n  CONV -> a()\n}\n"
        "set CONV *3\nINPUT 4x4x1\n[ set CONV *4\nb() ]\nCONV\nset CONV *5\nblock c() {\n  CONV\n}\nc() -> CONV"
    )
    assert [size for size, *_ in convs(text)] == ["4x4x2", "4x4x1", "4x4x3", "4x4x5", "4x4x5"]


def test_one_in_a_block_knows_its_parameters() -> None:
    text = (
        "block b(k, n=4) {\n  set CONV {k}x{k} *n pad {k-2}\n  CONV -> CONV *{2*n}\n}\nINPUT 6x6x1\nb(3)\nb(k=2, n=1)"
    )
    # k = 3: (6 - 3 + 2)/1 + 1; k = 2: (6 - 2)/1 + 1 = 5, then 4
    assert [size for size, *_ in convs(text)] == ["6x6x4", "6x6x8", "5x5x1", "4x4x2"]
    assert cnndsl.loads("set CONV floor\n" + text).graph.parameter_count > 0


def test_a_file_wide_word() -> None:
    # (8 - 3)/2 + 1 = 3.5
    assert str(cnndsl.loads("set CONV floor\nINPUT 8x8x1\nCONV 3x3 *2 stride 2").output) == "3x3x2"
    assert [d.code for d in cnndsl.check("INPUT 8x8x1\nCONV 3x3 *2 stride 2")] == ["E301"]


def test_other_layers_have_theirs() -> None:
    text = "set POOL max 2\nset FC 3 tanh\nset DROPOUT 0.25\nset LEAKY 0.2\nINPUT 4x4x1\nPOOL; DROPOUT; LEAKY; FC"
    graph = cnndsl.loads(text).graph
    assert [n.name for n in graph] == ["input", "pool1", "dropout1", "leaky1", "fc1", "tanh1"]
    assert graph.output("main").type.count == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set ADD 3", ["E223 2:5"]),
        ("set INPUT 3x3x1", ["E223 2:5"]),
        ("set HEAD a", ["E223 2:5"]),
        ("set ID", ["E223 2:5"]),
        ("set CONVV 3x3", ["E201 2:5"]),
        ("set CONV strid 2", ["E203 2:10"]),
        ("set CONV pad 1 pad 2", ["E205 2:16"]),
        ("set CONV *n", ["E216 2:11"]),
        ("set CONV 3x3 *2 same\nCONV pad 1 stride 2 floor", []),
        ("set CONV 3x3 *2 pad 1\nCONV same", []),
        ("set POOL max 2 stride 2\nPOOL mean global", []),
    ],
)
def test_mistakes_are_told_where_they_stand(text: str, expected: list[str], found: Found) -> None:
    assert found(f"INPUT 8x8x2\n{text}\nRELU") == expected


def test_a_step_that_a_set_does_not_complete_is_a_mistake_and_one_that_it_does_is_none(found: Found) -> None:
    assert found("set CONV 3x3\nINPUT 8x8x1\nCONV\nRELU") == ["E202 3:1"]
    assert found("set CONV 3x3 *2\nINPUT 8x8x1\nCONV\nRELU") == []


def test_a_set_completes_a_pattern() -> None:
    line = "set CONV 3x3 *4 pad 1\nset POOL max 2\nset FC 10\nINPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K"
    graph = cnndsl.loads(line, variables={"N": 1, "M": 2, "K": 1}, input=(8, 8, 1)).graph
    assert [str(n.type) for n in graph] == ["8x8x1", "8x8x4", "4x4x4", "4x4x4", "2x2x4", "10"]
