"""The training program of a table backend: one step by hand, many without new memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from cnndsl.backends.protocol import Array, Objective, Options
from cnndsl.backends.tabletraining import TableTraining
from cnndsl.ir.graph import Graph
from cnndsl.testing.networks import inception, residual, two_outputs
from cnndsl.testing.objective import SGD, Squares

from .support import BACKENDS, Net, random_state, refused


def start(
    backend: str, graph: Graph, state: Any = None, dtype: str = "float64", seed: int = 0, **objective: Any
) -> TableTraining:
    made = Objective(**{"losses": {"main": Squares()}, "optimizer": SGD(momentum=0.5), **objective})
    chosen = random_state(graph) if state is None else state
    return BACKENDS[backend].compile_training(graph, made, chosen, Options(dtype=dtype, seed=seed))


def line() -> Graph:
    net = Net(1, 1, 2)
    net("FC", units=1)
    return net.graph()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("clip", "scale"), [(3.0, 0.5), (1.5, 0.25), (6.0, 1.0), (100.0, 1.0), (None, 1.0)])
def test_clip_by_hand(backend: str, clip: float | None, scale: float) -> None:
    """y = 2*2 + 3*2 + 1 = 11 against 9: dy = 2, dw = (4, 4), db = 2, together sqrt(16 + 16 + 4) = 6 long. Clipped to 3
    they are halved."""
    state = {"fc1.weight": np.array([[2.0, 3.0]]), "fc1.bias": np.array([1.0])}
    training = start(backend, line(), state, optimizer=SGD(), clip=clip)
    x, target = np.array([[[[2.0]], [[2.0]]]]), {"main": np.array([[9.0]])}
    training.step(x, target, step=0, lr=0.5)
    np.testing.assert_allclose(training.state()["fc1.weight"], [[2 - 2 * scale, 3 - 2 * scale]])
    np.testing.assert_allclose(training.state()["fc1.bias"], [1 - scale])


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_steps_by_hand(backend: str) -> None:
    """y = 2*1 + 3*2 + 1 = 9 against 7: loss 2*2/2, dy = 2, dw = (2, 4), db = 2. The decay of 0.5 touches the weight,
    not the bias: v = (2 + 1, 4 + 1.5) and 2. With lr 0.1: w = (1.7, 2.45), b = 0.8.

    Then y = 1.7 + 4.9 + 0.8 = 7.4, dy = 0.4: v = 0.5*(3, 5.5) + (0.4 + 0.85, 0.8 + 1.225) and 0.5*2 + 0.4.
    """
    optimizer = SGD(momentum=0.5, decay=0.5)
    state = {"fc1.weight": np.array([[2.0, 3.0]]), "fc1.bias": np.array([1.0])}
    training = start(backend, line(), state, optimizer=optimizer)
    x, target = np.array([[[[1.0]], [[2.0]]]]), {"main": np.array([[7.0]])}
    assert not np.concatenate([slot.ravel() for slot in training.slots().values()]).any()

    first = training.step(x, target, step=0, lr=0.1)
    assert first.loss == 2
    assert first.outputs["main"][0, 0] == 9
    np.testing.assert_allclose(training.state()["fc1.weight"], [[1.7, 2.45]])
    np.testing.assert_allclose(training.state()["fc1.bias"], [0.8])

    second = training.step(x, target, step=1, lr=0.1)
    np.testing.assert_allclose(second.outputs["main"], [[7.4]])
    np.testing.assert_allclose(second.loss, 0.08)
    assert training.slots().keys() == {"fc1.weight/velocity", "fc1.bias/velocity"}
    np.testing.assert_allclose(training.slots()["fc1.weight/velocity"], [[2.75, 4.775]])
    np.testing.assert_allclose(training.slots()["fc1.bias/velocity"], [1.4])
    np.testing.assert_allclose(training.state()["fc1.weight"], [[1.425, 1.9725]])
    assert optimizer.steps == [1, 1, 2, 2]
    assert np.array_equal(state["fc1.weight"], [[2, 3]])
    np.testing.assert_allclose(training.predict(x)["main"], training.state()["fc1.weight"] @ [[1], [2]] + 0.66)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_is_forward_loss_backward_update(backend: str) -> None:
    """Two losses with weights, one loss object; running statistics are those of the pass."""
    graph = two_outputs()
    state = random_state(graph)
    loss = Squares()
    weights = {"side": 0.3}
    training = start(backend, graph, state, losses={"main": loss, "side": loss}, weights=weights, optimizer=SGD())
    program = BACKENDS[backend].compile(graph, Options(dtype="float64"))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 1, 4, 4))
    targets = {"main": rng.normal(size=(3, 2)), "side": rng.normal(size=(3, 2, 2, 2))}

    passed = program.forward(state, x, training=True, step=5)
    (a, da), (b, db) = (loss(passed.outputs[name], targets[name]) for name in ("main", "side"))
    gradients = program.backward(state, passed.tape, {"main": da, "side": 0.3 * db}).params
    step = training.step(x, targets, step=5, lr=0.1)

    np.testing.assert_allclose(step.loss, a + 0.3 * b, rtol=1e-12)
    assert np.array_equal(step.outputs["side"], passed.outputs["side"])
    after = training.state()
    for name, g in gradients.items():
        np.testing.assert_allclose(after[name], state[name] - 0.1 * g, rtol=1e-10, atol=1e-12)
    for name, array in passed.buffers.items():
        assert np.array_equal(after[name], array)


class Reused(Squares):
    """The same loss; its gradient lies in memory that the next call writes again."""

    def __init__(self) -> None:
        self.memory = np.empty((3, 2))

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        value, self.memory[...] = super().__call__(output, target)
        return value, self.memory


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_loss_object_for_two_outputs(backend: str) -> None:
    net = Net(2, 2, 1)
    first, second = net("FC", "input", units=2), net("FC", "input", units=2)
    rng = np.random.default_rng(0)
    x, targets = rng.normal(size=(3, 1, 2, 2)), {name: rng.normal(size=(3, 2)) for name in ("a", "b")}
    states = []
    for loss in (Squares(), Reused()):
        training = start(backend, net.graph(a=first, b=second), losses={"a": loss, "b": loss})
        training.step(x, targets, step=0, lr=0.1)
        states.append(training.state())
    for name, array in states[0].items():
        np.testing.assert_allclose(states[1][name], array, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_no_loss_depends_on_stays(backend: str) -> None:
    graph = two_outputs()
    training = start(backend, graph, losses={"side": Squares()}, optimizer=SGD(decay=0.1))
    before = training.state()
    training.step(np.ones((2, 1, 4, 4)), {"side": np.zeros((2, 2, 2, 2))}, step=0, lr=0.1)
    after = training.state()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"conv1.weight", "conv1.bias", "bn1.running_mean", "bn1.running_var"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_going_on_from_a_saved_state(backend: str) -> None:
    """Bit for bit what the training that went on has."""
    graph = inception()
    rng = np.random.default_rng(0)
    batches = [(rng.normal(size=(3, 2, 6, 5)), {"main": rng.normal(size=(3, 4))}) for _ in range(6)]
    training = start(backend, graph, dtype="float32", seed=3)
    for step, (x, target) in enumerate(batches[:3]):
        training.step(x, target, step=step, lr=0.1)
    state, slots = training.state(), training.slots()
    other = start(backend, graph, {name: 0 * array for name, array in state.items()}, dtype="float32", seed=3)
    other.load(state, slots, {})
    for step, (x, target) in enumerate(batches[3:], start=3):
        training.step(x, target, step=step, lr=0.1)
        other.step(x, target, step=step, lr=0.1)
    for name, array in {**training.state(), **training.slots()}.items():
        assert array.tobytes() == {**other.state(), **other.slots()}[name].tobytes(), name
    assert all(not np.array_equal(state[name], array) for name, array in training.state().items())


@pytest.mark.parametrize("backend", BACKENDS)
def test_steps_that_do_not_fit_change_nothing(backend: str) -> None:
    net = Net(1, 1, 2)
    net("BN")
    net("FC", units=1)
    training = start(backend, net.graph())
    before = training.state()
    x, target = np.ones((2, 2, 1, 1)), {"main": np.ones((2, 1))}

    def step(x: Any = x, target: Any = target) -> Any:
        return training.step(x, target, step=0, lr=0.1)

    assert "(2, 2)" in refused("E809", lambda: step(x[:, :, 0, 0]))
    assert "at least one sample" in refused("E809", lambda: step(x[:0], {"main": np.ones((0, 1))}))
    assert "no target for output `main`" in refused("E809", lambda: step(target={}))
    assert "for 2 samples" in refused("E809", lambda: step(target={"main": np.ones((3, 1))}))
    assert "for 2 samples" in refused("E809", lambda: step(target={"main": 3}))
    for wrong, words in (
        (np.full((2, 1), "a"), "<U1"),
        (np.ones((2, 1), complex), "complex128"),
        (np.ones((2, 1), object), "object"),
        ([[1], [1, 2]], "rows differ in length"),
        (np.array([[1.0], [np.nan]]), "`main`[1, 0] is not a number"),
        (np.array([[1.0], [np.inf]]), "`main`[1, 0] is infinite"),
    ):
        assert words in refused("E809", lambda wrong=wrong: step(target={"main": wrong}))
    for given in (None, [np.ones((2, 1))], np.ones((2, 1))):
        assert "targets are given by name" in refused("E806", lambda given=given: step(target=given))
    for lr in (np.nan, np.inf, "a", None, True):
        rated = refused("E806", lambda lr=lr: training.step(x, target, step=0, lr=lr))
        assert "the learning rate is a" in rated
    refused("E806", lambda: training.step(x, target, step="0", lr=0.1))
    assert "bn1" in refused("E810", lambda: step(x[:1], {"main": np.ones((1, 1))}))
    assert all(np.array_equal(array, before[name]) for name, array in training.state().items())
    step()
    assert not np.array_equal(training.state()["fc1.bias"], before["fc1.bias"])


def test_objectives_and_states_that_do_not_fit() -> None:
    graph = line()
    assert "`aux`" in refused("E806", lambda: start("naive", graph, losses={"aux": Squares()}))
    assert "`aux`" in refused("E806", lambda: start("naive", graph, weights={"aux": 1.0}))
    refused("E806", lambda: start("naive", graph, losses={}))
    refused("E702", lambda: start("naive", graph, {"fc1.weight": np.ones((1, 2))}))
    training = start("naive", graph)
    refused("E702", lambda: training.load(training.state(), {}, {}))
    refused("E702", lambda: training.load({}, training.slots(), {}))
    refused("E806", lambda: training.load(None, training.slots(), {}))
    refused("E806", lambda: training.load(training.state(), [], {}))
    refused("E806", lambda: start("naive", graph, [1]))
    training.load(training.state(), training.slots(), {})


@pytest.mark.parametrize("backend", BACKENDS)
def test_predictions_are_copies(backend: str) -> None:
    graph = residual()
    training = start(backend, graph)
    x = np.random.default_rng(0).normal(size=(4, 2, 5, 5))
    found = training.predict(x)["main"]
    copy = found.copy()
    assert training.predict(x[:0])["main"].shape == (0, 3)
    training.predict(x[:2] * 2)
    training.step(x, {"main": np.zeros((4, 3))}, step=0, lr=0.1)
    assert np.array_equal(found, copy)
    state = training.state()
    expected = BACKENDS[backend].compile(graph, Options(dtype="float64")).forward(state, x).outputs["main"]
    assert np.array_equal(training.predict(x)["main"], expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_loss_goes_down(backend: str) -> None:
    graph = residual()
    training = start(backend, graph, dtype="float32")
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(8, 2, 5, 5)), {"main": rng.normal(size=(8, 3))}
    losses = [training.step(x, target, step=step, lr=0.05).loss for step in range(15)]
    assert losses[-1] < losses[0] / 4


class Same:
    """A loss whose gradient is memory that it gives again and again, as large as one output."""

    name = "sum"

    def __init__(self) -> None:
        self.memory: Array = np.empty(0)

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:  # noqa: ARG002
        if self.memory.shape != output.shape:
            self.memory = np.full_like(output, 1e-3)
        return 0.0, self.memory


def large() -> Graph:
    """Every layer, with activations of some megabytes."""
    net = Net(24, 24, 3)
    net("CONV", window=(3, 3), filters=16, pad=(1, 1, 1, 1))
    net("BN")
    start = net("RELU")
    net("CONV", window=(3, 3), filters=16, pad=(1, 1, 1, 1))
    deep = net("TANH")
    net("ADD", deep, start)
    net("POOL", mode="max", window=(2, 2))
    left = net("CONV", window=(1, 1), filters=8)
    right = net("CONV", "pool1", window=(3, 3), filters=8, groups=2, fit="same")
    net("CONCAT", left, right)
    net("SIGMOID")
    net("DROPOUT", rate=0.2)
    net("POOL", mode="mean", window=(3, 3), stride=(2, 2), fit="ceil")
    net("FLATTEN")
    net("FC", units=20)
    net("SOFTMAX")
    return net.graph()


def test_steps_take_no_new_memory() -> None:
    """After the first step, for whole batches and for the smaller last one."""
    graph = large()
    training = start("vectorized", graph, dtype="float32", losses={"main": Same()}, optimizer=SGD())
    rng = np.random.default_rng(0)
    whole, part = rng.normal(size=(32, 3, 24, 24)).astype("float32"), rng.normal(size=(20, 3, 24, 24)).astype("float32")

    def step(x: Array) -> None:
        training.step(x, {"main": x}, step=0, lr=1e-4)

    activations = 4 * len(whole) * sum(node.type.count for node in graph)
    step(whole)
    step(part)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        peaks: dict[int, list[int]] = {len(whole): [], len(part): []}
        for x in (whole, part, whole) * 3:
            tracemalloc.reset_peak()
            step(x)
            peaks[len(x)].append(tracemalloc.get_traced_memory()[1] - before)
        # a second thread that had no turn yet, on a busy machine, makes its scratch memory in one of them
        assert max(min(found) for found in peaks.values()) < activations / 10
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
