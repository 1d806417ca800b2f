"""What people who come from elsewhere write, and what they are told."""

from __future__ import annotations

import pytest

import cnndsl
from cnndsl.diagnostics.fixes import applied


def only(text: str) -> cnndsl.Diagnostic:
    (d,) = cnndsl.check(f"INPUT 28x28x1\n{text}\nFC 10")
    return d


@pytest.mark.parametrize("text", ["CONV(3x3, 8)", "POOL(2)", "POOL(max, 2)", "CONV(5)"])
def test_arguments_in_parentheses(text: str) -> None:
    assert "arguments stand without parentheses" in only(text).advice[0]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("CONV 3x3 *8 stride=1 pad=1", "CONV 3x3 *8 stride 1 pad 1"),
        ("CONV 3x3 *8 stride = 1 pad =1 # a=1", "CONV 3x3 *8 stride 1 pad 1 # a=1"),
        ("CONV 3x3 *8 pad=1; POOL max 2 stride=2", "CONV 3x3 *8 pad 1; POOL max 2 stride 2"),
    ],
)
def test_equals_signs_of_a_step_go_together(text: str, meant: str) -> None:
    whole = f"INPUT 28x28x1\n{text}\nFC 10"
    found = cnndsl.check(whole)
    assert {d.code for d in found} == {"E101"}
    assert all(d.fixes[0].sure for d in found)
    edits = [edit for d in found for edit in d.fixes[0].edits]
    assert applied(whole, edits) == f"INPUT 28x28x1\n{meant}\nFC 10"


def test_an_equals_sign_without_a_value_has_a_word_of_help() -> None:
    d = only("CONV 3x3 *8 stride=")
    assert (d.code, d.fixes) == ("E101", ())
    assert "after a space" in d.help[0]


def test_an_input_without_its_depth() -> None:
    (d,) = cnndsl.check("INPUT 28x28\nFC 10")
    assert d.code == "E204"
    assert "`28x28x1`" in d.help[0]
    assert "`28x28x3`" in d.help[0]


def test_a_count_of_dwconv_is_none_of_filters() -> None:
    (help,) = only("DWCONV 3x3 *6").help
    assert "as many filters as channels come in" in help


def test_an_activation_behind_as() -> None:
    assert only("CONV 3x3 *6 as relu").help == ("for the activation, leave `as` out: `relu`",)
    assert "start a branch" in only("CONV 3x3 *6 as early").help[0]


@pytest.mark.parametrize(
    "text",
    ["CONV 3x3 *6 {}", "{}", "{}(3)", "ADD( ID | @{} )", "CONV 3x3 *6 as {}"],
)
def test_a_very_long_word_is_cut(text: str) -> None:
    found = cnndsl.check(f"INPUT 28x28x1\n{text.format('a' * 10_000)}\nFC 10")
    assert {d.code for d in found} & {"E103", "E111"}
    assert all(len(d.message) < 300 for d in found)
