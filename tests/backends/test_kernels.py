"""A table of kernels as a backend: what it lacks, what it borrows, and kernels that are not right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnndsl.backends import naive
from cnndsl.backends.protocol import Kernel, Options
from cnndsl.backends.table import TableBackend, kernels_in
from cnndsl.diagnostics import CnnError
from cnndsl.testing.networks import inception

from .support import BACKENDS, Net, batch, random_state, refused, small

STATE = random_state(small())


def test_layers_without_a_kernel() -> None:
    own = {"CONV": kernels_in(naive)["CONV"]}
    with pytest.raises(CnnError) as caught:
        TableBackend("mine", own).compile(small(), Options())
    assert [d.code for d in caught.value.diagnostics] == ["E807", "E807"]
    assert [d.message.split()[-1] for d in caught.value.diagnostics] == ["BN", "FC"]


def test_borrowed_layers_are_named() -> None:
    own = {"CONV": kernels_in(naive)["CONV"]}
    backend = TableBackend("mine", own, fallback=kernels_in(naive))
    assert [node.name for node in backend.borrowed(small())] == ["bn1", "fc1"]
    backend.compile(small(), Options())
    assert not BACKENDS["vectorized"].borrowed(inception())
    assert not BACKENDS["naive"].borrowed(inception())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda y: y[:, :1].copy(), "its output is float64 (2, 1), not float64 (2, 2)"),
        (lambda y: y.astype("float32"), "float32 (2, 2)"),
        (lambda y: np.asfortranarray(y), "not C-contiguous"),
        (lambda y: y.tolist(), "list"),
    ],
)
def test_a_kernel_that_is_not_right(change: Callable[[Any], Any], words: str) -> None:
    right = kernels_in(naive)

    def forward(*given: Any) -> Any:
        y, *rest = right["FC"].forward(*given)
        return change(y), *rest

    def backward(*given: Any) -> Any:
        (dx,), dparams = right["FC"].backward(*given)
        return (dx,), {**dparams, "bias": None}

    x = batch(small())
    made = TableBackend("mine", {**right, "FC": Kernel(forward, right["FC"].backward)}).compile(
        small(), Options("float64")
    )
    text = refused("E808", lambda: made.forward(STATE, x))
    assert words in text
    assert "backend `mine`: the kernel of FC" in text
    made = TableBackend("mine", {**right, "FC": Kernel(right["FC"].forward, backward)}).compile(
        small(), Options("float64")
    )
    passed = made.forward(STATE, x, training=True)
    text = refused("E808", lambda: made.backward(STATE, passed.tape, {"main": np.ones((2, 2))}))
    assert "the gradient of bias is NoneType" in text


def test_a_kernel_that_gives_too_few_gradients() -> None:
    right = kernels_in(naive)
    net = Net(1, 1, 1)
    net("ADD", "input", "input")

    def backward(*given: Any) -> Any:
        dxs, dparams = right["ADD"].backward(*given)
        return dxs[:1], dparams

    kernel = Kernel(right["ADD"].forward, backward)
    made = TableBackend("mine", {"ADD": kernel}).compile(net.graph(), Options())
    passed = made.forward({}, np.ones((1, 1, 1, 1)), training=True)
    text = refused("E808", lambda: made.backward({}, passed.tape, {"main": np.ones((1, 1, 1, 1))}))
    assert "at add1, 1 gradients for 2 inputs" in text


def test_a_kernel_that_raises_is_named() -> None:
    def forward(*given: Any) -> Any:
        raise ZeroDivisionError

    made = TableBackend("mine", {**kernels_in(naive), "FC": Kernel(forward, forward)}).compile(small(), Options())
    text = refused("E808", lambda: made.forward(STATE, batch(small())))
    assert "backend `mine`: the kernel of FC is not right: at fc1, forward raises ZeroDivisionError" in text


def test_kernels_are_asked_for_what_somebody_reads() -> None:
    """The first layer with parameters needs no input gradient, unless the network's is asked for."""
    asked: dict[str, tuple[bool, ...]] = {}

    def watching(kernel: Kernel) -> Kernel:
        def backward(a: Any, params: Any, saved: Any, dy: Any, ctx: Any) -> Any:
            asked[ctx.node.name] = ctx.wanted
            return kernel.backward(a, params, saved, dy, ctx)

        return Kernel(kernel.forward, backward)

    net = Net(4, 4, 1)
    net("TANH")
    deep = net("CONV", window=(3, 3), filters=1, pad=(1, 1, 1, 1))
    net("ADD", deep, "tanh1")
    net("FC", units=2)
    graph = net.graph()
    backend = TableBackend("watching", {name: watching(kernel) for name, kernel in kernels_in(naive).items()})
    made, state = backend.compile(graph, Options()), random_state(graph)
    passed = made.forward(state, batch(graph), training=True)
    dys = {"main": np.ones((2, 2))}
    assert made.backward(state, passed.tape, dys, input_gradient=False).input is None
    assert asked == {"fc1": (True,), "add1": (True, False), "conv1": (False,)}
    asked.clear()
    assert made.backward(state, passed.tape, dys).input is not None
    assert asked == {"fc1": (True,), "add1": (True, True), "conv1": (True,), "tanh1": (True,)}
