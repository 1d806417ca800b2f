"""Which output is trained by which loss, and what is said where it does not work out."""

from __future__ import annotations

import pytest

from cnndsl.recipe import block
from cnndsl.recipe.heads import heads, trained
from cnndsl.recipe.losses import CrossEntropy, Plain
from cnndsl.recipe.spec import Recipe, Setting
from cnndsl.source import Source

SOURCE = Source("net.cnn", "train { loss aux1 cross_entropy weight 0.3; loss mse }")
TRAIN = SOURCE.span(0, 5)
AUX = Setting("cross_entropy", CrossEntropy(weight=0.3), SOURCE.span(8, 42))
MAIN = Setting("mse", Plain(), SOURCE.span(44, 52))


def recipe(**losses: Setting) -> Recipe:
    return block.recipe(given_losses=losses)


def said(found: Recipe, *outputs: str) -> list[str]:
    return [" | ".join((d.code, d.message, *d.advice)) for d in heads(found, outputs, TRAIN)]


def test_each_output_has_its_loss() -> None:
    found = recipe(main=MAIN, aux1=AUX)
    assert trained(found, ["main", "aux1"]) == {"main": MAIN, "aux1": AUX}
    assert said(found, "main", "aux1") == []


def test_the_only_output_needs_no_loss() -> None:
    for name in ("main", "value"):
        assert [s.word for s in trained(recipe(), [name]).values()] == ["cross_entropy"]
        assert said(recipe(), name) == []


def test_a_loss_without_a_name_is_that_of_the_only_output() -> None:
    assert trained(recipe(main=MAIN), ["value"]) == {"value": MAIN}
    assert said(recipe(main=MAIN), "value") == []


def test_a_head_that_is_not_there() -> None:
    (d,) = heads(recipe(aux1=AUX, main=MAIN), ["main", "aux2"], TRAIN)
    assert (d.code, d.severity) == ("E507", "error")
    assert d.span is not None
    assert (d.span.text, d.span.column) == ("aux1", 14)
    assert d.advice == ("did you mean `aux2`?",)
    assert d.fixes[0].edits[0].replacement == "aux2"


def test_a_head_unlike_all_others_and_a_network_without_heads() -> None:
    assert "the network's heads are value" in said(recipe(aux1=AUX, main=MAIN), "main", "value")[0]
    assert "has no heads; for its own output write `loss cross_entropy`" in said(recipe(aux1=AUX), "main")[0]


def test_a_loss_of_a_main_output_that_is_not_there() -> None:
    (text,) = said(recipe(main=MAIN), "policy", "value")
    assert text.startswith("E507 | the network has no output of its own besides its heads")
    assert "`loss policy mse`" in text


@pytest.mark.parametrize(
    ("losses", "outputs", "message"),
    [
        ({"main": MAIN}, ("main", "aux1"), "`aux1` is not trained: the train block has no `loss` for it"),
        ({"aux1": AUX}, ("main", "aux1"), "`main` is not trained: the train block has no `loss` for it"),
        ({}, ("policy", "value"), "`policy` and `value` are not trained: the train block has no `loss` for them"),
        ({}, ("main", "a", "b", "c"), "`a`, `b` and `c` are not trained: the train block has no `loss` for them"),
    ],
)
def test_outputs_that_are_left_untrained(losses: dict[str, Setting], outputs: tuple[str, ...], message: str) -> None:
    (d,) = heads(recipe(**losses), outputs, TRAIN)
    assert (d.code, d.severity, d.message, d.span) == ("W501", "warning", message, TRAIN)
    assert all(line.startswith("add `loss ") for line in d.help)
    assert heads(recipe(**losses), outputs) == ()  # a file without a train block trains nothing


def test_the_warning_stands_at_the_losses_that_are_written() -> None:
    found = block.recipe(given_losses={"main": MAIN}, spans={"loss": SOURCE.span(44, 52)})
    (d,) = heads(found, ["main", "aux1"], TRAIN)
    assert d.span == SOURCE.span(44, 52)
    assert d.help == ("add `loss aux1 cross_entropy`",)
