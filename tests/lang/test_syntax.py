"""What parses, what does not, and that a mistake costs one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

import cnndsl
from cnndsl.diagnostics import CnnError
from cnndsl.lang import ast
from cnndsl.lang.lower import lower
from cnndsl.lang.parse import LARGEST_SOURCE, parse, read_source
from cnndsl.ops.spec import Op
from cnndsl.source import Source

Found = Callable[[str], list[str]]


def tree(text: str) -> ast.Module:
    module, found = parse(Source("t.cnn", text))
    assert not found
    assert module is not None
    return module


def shape(text: str) -> list[object]:
    """The steps of a text without places: keywords, lists for groups, tuples for branches."""

    def of(step: ast.Step | ast.Train) -> object:
        match step:
            case ast.Layer():
                inner = step.keyword + ("?" if step.optional else "")
                return inner if step.branches is None else (inner, *([of(s) for s in b] for b in step.branches))
            case ast.Group():
                count = step.times.count if step.times else None
                return [[of(s) for s in step.steps], count]
            case ast.Train():
                return "train"
        return "bad"

    return [of(item) for item in tree(text).items]


@pytest.mark.parametrize(
    "text",
    [
        "CONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10",
        "INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K",
        "INPUT -> [[CONV]*1 -> POOL]*2 -> [FC]*2",
        "INPUT -> CONV -> POOL -> CONV -> POOL -> FC -> FC",
    ],
)
def test_the_lines_that_must_parse_word_for_word(text: str, layers: Mapping[str, Op]) -> None:
    assert not [d for d in lower(tree(text), layers).diagnostics if d.severity == "error"]


def test_the_three_separators_say_the_same() -> None:
    assert shape("RELU\nTANH") == shape("RELU; TANH") == shape("RELU -> TANH") == ["RELU", "TANH"]


@pytest.mark.parametrize(
    "text",
    [
        "RELU # a -> b\nTANH",
        "RELU\n-> TANH",
        "RELU ->\nTANH",
        "RELU ;; \n\n # comment ( [ {\n ; -> # and ->\n TANH ; ",
        "\n\n# first\nRELU\r\nTANH\r\n# last",
        "RELU;\tTANH",
    ],
)
def test_a_run_of_separators_is_one(text: str) -> None:
    assert shape(text) == ["RELU", "TANH"]


def test_groups_and_branches_nest() -> None:
    text = "[ [ RELU ]*2 -> POOL? ]*3\nADD\n# why\n( ID\n | [ TANH\n ADD( ID | RELU ) ]\n)"
    assert shape(text) == [
        [[[["RELU"], 2], "POOL?"], 3],
        ("ADD", ["ID"], [[["TANH", ("ADD", ["ID"], ["RELU"])], None]]),
    ]


def test_train_may_have_its_brace_on_the_next_line() -> None:
    module = tree("FC 3\ntrain\n{ batch 3; seed 4\n  loss cross_entropy }\nRELU")
    assert [type(item).__name__ for item in module.items] == ["Layer", "Train", "Layer"]
    entries = module.trains[0].entries
    assert [e.key.text for e in entries if isinstance(e, ast.Entry)] == ["batch", "seed", "loss"]


def test_numbers_and_sizes() -> None:
    (step,) = tree('AB 3x3x3 *2 *N -1 0.05 1e-4 "x y" word').steps
    assert isinstance(step, ast.Layer)
    values = [
        (type(a).__name__, getattr(a, "numbers", getattr(a, "count", getattr(a, "value", getattr(a, "text", None)))))
        for a in step.args
        if not (isinstance(a, ast.Times) and isinstance(a.count, ast.Expression))
    ]
    (variable,) = ast.expressions(step)
    assert isinstance(variable.root, ast.Name)
    assert (variable.root.text, variable.root.is_variable) == ("N", True)
    assert values == [
        ("Size", (3, 3, 3)),
        ("Times", 2),
        ("Number", -1),
        ("Number", 0.05),
        ("Number", 1e-4),
        ("Text", "x y"),
        ("Word", "word"),
    ]


def test_a_keyword_is_no_prefix() -> None:
    (step,) = tree("AB training trainer").steps
    assert isinstance(step, ast.Layer)
    assert [a.text for a in step.args if isinstance(a, ast.Word)] == ["training", "trainer"]


def test_one_leading_byte_order_mark_is_dropped() -> None:
    assert read_source("t", b"\xef\xbb\xbfFC 3").text == "FC 3"
    assert cnndsl.loads("\ufeffINPUT 2x2x1; FC 3").output.dimensions == [3]


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"\xff\xfeF\x00C\x00", "UTF-16"), (b"INPUT 2x2x1\nFC \xe9", "byte 0xe9 at offset 15")],
)
def test_other_encodings_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(CnnError, match=says) as caught:
        read_source("t.cnn", data)
    assert caught.value.diagnostics[0].code == "E102"


INPUT = "INPUT 28x28x1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["E114 1:1"]),
        ("# only\n  # comments\n", ["E114 1:1"]),
        ("CONVV 3x3 *4", ["E201 2:1"]),
        ("CONV 3x3 *", ["E104 2:11"]),
        ("CONV 3x3 * relu", ["E216 2:12"]),
        ("CONV 3x3x *4", ["E103 2:6"]),
        ("Conv 3x3 *4", ["E103 2:1"]),
        ("conv 3x3 *4", ["E103 2:1"]),
        ("CONV 3\u00d73 *4", ["E101 2:7"]),
        ("CONV\u00a03x3 *4", ["E101 2:5"]),
        ("\uff23ONV 3x3 *4", ["E101 2:1"]),
        ("CONV 3x3 *\u0661", ["E101 2:11"]),
        ("FC 3 # \u202e", ["E113 2:8"]),
        ("FC 3\x00", ["E113 2:5"]),
        ("FC 3\rRELU", ["E113 2:5"]),
        ("FC 123456789012", ["E111 2:4"]),
        ("FC " + "9" * 5000, ["E111 2:4"]),
        ("A" * 129 + " 3", ["E111 2:1", "E201 2:1"]),
        ("[ RELU", ["E105 2:1"]),
        ("[ RELU ]*", ["E104 2:10"]),
        ("[ ]", ["E114 2:3"]),
        ("ADD( RELU | )", ["E114 2:13"]),
        ("ADD( | RELU )", ["E114 2:6"]),
        ("RELU )", ["E106 2:6"]),
        ("RELU | TANH", ["E106 2:6"]),
        ("RELU -> -> TANH", ["E107 2:9"]),
        ("RELU ->", ["E107 2:6"]),
        ("[ -> RELU ]", ["E107 2:3"]),
        ("RELU TANH", ["E104 2:6"]),
        ("CONV 3x3 *8 set", ["E115 2:13"]),
        ("3x3", ["E104 2:1"]),
        ("N", ["E104 2:1"]),
        ("RELU; ( RELU )", ["E104 2:7"]),
        ('FC 3\ntrain { data idx "x }', ["E112 3:18"]),
        ("FC 3\ntrain { batch 3", ["E105 3:7"]),
        ("FC 3\ntrain { batch 3 4x }", ["E103 3:17"]),
        ("FC 3\ntrain { CONV 3 }", ["E502 3:9"]),
        ("FC 3 -> train { }", ["E104 2:9"]),
    ],
)
def test_one_mistake_makes_one_message(text: str, expected: list[str], found: Found) -> None:
    assert found(INPUT + text if text and not text.startswith("#") else text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # three mistakes, three messages; the steps between them are read
        ("CONV 3x3 *\nPOOL max $\nFC 0\nRELU", ["E104 2:11", "E101 3:10", "E204 4:4"]),
        # inside of branches and groups reading resumes at the next separator, at the same depth
        (
            "ADD( CONV 3x3 * -> BN foo\n | ID -> 7 )\nFC 0",
            ["E104 2:17", "E203 2:23", "E104 3:10", "E204 4:4"],
        ),
        (
            "[ CONV 3x3 *; POOL mx 2; [ FC 0 ]*2; BNN ]*2\nFC 10 x",
            ["E104 2:13", "E203 2:20", "E204 2:31", "E201 2:38", "E203 3:7"],
        ),
        # a bracket that is closed by the wrong partner
        ("ADD( [ CONV 3x3 *1 pad 1 | ID )\nFC 0", ["E105 2:6", "E204 3:4"]),
        # a bracket never closed: what stands in it is still read, and so is the train block behind it
        ("[ FC 0\nRELU\ntrain { batch 0 }", ["E105 2:1", "E204 2:6", "E504 4:15"]),
        # junk that has brackets of its own
        ("FC 3 { [ ( 4 ) ] }\nFC 0", ["E116 2:8", "E204 3:4"]),
        # a missing separator: both steps are read
        ("CONV 3x3 *4 POOL max 0\nFC 0", ["E104 2:13", "E204 2:22", "E204 3:4"]),
        ("FC 3\ntrain { epochs 0; 4; lr 3; seed 1 2 }", ["E504 3:16", "E104 3:19", "E502 3:22", "E505 3:35"]),
    ],
)
def test_independent_mistakes_are_all_found(text: str, expected: list[str], found: Found) -> None:
    assert found(INPUT + text) == expected


def test_what_follows_from_a_mistake_is_not_reported(found: Found) -> None:
    # the size behind the bad CONV is unknown: the FILTER depth, the pool and the join after it are not blamed
    text = "CONV 3x3 *8 stride 0\nCONV 3x3x5 *4\nPOOL max 999\nADD( ID | CONV 3x3 *7 )\nFC 3"
    assert found(INPUT + text) == ["E204 2:20"]


def test_a_repeated_step_is_blamed_once(found: Found) -> None:
    assert found(INPUT + "[ CONV 3x3 *4 foo\n POOL max 0 ]*5") == ["E203 2:15", "E204 3:11"]
    assert found(INPUT + "[ POOL max 2 ]*5") == ["E301 2:12"]  # 28, 14, 7: 3.5


def test_nesting_is_counted_before_it_hurts(found: Found) -> None:
    assert found("INPUT 2x2x1\n" + "[" * 50 + "RELU" + "]" * 50) == []
    assert found("INPUT 2x2x1\n" + "[" * 51 + "RELU" + "]" * 51) == ["E108 2:51"]
    assert found("[" * 10_000) == ["E108 1:51"]


def test_layers_are_counted_before_they_are_written_out(found: Found) -> None:
    assert found("INPUT 2x2x1\n[ RELU ]*1000000000") == ["E110 2:1"]
    assert found("INPUT 2x2x1\n[[[[ RELU ]*1000]*1000]*1000]*1000") == ["E110 2:1"]
    assert found("INPUT 2x2x1\n[ RELU ]*9999") == []
    assert found("INPUT 2x2x1\n" + "RELU;" * 20_000) == ["E110 2:50000"]


def test_a_source_has_at_most_one_mebibyte(found: Found) -> None:
    assert found("#" * (LARGEST_SOURCE + 1)) == ["E109 1:1"]
    assert found("INPUT 2x2x1 #" + "x" * (LARGEST_SOURCE - 13)) == []


def test_columns_count_code_points(found: Found) -> None:
    assert found("INPUT 2x2x1 # \U0001f600\u00e9\nFC 1; FC 0 # \u00e9") == ["E204 2:10"]
    (diagnostic,) = cnndsl.check("INPUT 2x2x1\nFC 1; FC 00")
    assert diagnostic.span is not None
    assert (diagnostic.span.column, diagnostic.span.end_column) == (10, 12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FC 10 ) $\nFC 0", ["E106 2:7", "E204 3:4"]),
        ("FC 3\ntrain { batch 3 -> seed 0; epochs 0 }", ["E104 3:17", "E504 3:35"]),
        ("FC 3\ntrain { -> batch 0 }", ["E104 3:9", "E504 3:18"]),
        ("RELU )\n] ; FC 0", ["E106 2:6", "E106 3:1", "E204 3:8"]),
    ],
)
def test_strays_are_said_once(text: str, expected: list[str], found: Found) -> None:
    assert found(INPUT + text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "help"),
    [
        # habits from other systems: one message each, and a way on
        ("POOL(max, 2)", ["E103 2:6"], "without parentheses"),
        ("CONV 5x5, 6", ["E101 2:9"], "separated by spaces"),
        ("CONV 5x5 *6 stride=2", ["E101 2:19"], "after a space"),
        ("// a comment", ["E101 2:1"], "`#`"),
        ("Conv2D(32, kernel_size=3)", ["E103 2:1"], "`CONV`"),
        ("Dense(10)", ["E103 2:1"], "`FC`"),
        ("CONV 6 5x5", ["E205 2:8"], "`*16`"),
        ("FC 10 softmax", ["E203 2:7"], "`-> SOFTMAX`"),
        ("CONV 3x3 *8 pad same", ["E206 2:13"], "leave `pad` out"),
        ("[ RELU ] x3", ["E104 2:10"], "`]*3`"),
        ("[ RELU ] 3", ["E104 2:10"], "`]*3`"),
        ("ADD( RELU , ID )", ["E101 2:11"], "branches by `|`"),
        ("ADD( RELU\n ID )", ["E403 2:1"], "put `|` between"),
        ("ADD( CONV 3x3 *8 pad 1 | ID\nRELU\nFC 10", ["E105 2:4"], "add `)`"),
        ("FC 10\ntrain\n data digits\n batch 4", ["E104 3:6"], ""),
        ("FC 10\ntrain { lr 0.1 }", ["E502 3:9"], "`optimizer sgd lr"),
    ],
)
def test_habits_of_others(text: str, expected: list[str], help: str, found: Found) -> None:
    assert found(INPUT + text) == expected
    assert help in " ".join(cnndsl.check(INPUT + text)[0].advice)


def test_a_bad_first_step_does_not_displace_the_input(found: Found) -> None:
    assert found("// lenet\nINPUT 8x8x1\nFC 0") == ["E101 1:1", "E204 3:4"]
