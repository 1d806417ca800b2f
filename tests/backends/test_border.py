"""What programs take and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnndsl.backends.border import numbers
from cnndsl.backends.tableprogram import TableProgram
from cnndsl.testing.networks import two_outputs

from .support import BACKENDS, Net, batch, program, random_state, refused, small

STATE = random_state(small())


@pytest.fixture(params=list(BACKENDS))
def made(request: pytest.FixtureRequest) -> TableProgram:
    return program(request.param, small())


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((2, 4, 5)), "`x[None]` is a batch of one"),
        (np.zeros((3, 4, 5, 2)), "transpose(0, 3, 1, 2)"),
        (np.zeros((3, 2, 5, 4)), "a batch of 4x5x2 has shape (N, 2, 4, 5)"),
        (np.zeros((3, 40)), "shape (3, 40)"),
        (np.float64(3), "shape ()"),
        (np.zeros((1, 2, 4, 5), complex), "complex128"),
        (np.full((1, 2, 4, 5), None), "object"),
        (np.full((1, 2, 4, 5), "a"), "<U1"),
        (np.zeros((1, 2, 4, 5), "M8[s]"), "datetime64"),
        ([[1, 2], [3]], "rows differ in length"),
        (np.zeros((1, 2, 4, 5), [("a", "f4")]), "none of real numbers"),
        (np.ma.masked_equal(np.arange(40.0).reshape(1, 2, 4, 5), 7), "has masked cells"),
        (None, "of type object"),
        ({}, "of type object"),
        ([10**400], "of type object"),
    ],
)
def test_inputs_that_do_not_fit(made: TableProgram, x: Any, words: str) -> None:
    assert words in refused("E809", lambda: made.forward(STATE, x))
    assert words in refused("E809", lambda: made.forward(STATE, x, training=True))


class Elsewhere:
    """Like an array of another library, in the memory of another device."""

    def __init__(self, error: Exception):
        self.error = error

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise self.error


def test_what_cannot_be_made_an_array_says_why(made: TableProgram) -> None:
    for error in (TypeError("it lies on cuda:0"), RuntimeError("it lies on cuda:0"), ValueError("it lies on\ncuda:0")):
        text = refused("E809", lambda error=error: made.forward(STATE, Elsewhere(error)))
        assert "the input cannot be made an array: it lies on cuda:0" in text
    with pytest.raises(MemoryError):
        made.forward(STATE, Elsewhere(MemoryError()))
    whole = np.ma.masked_array(batch(small()), False)  # a mask that hides nothing
    assert made.forward(STATE, whole).outputs["main"].shape == (2, 2)


def test_a_map_without_its_depth() -> None:
    made = program("naive", Net(4, 5, 1).graph())
    assert "`x[:, None]`" in refused("E809", lambda: made.forward({}, np.zeros((3, 4, 5))))


@pytest.mark.parametrize("dtype", ["u1", "i8", "f2", "f4", "f8", ">f4", "?", "g"])
def test_numbers_of_every_kind_are_taken(made: TableProgram, dtype: str) -> None:
    x = (np.arange(80) % 2).reshape(2, 2, 4, 5).astype(dtype)
    found = made.forward(STATE, x).outputs["main"]
    assert found.dtype == np.float64
    assert np.array_equal(found, made.forward(STATE, x.astype(float)).outputs["main"])
    assert np.array_equal(made.forward(STATE, x.tolist()).outputs["main"], found)


def test_any_memory_layout_is_taken(made: TableProgram) -> None:
    x = batch(small())
    expected = made.forward(STATE, x).outputs["main"]
    read_only = x.copy()
    read_only.flags.writeable = False
    assert numbers(np.asfortranarray(x), x.dtype, "x").flags.c_contiguous
    assert numbers(x, x.dtype, "x") is x
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=3)[..., ::2], x[::-1].copy()[::-1], read_only):
        assert np.array_equal(made.forward(STATE, other).outputs["main"], expected)


def test_not_a_number_is_refused_where_it_comes_in(made: TableProgram) -> None:
    """Also what becomes infinite in the program's type."""
    x = batch(small())
    x[1, 0, 2, 3] = np.nan
    text = refused("E809", lambda: made.forward(STATE, x))
    assert "the input[1, 0, 2, 3] is not a number" in text
    assert "more" not in text
    x[0, 1, 0, 0] = np.inf
    assert "the input[0, 1, 0, 0] is infinite in float64, and 1 more" in refused("E809", lambda: made.forward(STATE, x))
    single = program("vectorized", small(), "float32")
    huge = np.full(x.shape, 1e300)
    assert "infinite in float32, and 79 more" in refused("E809", lambda: single.forward(STATE, huge))
    large = np.full(x.shape, 1e308)  # finite, though their sum is not
    assert made.forward({k: np.zeros_like(a) for k, a in STATE.items()}, large).outputs["main"].tolist() == [[0, 0]] * 2
    passed = made.forward(STATE, batch(small()), training=True)
    dy = np.array([[1.0, 2.0], [np.nan, 1.0]])
    assert "the gradient of output `main`[1, 0] is not a number" in refused(
        "E809", lambda: made.backward(STATE, passed.tape, {"main": dy})
    )


def test_weights_that_are_not_numbers_go_through() -> None:
    """To the outputs, and without a warning: training sees it in the loss, and names the step."""
    for backend in BACKENDS:
        net = Net(4, 4, 1)
        net("CONV", window=(1, 1), filters=1)
        net("POOL", mode="max", window=(2, 2))
        net("SOFTMAX")
        graph = net.graph()
        state = {"conv1.weight": np.ones((1, 1, 1, 1)), "conv1.bias": np.zeros(1)}
        for dtype in ("float64", "float32"):
            made = program(backend, graph, dtype)
            broken = {**state, "conv1.weight": np.full((1, 1, 1, 1), np.nan)}
            passed = made.forward(broken, np.ones((1, 1, 4, 4)), training=True)
            assert np.isnan(passed.outputs["main"]).all()
            made.backward(broken, passed.tape, {"main": np.ones((1, 1, 2, 2))})


def test_empty_batch(made: TableProgram) -> None:
    x = np.zeros((0, 2, 4, 5))
    found = made.forward(STATE, x)
    assert found.outputs["main"].shape == (0, 2)
    assert found.outputs["main"].dtype == np.float64
    assert "at least one sample" in refused("E809", lambda: made.forward(STATE, x, training=True))


def test_one_value_a_channel_has_no_variance() -> None:
    for backend in BACKENDS:
        net = Net(1, 1, 3)
        net("BN")
        made, state = program(backend, net.graph()), random_state(net.graph())
        assert "bn1" in refused(
            "E810", lambda made=made, state=state: made.forward(state, np.ones((1, 3, 1, 1)), training=True)
        )
        assert made.forward(state, np.ones((1, 3, 1, 1))).outputs["main"].shape == (1, 3, 1, 1)
        assert made.forward(state, np.ones((2, 3, 1, 1)), training=True).tape is not None


def test_state_of_another_network(made: TableProgram) -> None:
    x = batch(small())
    wrong = {name: array for name, array in STATE.items() if name != "conv1.bias"}
    wrong["fc2.weight"] = wrong.pop("fc1.weight")
    wrong["bn1.weight"] = np.zeros(4)
    text = refused("E702", lambda: made.forward(wrong, x))
    for words in (
        "conv1.bias is missing",
        "fc1.weight is missing",
        "fc2.weight is not in the network",
        "bn1.weight has shape (4,), not (3,)",
    ):
        assert words in text
    text = refused("E702", lambda: made.forward({}, x))
    assert text.count("is missing") == 5
    assert "and 3 more" in text
    passed = made.forward(STATE, x, training=True)
    refused("E702", lambda: made.backward({}, passed.tape, {"main": np.ones((2, 2))}))
    refused("E809", lambda: made.forward({**STATE, "fc1.bias": np.array(["a", "b"])}, x))
    for state in (None, [], np.zeros(3)):
        text = refused("E806", lambda state=state: made.forward(state, x))
        assert f"the weights are given by name, as a dict, found {type(state).__name__}" in text


def test_state_of_another_type_is_cast(made: TableProgram) -> None:
    x = batch(small())
    single = {name: array.astype("float32") for name, array in STATE.items()}
    double = {name: array.astype("float64") for name, array in single.items()}
    assert np.array_equal(made.forward(single, x).outputs["main"], made.forward(double, x).outputs["main"])


def test_gradients_of_outputs_that_do_not_fit(made: TableProgram) -> None:
    passed = made.forward(STATE, batch(small()), training=True)
    assert "outputs are main" in refused("E809", lambda: made.backward(STATE, passed.tape, {"aux": np.ones((2, 2))}))
    assert "(2, 3)" in refused("E809", lambda: made.backward(STATE, passed.tape, {"main": np.ones((2, 3))}))
    refused("E809", lambda: made.backward(STATE, passed.tape, {"main": np.ones((2, 2), complex)}))
    refused("E809", lambda: made.backward(STATE, passed.tape, {"main": None}))
    refused("E809", lambda: made.backward(STATE, passed.tape, {1: np.ones((2, 2))}))
    for dys in (None, np.ones((2, 2)), [np.ones((2, 2))]):
        text = refused("E806", lambda dys=dys: made.backward(STATE, passed.tape, dys))
        assert "gradients of outputs are given by name" in text


def test_gradients_of_every_kind_and_layout_are_taken(made: TableProgram) -> None:
    passed = made.forward(STATE, batch(small()), training=True)
    dy = np.array([[1.0, 0.0], [0.0, 1.0]])
    expected = made.backward(STATE, passed.tape, {"main": dy})
    for other in (dy.astype(int), dy > 0, dy.astype(">f4"), np.asfortranarray(dy), dy.tolist()):
        found = made.backward(STATE, passed.tape, {"main": other})
        assert all(np.array_equal(found.params[name], array) for name, array in expected.params.items())
        assert np.array_equal(found.input, expected.input)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_gradient_of_another_head_does_not_fit(backend: str) -> None:
    graph = two_outputs()
    made, state = program(backend, graph), random_state(graph)
    passed = made.forward(state, batch(graph), training=True)
    (first, one), (second, other) = passed.outputs.items()
    assert one.shape != other.shape
    text = refused("E809", lambda: made.backward(state, passed.tape, {first: other}))
    assert f"output `{first}` has shape {other.shape}, the output {one.shape}" in text
    text = refused("E809", lambda: made.backward(state, passed.tape, {"nowhere": other}))
    assert f"outputs are {first}, {second}" in text


def test_a_step_is_a_whole_number(made: TableProgram) -> None:
    for step in ("1", 1.5, None, True):
        refused("E806", lambda step=step: made.forward(STATE, batch(small()), training=True, step=step))
    made.forward(STATE, batch(small()), training=True, step=np.int64(3))


def test_backward_needs_a_tape_of_its_own(made: TableProgram) -> None:
    x, dys = batch(small()), {"main": np.ones((2, 2))}
    assert made.forward(STATE, x).tape is None
    refused("E806", lambda: made.backward(STATE, None, dys))
    other = program("naive", small()).forward(STATE, x, training=True)
    refused("E806", lambda: made.backward(STATE, other.tape, dys))


def test_unknown_type_of_numbers() -> None:
    assert "float16" in refused("E806", lambda: program("naive", small(), "float16"))
