"""Labels, long ways around, and the names of steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl

Found = Callable[[str], list[str]]
INPUT = "INPUT 4x4x2\n"


def names(text: str) -> list[str]:
    return [n.name for n in cnndsl.loads(text).graph]


def test_behind_the_activation_while_the_weights_are_the_layers() -> None:
    graph = cnndsl.loads(INPUT + "CONV 3x3 *8 pad 1 relu as x\nTANH\nCONCAT( ID | @x )").graph
    assert graph.nodes[-1].inputs == ("tanh1", "relu1")
    assert graph["relu1"].inputs == ("x",)
    assert {"x.weight", "x.bias"} == set(graph.params)


def test_a_branch_goes_on_from_a_label() -> None:
    graph = cnndsl.loads(INPUT + "RELU as x\nTANH\nCONCAT( ID | @x -> SIGMOID -> CONV 1x1 *3 )").graph
    assert graph["sigmoid1"].inputs == ("x",)
    assert graph.nodes[-1].inputs == ("tanh1", "conv1")


@pytest.mark.parametrize(
    "step",
    [
        "INPUT 4x4x2 as x",
        f"{INPUT}RELU as x",
        f"{INPUT}CONV 1x1 *2 relu as x",
        f"{INPUT}ADD( ID | RELU ) as x",
        f"{INPUT}[ RELU ]*2 as x",
        f"{INPUT}[ RELU ] as x",
        f"{INPUT}b() as x",
        f"{INPUT}ADD( RELU as x | ID )",
        f"{INPUT}ADD( ID as x | RELU )",
        f"{INPUT}[ RELU as x ]",
        f"{INPUT}HEAD h( RELU as x )",
    ],
)
def test_where_a_label_may_stand_to_be_seen_below(step: str, found: Found) -> None:
    block = "block b() {\n  RELU\n}\n" if "b()" in step else ""
    assert found(f"{block}{step}\nTANH\nADD( ID | @x )") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ADD( ID | @x )\nRELU as x", ["E404 2:11"]),
        ("ADD( RELU as x | @x )", []),
        ("ADD( @x | RELU as x )", ["E404 2:6"]),
        ("[ ADD( ID | @x ); RELU as x ]*2", ["E404 2:13"]),
        ("[ RELU as x ]*2\nADD( ID | @x )", ["E404 3:11"]),
        ("[ [ RELU as x ]*2\nADD( ID | @x ) ]", ["E404 3:11"]),
        ("RELU as x\n[ ADD( ID | @x ) ]*2", []),
        ("RELU as x\nblock b() {\nADD( ID | @x )\n}\nb()", ["E404 4:11"]),
        ("b()\nADD( ID | @x )\nblock b() {\nRELU as x\n}", ["E404 3:11"]),
        ("RELU as x\nRELU as x\nADD( ID | @x )", ["E405 3:9"]),
        ("ADD( RELU as x | TANH as x )\nADD( ID | @x )", ["E405 2:26"]),
        ("RELU as x\n@x", ["E406 3:1"]),
        ("RELU as x\nADD( RELU -> @x | ID )", ["E406 3:14"]),
        ("RELU as x\n[ @x -> RELU ]", ["E406 3:3"]),
        ("RELU as x\nADD( [ @x -> RELU ] | ID )", ["E406 3:8"]),
        ("RELU as x\nADD( set CONV nobias\n@x -> RELU | ID )", []),
        ("RELU as x\nTANH\nHEAD h( @x -> FC 2 )\nADD( ID | @x )", []),
    ],
)
def test_set_before_and_seen_within(text: str, expected: list[str], found: Found) -> None:
    assert found(INPUT + text) == expected


def test_what_a_step_behind_a_label_does_not_know_is_not_blamed(found: Found) -> None:
    assert found(INPUT + "CONV 3x3 *2 strid 1 as x\nRELU\nADD( ID | @x )") == ["E203 2:13"]


def test_steps_are_numbered_by_kind_in_the_order_of_the_expanded_text() -> None:
    text = INPUT + "CONV 1x1 *2 relu\nADD( CONV 1x1 *2 | CONV 1x1 *2 -> RELU )\n[ CONV 1x1 *2 ]*2\nRELU"
    assert names(text) == [
        *("input", "conv1", "relu1", "conv2", "conv3", "relu2", "add1", "conv4", "conv5", "relu3"),
    ]


def test_a_labelled_step_takes_no_number() -> None:
    assert names(INPUT + "RELU\nRELU as x\nRELU\nADD( ID | @x )") == ["input", "relu1", "x", "relu2", "add1"]


def test_in_turn_i_of_a_group_it_is_label_i() -> None:
    text = INPUT + "[ CONV 1x1 *2 relu as a ]*3"
    assert [n for n in names(text) if n[0] == "a"] == ["a", "a_2", "a_3"]


def test_each_turn_starts_from_its_own_label() -> None:
    graph = cnndsl.loads(INPUT + "[ RELU as a; TANH; ADD( ID | @a ) ]*2").graph
    assert [n.inputs for n in graph if n.keyword == "ADD"] == [("tanh1", "a"), ("tanh2", "a_2")]


def test_numbers_and_turns_are_afresh_in_each_use_of_a_block_and_in_each_head() -> None:
    text = (
        "block b() {\n  [ CONV 1x1 *2 as a ]*2\n  RELU\n  ADD( c() | ID )\n}\nblock c() {\n  RELU\n}\n"
        + INPUT
        + "b(); b(); c(); b() as x; HEAD v( RELU; b() ); HEAD w( RELU )\nRELU"
    )
    b = ["a", "a_2", "relu1", "c1.relu1", "add1"]
    assert names(text) == [
        "input",
        *(f"b1.{n}" for n in b),
        *(f"b2.{n}" for n in b),
        "c1.relu1",
        *(f"x.{n}" for n in b),
        "v.relu1",
        *(f"v.b1.{n}" for n in b),
        "w.relu1",
        "relu1",
    ]


def test_the_names_of_the_reference() -> None:
    text = (
        "block basic() {\n  CONV 1x1 *2 -> BN\n}\n" + INPUT + "basic(); basic(); HEAD value( FC 1 )\nCONV 1x1 *2 -> BN"
    )
    graph = cnndsl.loads(text).graph
    assert {"conv1.weight", "conv1.bias", "basic2.conv1.weight", "value.fc1.weight"} <= set(graph.params)
    assert {"bn1.running_mean", "basic2.bn1.running_var"} <= set(graph.params)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RELU as tanh1\nTANH", ["E214 3:1"]),
        ("RELU as a_2\n[ TANH as a ]*2", ["E214 3:3"]),
        ("b() as c1\nc()\nblock b() {\nRELU\n}\nblock c() {\nRELU\n}", ["E214 8:1"]),
    ],
)
def test_equal_names_are_an_error(text: str, expected: list[str], found: Found) -> None:
    said = [f for f in found(INPUT + text) if f[0] == "E"]
    assert said == expected


@pytest.mark.parametrize("word", ["as", "block", "set", "use", "train"])
def test_reserved_words_are_no_labels(word: str, found: Found) -> None:
    codes = [f.split()[0] for f in found(f"{INPUT}RELU as {word}\nTANH")]
    assert codes
    assert all(code[0] == "E" for code in codes)


def test_a_name_has_at_most_128_characters(found: Found) -> None:
    assert found(f"{INPUT}RELU as {'x' * 128}\nTANH\nADD( ID | @{'x' * 128} )") == []
    assert found(f"{INPUT}RELU as {'x' * 129}\nTANH")[0] == "E111 2:9"
