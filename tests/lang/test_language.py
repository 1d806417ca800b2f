"""The language, sentence by sentence: what is expected comes from the reference, and is worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnndsl


def names(text: str, **more: object) -> list[str]:
    return [n.name for n in cnndsl.loads(text, **more).graph]  # type: ignore[arg-type]


def sizes(text: str) -> list[str]:
    return [str(n.type) for n in cnndsl.loads(text).graph]


def codes(text: str) -> list[str]:
    return [d.code for d in cnndsl.check(text) if d.severity == "error"]


# ---- blocks and expressions

PAIR = "block pair(n, k=3) {\n  CONV {k}x{k} *n same\n  RELU\n}\n"


def test_a_block_is_written_out_with_weights_of_its_own_at_every_use() -> None:
    graph = cnndsl.loads(PAIR + "INPUT 8x8x2\npair(4) -> pair(4, k=5) -> pair(k=1, n=3)").graph
    assert [n.name for n in graph] == [
        *("input", "pair1.conv1", "pair1.relu1", "pair2.conv1", "pair2.relu1", "pair3.conv1", "pair3.relu1")
    ]
    assert {name: spec.shape for name, spec in graph.params.items() if name.endswith("weight")} == {
        "pair1.conv1.weight": (4, 2, 3, 3),
        "pair2.conv1.weight": (4, 4, 5, 5),
        "pair3.conv1.weight": (3, 4, 1, 1),
    }


def test_blocks_use_blocks_and_pass_parameters_on() -> None:
    text = PAIR + "block twice(m) {\n  pair(m) -> pair({2*m})\n}\nINPUT 8x8x1\ntwice(3)\nFC 2"
    assert names(text) == [
        *("input", "twice1.pair1.conv1", "twice1.pair1.relu1", "twice1.pair2.conv1", "twice1.pair2.relu1", "fc1")
    ]
    assert sizes(text)[-2] == "8x8x6"


def test_a_block_may_be_defined_below_its_use() -> None:
    assert codes("INPUT 8x8x1\npair(4)\n" + PAIR) == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2*3+4", 10),
        ("2+3*4", 14),
        ("(2+3)*4", 20),
        ("10-2-3", 5),
        ("8/2/2", 2),
        ("-3+5", 2),
        ("7-(2-1)", 6),
        (" 9 ", 9),
    ],
)
def test_expressions_are_arithmetic_on_whole_numbers(expression: str, value: int) -> None:
    assert sizes(f"INPUT 2x2x1\nFC {{{expression}}}")[-1] == str(value)


def test_expressions_stand_in_any_argument() -> None:
    text = "block b(k, s) {\n  CONV {k}x{k+1}x3 *{2*k} stride {s}x{s+1} pad 0x0x1x{k-2} floor\n}\nINPUT 9x10x3\nb(3, 1)"
    # (9 - 3 + 0 + 1)/1 + 1 = 8, (10 - 4 + 0 + 1)/2 + 1 = 4.5
    assert sizes(text)[-1] == "8x4x6"


def test_a_pattern_variable_may_stand_in_expressions_and_in_values() -> None:
    text = PAIR + "INPUT 8x8x1\n[ pair(N) ]*M -> FC {2*N}"
    assert cnndsl.loads(text).pattern
    network = cnndsl.loads(text, variables={"N": 4, "M": 2})
    assert network.output.count == 8
    assert cnndsl.loads(network.text).graph.parameter_count == network.graph.parameter_count


# ---- set


def test_set_gives_what_steps_leave_out_and_merges_argument_by_argument() -> None:
    text = "set CONV 3x3 *16 pad 1 relu\nset CONV *8\nINPUT 9x9x1\nCONV; CONV *4; CONV 1x1 pad 0 linear"
    assert names(text) == ["input", "conv1", "relu1", "conv2", "relu2", "conv3"]
    assert sizes(text)[1::2] == ["9x9x8", "9x9x4", "9x9x8"]


@pytest.mark.parametrize(
    "inner", ["[ set CONV *2\nCONV ]", "ADD( set CONV *2\nCONV | ID )", "HEAD h( set CONV *2\nCONV )"]
)
def test_set_ends_with_what_it_stands_in(inner: str) -> None:
    text = f"set CONV 1x1 *2\nINPUT 4x4x2\nset CONV *2\n{inner}\nset CONV *5\nCONV"
    assert cnndsl.loads(text).output.depth == 5
    ended = f"set CONV 1x1 *5\nINPUT 4x4x2\n{inner}\nCONV"
    assert cnndsl.loads(ended).output.depth == 5


def test_words_undo_a_set() -> None:
    graph = cnndsl.loads("set CONV 1x1 *2 relu nobias floor\nINPUT 4x4x2\nCONV\nCONV linear bias filter exact").graph
    assert [n.name for n in graph] == ["input", "conv1", "relu1", "conv2"]
    assert (graph["conv1"].attrs.bias, graph["conv2"].attrs.bias) == ("none", "filter")
    assert (graph["conv1"].attrs.fit, graph["conv2"].attrs.fit) == ("floor", "exact")


def test_a_block_sees_the_sets_above_its_definition_never_those_of_its_user() -> None:
    block = "set CONV nobias\nblock b() {\n  CONV 1x1 *2\n}\n"
    text = block + "set CONV relu\nINPUT 4x4x2\nset CONV bias position\nb()\nCONV 1x1 *2"
    graph = cnndsl.loads(text).graph
    assert [n.name for n in graph] == ["input", "b1.conv1", "conv1", "relu1"]
    assert (graph["b1.conv1"].attrs.bias, graph["conv1"].attrs.bias) == ("none", "position")


def test_what_a_step_says_goes_before_a_set_that_contradicts_it() -> None:
    text = "set POOL max 3 stride 2 floor\nset CONV same\nINPUT 9x9x1\nCONV 3x3 *2 pad 0\nPOOL\nPOOL mean global"
    assert sizes(text) == ["9x9x1", "7x7x2", "3x3x2", "1x1x2"]


# ---- labels


def test_a_label_is_behind_the_activation_and_names_the_parameters() -> None:
    graph = cnndsl.loads("INPUT 4x4x2\nCONV 1x1 *2 relu as x\nCONV 1x1 *2\nADD( ID | @x )").graph
    assert [n.name for n in graph] == ["input", "x", "relu1", "conv1", "add1"]
    assert graph["add1"].inputs == ("conv1", "relu1")
    assert "x.weight" in graph.params


def test_a_label_in_a_group_is_numbered_from_the_second_turn() -> None:
    text = "INPUT 4x4x2\n[ CONV 1x1 *2 as a; RELU; ADD( ID | @a ) ]*3"
    graph = cnndsl.loads(text).graph
    assert [n.name for n in graph if n.keyword == "CONV"] == ["a", "a_2", "a_3"]
    assert [n.inputs for n in graph if n.keyword == "ADD"] == [("relu1", "a"), ("relu2", "a_2"), ("relu3", "a_3")]


def test_labels_stand_on_groups_joins_and_uses_of_blocks() -> None:
    text = PAIR + "INPUT 4x4x2\npair(2) as p\n[ RELU -> TANH ] as g\nADD( ID | @p ) as s\nCONCAT( @g | @s | @p )"
    graph = cnndsl.loads(text).graph
    assert graph.nodes[-1].inputs == ("tanh1", "s", "p.relu1")
    assert "p.conv1.weight" in graph.params


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[ RELU as a ]*2\nADD( ID | @a )", ["E404"]),
        ("[ RELU as a ]\nADD( ID | @a )", []),
        ("RELU as a\n[ ADD( ID | @a ) ]*2", []),
        ("ADD( RELU as a | ID )\nADD( ID | @a )", []),
        ("block b() {\n  RELU as a\n}\nb()\nADD( ID | @a )", ["E404"]),
        ("RELU as a\nRELU as a\nADD( ID | @a )", ["E405"]),
        ("RELU as a\nADD( ID | RELU -> @a )", ["E406"]),
    ],
)
def test_where_a_label_is_seen(text: str, expected: list[str]) -> None:
    blocks, _, rest = text.rpartition("}\n")
    assert codes(f"{blocks}}}\nINPUT 4x4x2\n{rest}" if blocks else f"INPUT 4x4x2\n{text}") == expected


# ---- heads


def test_a_head_is_a_side_output_and_the_main_flow_goes_on_before_it() -> None:
    graph = cnndsl.loads("INPUT 4x4x2\nCONV 1x1 *3\nHEAD value( FC 5 -> FC 1 tanh )\nFC 7").graph
    assert dict(graph.outputs) == {"main": "fc1", "value": "value.tanh1"}
    assert [n.name for n in graph] == ["input", "conv1", "value.fc1", "value.fc2", "value.tanh1", "fc1"]
    assert graph["fc1"].inputs == ("conv1",)


def test_a_head_as_the_last_step_leaves_no_main_output() -> None:
    graph = cnndsl.loads("INPUT 4x4x2\nHEAD a( FC 2 )\nHEAD b( FC 3 )").graph
    assert {name: str(graph.output(name).type) for name in graph.outputs} == {"a": "2", "b": "3"}


# ---- use


def test_use_brings_blocks_and_what_that_file_uses_in_turn(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "outer.cnn").write_text('use "inner.cnn"\nblock outer(n) {\n  inner(n) -> inner(n)\n}\n')
    (tmp_path / "lib" / "inner.cnn").write_text("set CONV 3x3 same\nblock inner(n) {\n  CONV *n relu\n}\nFC 3\n")
    net = tmp_path / "net.cnn"
    net.write_text('use "lib/outer.cnn"\nuse "lib/inner.cnn"\nINPUT 8x8x1\nouter(4)\ninner(2)\nFC 10\n')
    graph = cnndsl.load(net).graph
    assert [n.name for n in graph if n.params] == ["outer1.inner1.conv1", "outer1.inner2.conv1", "inner1.conv1", "fc1"]
    assert cnndsl.check(net.read_text(), base=tmp_path) == []
    assert cnndsl.loads(cnndsl.load(net).text).graph.parameter_count == graph.parameter_count


def test_use_stays_in_its_folder_and_goes_in_no_circle(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.cnn").write_text("block s() {\n  RELU\n}\n")
    (inside / "link.cnn").symlink_to(tmp_path / "secret.cnn")
    (inside / "a.cnn").write_text('use "b.cnn"\n')
    (inside / "b.cnn").write_text('use "a.cnn"\n')
    (inside / "folder.cnn").mkdir()
    for name in ("../secret.cnn", "link.cnn", "a.cnn", "folder.cnn", "none.cnn", "", str(tmp_path / "secret.cnn")):
        said = cnndsl.check(f'use "{name}"\nINPUT 2x2x1\nFC 2', base=inside)
        assert [d.code for d in said] == ["E222"], name
        assert said[0].span is not None


def test_a_mistake_in_a_used_file_is_told_there(tmp_path: Path) -> None:
    (tmp_path / "blocks.cnn").write_text("block b() {\n  CONVV 3x3 *2\n}\n")
    (d,) = cnndsl.check('use "blocks.cnn"\nINPUT 8x8x1\nb()\nFC 2', base=tmp_path)
    assert d.span is not None
    assert (d.code, d.span.source.name, d.span.line) == ("E201", "blocks.cnn", 2)


# ---- separators, sizes, limits


@pytest.mark.parametrize(
    "text",
    [
        "INPUT 8x8x1\nCONV 3x3 *2\n  -> RELU\n  -> FC 2",
        "INPUT 8x8x1 -> # first\n # then\n CONV 3x3 *2;;; FC 2",
        "INPUT 8x8x1\nADD( CONV 3x3 *1 pad 1\n   -> RELU\n   | ID\n)\nFC 2",
        "INPUT 8x8x1\nADD\n( RELU | ID )\nFC 2\ntrain\n{ batch 3 }",
        PAIR.replace("(n, k=3) {", "(\n  n,   # filters\n  k=3\n)\n{") + "INPUT 8x8x1\npair(\n  2,\n  k=3\n)\nFC 2",
    ],
)
def test_line_ends_and_arrows(text: str) -> None:
    assert codes(text) == []


def test_a_network_too_large_is_refused_before_it_is_written_out() -> None:
    doubling = "".join(f"block b{i}() {{\n  b{i - 1}() -> b{i - 1}()\n}}\n" for i in range(1, 40))
    assert codes("block b0() {\n  RELU\n}\n" + doubling + "INPUT 2x2x1\nb39()") == ["E110"]
    chain = "".join(f"block c{i}() {{\n  c{i + 1}()\n}}\n" for i in range(200)) + "block c200() {\n  RELU\n}\n"
    assert codes(chain + "INPUT 2x2x1\nc0()") == ["E108"]
    assert codes("INPUT 2x2x1\n[ RELU ]*9999") == []


def test_three_independent_mistakes_give_three_messages() -> None:
    text = "block b(n) {\n  CONV 3x3 *n strid 2\n}\nINPUT 28x28x1\nb(4)\nPOOL maks 2\nset FC relu\nFCC 10"
    assert [f"{d.code} {d.span.line}" for d in cnndsl.check(text) if d.span] == ["E203 2", "E203 6", "E201 8"]
