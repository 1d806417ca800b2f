"""Programs: whose memory is whose, and where gradients go."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from cnndsl.testing.networks import NETWORKS, inception, residual, twice, two_outputs

from .support import BACKENDS, Net, batch, program, random_state, small

STATE = random_state(small())


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_two_tapes_alive_at_once(backend: str, name: str) -> None:
    """The second forward pass leaves the first one's tape and outputs alone, of another batch size too."""
    graph = NETWORKS[name]()
    made, state = program(backend, graph), random_state(graph)
    batches = [batch(graph, count, seed) for seed, count in enumerate((3, 2, 3))]
    dys = {output: np.ones((1, *graph[at].type.shape)) for output, at in graph.outputs.items()}

    def ones(x: Any) -> Any:
        return {output: np.repeat(dy, len(x), axis=0) for output, dy in dys.items()}

    alone = []
    for x in batches:
        fresh = program(backend, graph)
        passed = fresh.forward(state, x, training=True)
        alone.append((passed, fresh.backward(state, passed.tape, ones(x))))
    together = [made.forward(state, x, training=True) for x in batches]
    made.forward(state, batches[0])
    for x, passed, (expected, gradients) in zip(batches[::-1], together[::-1], alone[::-1], strict=True):
        for output, y in expected.outputs.items():
            assert np.array_equal(passed.outputs[output], y)
        for _ in range(2):  # a tape can be gone through again
            found = made.backward(state, passed.tape, ones(x))
            assert np.array_equal(found.input, gradients.input)
            for key, g in gradients.params.items():
                assert np.array_equal(found.params[key], g), key


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_given_and_what_was_got_is_left_alone(backend: str) -> None:
    graph = residual()
    made, state = program(backend, graph), random_state(graph)
    x = batch(graph)
    given = {name: array.copy() for name, array in state.items()}
    first = made.forward(state, x, training=True)
    dys = {"main": np.ones((2, 3))}
    gradients = made.backward(state, first.tape, dys)
    held = [*first.outputs.values(), *first.buffers.values(), *gradients.params.values(), gradients.input]
    copies = [np.array(array) for array in held]
    x_before = x.copy()
    second = made.forward(state, batch(graph, 2, 9), training=True)
    made.backward(state, second.tape, {"main": np.full((2, 3), 7.0)})
    made.forward(state, batch(graph, 5, 8))
    for array, copy in zip(held, copies, strict=True):
        assert np.array_equal(array, copy)
    assert np.array_equal(x, x_before)
    assert np.array_equal(dys["main"], np.ones((2, 3)))
    assert all(np.array_equal(state[name], array) for name, array in given.items())
    x.fill(0)
    for name, g in made.backward(state, first.tape, dys).params.items():
        assert np.array_equal(g, gradients.params[name])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("training", [False, True])
def test_results_outlive_their_tape(backend: str, name: str, training: bool) -> None:
    """Outputs, statistics and gradients are copies: the next passes do not reach them."""
    graph = NETWORKS[name]()
    made, state = program(backend, graph), random_state(graph)
    passed = made.forward(state, batch(graph), training=training)
    held = [*passed.outputs.values(), *passed.buffers.values()]
    if training:
        dys = {output: np.ones_like(y) for output, y in passed.outputs.items()}
        gradients = made.backward(state, passed.tape, dys)
        assert gradients.input is not None
        held += [*gradients.params.values(), gradients.input]
    copies = [array.copy() for array in held]
    if training:
        made.backward(state, passed.tape, {output: 3 * dy for output, dy in dys.items()})
    assert not any(np.shares_memory(array, state[key]) for key, array in passed.buffers.items())
    del passed
    made.forward(state, batch(graph, seed=5), training=training)
    assert all(np.array_equal(array, copy) for array, copy in zip(held, copies, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_of_a_tape_is_used_again(backend: str) -> None:
    graph = residual()
    made, state = program(backend, graph), random_state(graph)
    first = made.forward(state, batch(graph), training=True).tape
    space = first.space  # type: ignore[union-attr]
    assert made.take() is not space
    del first
    gc.collect()
    assert made.take() is space


@pytest.mark.parametrize("backend", BACKENDS)
def test_running_statistics_come_with_every_pass(backend: str) -> None:
    made = program(backend, small())
    x = batch(small())
    before = {name: STATE[name] for name in ("bn1.running_mean", "bn1.running_var")}
    outside, inside = made.forward(STATE, x), made.forward(STATE, x, training=True)
    assert outside.buffers.keys() == inside.buffers.keys() == before.keys()
    for name, array in before.items():
        assert np.array_equal(outside.buffers[name], array)
        assert not np.array_equal(inside.buffers[name], array)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_add_where_a_tensor_is_used_twice(backend: str) -> None:
    """ADD( ID | ID ): y = 2x, dx = 2*dy."""
    net = Net(2, 2, 1)
    net("ADD", "input", "input")
    made = program(backend, net.graph())
    x, dy = batch(net.graph()), batch(net.graph(), seed=1)
    passed = made.forward({}, x, training=True)
    assert np.array_equal(passed.outputs["main"], 2 * x)
    assert np.array_equal(made.backward({}, passed.tape, {"main": dy}).input, 2 * dy)
    assert np.array_equal(made.backward({}, passed.tape, {"main": dy}).input, 2 * dy)


@pytest.mark.parametrize("backend", BACKENDS)
def test_sums_of_sums(backend: str) -> None:
    """ADD( @y | @x ) over ADD( @x | @x ), y and z read again by CONCAT( z | y | z ): with dy = (a, b, c) the gradient
    of z is a + c, of y (a + c) + b, of x 2*(a + b + c) + (a + c)."""
    graph = twice()
    made, state = program(backend, graph), random_state(graph)
    passed = made.forward(state, batch(graph, 1), training=True)
    dy = np.zeros((1, 6, 2, 2))
    dy[:, 0:2], dy[:, 2:4], dy[:, 4:6] = 1, 10, 100
    gradients = made.backward(state, passed.tape, {"main": dy})
    np.testing.assert_allclose(gradients.params["conv1.bias"], np.full(2, 4 * (2 * 111 + 101)))


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_asked_outputs_give_gradients(backend: str) -> None:
    graph = two_outputs()
    made, state = program(backend, graph), random_state(graph)
    passed = made.forward(state, batch(graph), training=True)
    side = {"side": np.ones_like(passed.outputs["side"])}
    main = {"main": np.ones_like(passed.outputs["main"])}
    from_side = made.backward(state, passed.tape, side)
    assert set(from_side.params) == {"conv1.weight", "conv1.bias"}
    from_main = made.backward(state, passed.tape, main)
    both = made.backward(state, passed.tape, {**side, **main})
    assert both.params.keys() == from_main.params.keys()
    np.testing.assert_allclose(
        both.params["conv1.weight"], from_side.params["conv1.weight"] + from_main.params["conv1.weight"], rtol=1e-12
    )
    nothing = made.backward(state, passed.tape, {})
    assert nothing.input is not None
    assert not nothing.input.any()
    assert not nothing.params


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_names_for_one_output(backend: str) -> None:
    net = Net(2, 2, 1)
    y = net("TANH")
    made = program(backend, net.graph(main=y, again=y))
    passed = made.forward({}, np.zeros((1, 1, 2, 2)), training=True)
    dy = np.ones((1, 1, 2, 2))
    assert np.array_equal(made.backward({}, passed.tape, {"main": dy, "again": 3 * dy}).input, 4 * dy)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_bits_every_time(backend: str, dtype: str) -> None:
    graph = inception()
    state, x = random_state(graph), batch(graph, 3)
    runs = []
    for _ in range(3):
        made = program(backend, graph, dtype, seed=4)
        made.forward(state, batch(graph, 5), training=True)
        passed = made.forward(state, x, training=True, step=1)
        gradients = made.backward(state, passed.tape, passed.outputs)
        assert gradients.input is not None
        runs.append([a.tobytes() for a in (passed.outputs["main"], gradients.input, *gradients.params.values())])
    assert runs[0] == runs[1] == runs[2]
