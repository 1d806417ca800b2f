"""Heads: side outputs, and what becomes of the main flow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl

Found = Callable[[str], list[str]]
INPUT = "INPUT 4x4x2\n"


def outputs(text: str, **more: bool) -> dict[str, str]:
    graph = cnndsl.loads(INPUT + text, **more).graph  # type: ignore[arg-type]
    return {name: str(graph.output(name).type) for name in graph.outputs}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HEAD value( CONV 1x1 *1 -> FC 1 tanh )\nFC 7", {"main": "7", "value": "1"}),
        ("FC 5\nHEAD a( FC 1 )\nHEAD b( FC 2 )", {"a": "1", "b": "2"}),
        ("HEAD a( FC 1 )\nRELU", {"main": "4x4x2", "a": "1"}),
        ("HEAD a( HEAD b( FC 2 ) -> FC 1 )\nFC 3", {"main": "3", "a": "1", "b": "2"}),
        ("RELU as x\nTANH\nHEAD a( @x -> FC 2 )\nFC 3", {"main": "3", "a": "2"}),
        ("ADD( RELU -> HEAD a( FC 2 ) | ID )\nFC 3", {"main": "3", "a": "2"}),
        ("[ RELU; HEAD a( FC 2 ) ]\nFC 3", {"main": "3", "a": "2"}),
        ("HEAD a( ID )\nFC 3", {"main": "3", "a": "4x4x2"}),
    ],
)
def test_side_outputs(text: str, expected: dict[str, str]) -> None:
    assert outputs(text) == expected


@pytest.mark.parametrize(
    "end",
    ["HEAD a( FC 2 )", "HEAD a( FC 2 )\nset FC nobias", "[ HEAD a( FC 2 ) ]", "b()", "[ RELU; b() ] as x"],
)
def test_a_last_step_that_is_a_head_written_out_leaves_no_main_output(end: str) -> None:
    text = f"RELU\n{end}\nblock b() {{\n  HEAD a( FC 2 )\n}}"
    assert outputs(text) == {"a": "2"}


def test_a_head_that_was_left_out_is_not_the_last_step() -> None:
    assert outputs("FC 3\nHEAD a( FC 2 )?", drop_optional=True) == {"main": "3"}


def test_the_main_flow_goes_on_from_before_it() -> None:
    graph = cnndsl.loads(INPUT + "RELU\nHEAD a( FC 2 )\nHEAD b( FC 3 )\nTANH").graph
    assert (graph["a.fc1"].inputs, graph["b.fc1"].inputs, graph["tanh1"].inputs) == (("relu1",),) * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HEAD main( FC 2 )\nRELU", ["E407 2:6"]),
        ("HEAD a( FC 2 )\nHEAD a( FC 2 )\nRELU", ["E407 3:6"]),
        ("[ HEAD a( FC 2 ) ]*2\nRELU", ["E407 2:8"]),
        ("HEAD a( RELU | TANH )\nRELU", ["E407 2:1"]),
        ("HEAD a\nRELU", ["E407 2:1"]),
        ("HEAD( FC 2 )\nRELU", ["E407 2:1"]),
        ("HEAD a( FC 2 ) as x\nRELU", ["E407 2:19"]),
        ("HEAD a( )\nRELU", ["E114 2:9"]),
        ("HEAD a( FC 0 )\nRELU", ["E204 2:12"]),
    ],
)
def test_mistakes(text: str, expected: list[str], found: Found) -> None:
    assert found(INPUT + text) == expected


def test_a_loss_is_for_an_output() -> None:
    text = INPUT + "HEAD aux( FC 3 )\nFC 3\ntrain {\n  loss cross_entropy\n  loss aux cross_entropy weight 0.3\n}"
    assert [d.code for d in cnndsl.check(text) if d.severity == "error"] == []
    assert "E" in "".join(d.code for d in cnndsl.check(text.replace("loss aux", "loss other")))
