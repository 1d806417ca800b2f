"""What is checked before the first step: sizes, classes, samples, memory."""

from __future__ import annotations

from dataclasses import replace

from cnndsl.recipe.data import Known
from cnndsl.recipe.spec import Setting
from cnndsl.source import Source


def test_images_of_another_size(net, trainer, digits, refused) -> None:
    graph = net(("INPUT", {"size": (12, 12, 1)}), ("FC", {"units": 10}))
    (found,) = refused("E603", lambda: trainer(graph, digits)).diagnostics
    assert found.message == "INPUT is 12x12x1, but the images of `digits` are 8x8x1"
    assert found.help == ("write `INPUT 8x8x1`", "or `data digits pad 2`")
    assert trainer(graph, replace(digits, pad=2)).warnings == ()


def test_a_place_in_the_program(net, trainer, digits, refused) -> None:
    """The message points to INPUT, says what the data give, and its edit repairs the program."""
    source = Source("x.cnn", "INPUT 9x8x1\nFC 10\ntrain { data digits }")
    graph = net(("INPUT", {"size": (9, 8, 1)}), ("FC", {"units": 10}))
    graph = replace(graph, nodes=(replace(graph.nodes[0], span=source.span(0, 11)), *graph.nodes[1:]))
    setting = Setting("digits", Known(), source.span(26, 37))
    (found,) = refused("E603", lambda: trainer(graph, digits, data=setting)).diagnostics
    assert found.span.text == "INPUT 9x8x1"
    assert [(label.span.text, label.text) for label in found.related] == [("data digits", "gives 8x8x1")]
    assert [(edit.span.text, edit.replacement) for edit in found.fixes[0].edits] == [("INPUT 9x8x1", "INPUT 8x8x1")]


def test_classes_and_outputs(net, trainer, digits, refused) -> None:
    start = ("INPUT", {"size": (8, 8, 1)})
    few = net(start, ("FC", {"units": 9}))
    assert "9 outputs, the data have 10" in refused("E604", lambda: trainer(few, digits)).diagnostics[0].message
    many = trainer(net(start, ("FC", {"units": 20})), digits)
    assert [d.code for d in many.warnings] == ["W601"]
    assert next(many.run()).warnings == many.warnings
    a_map = net(start, ("CONV", {"window": (3, 3), "filters": 10}))
    assert "a map of 6x6x10" in refused("E604", lambda: trainer(a_map, digits)).diagnostics[0].message


def test_no_samples(trainer, dataset, refused) -> None:
    data = dataset(40)
    for changed, word in (("train", "training"), ("test", "test")):
        empty = replace(data, **{changed: getattr(data, changed).first(0)})
        assert f"no {word} samples" in refused("E605", lambda d=empty: trainer(samples=d)).diagnostics[0].message


def test_memory_is_estimated_first(net, trainer, refused) -> None:
    huge = net(("INPUT", {"size": (4, 4, 1)}), ("FC", {"units": 9_999_999_999}), ("FC", {"units": 3}))
    error = refused("E802", lambda: trainer(huge))
    assert error.exit_code == 4
    assert "fc1 (FC)" in error.diagnostics[0].notes[1]
    made = trainer()
    assert trainer(budget=made.estimate.training).estimate == made.estimate
    refused("E802", lambda: trainer(budget=made.estimate.training - 1))


def test_batch_larger_than_the_set(trainer) -> None:
    made = trainer(batch=10**9, epochs=1)
    assert made.steps_per_epoch == 1
    assert made.estimate.batch == 40
    list(made.run())
