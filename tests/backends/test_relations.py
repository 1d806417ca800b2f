"""What must hold between layers, whatever the numbers are; and kernels that only read what they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnndsl.backends.protocol import Array

from .support import BACKENDS, REGISTRY, kernels, run_layer

ALONE = {
    "RELU": {},
    "RELU6": {},
    "SIGMOID": {},
    "TANH": {},
    "GELU": {},
    "SILU": {},
    "HSWISH": {},
    "HSIGMOID": {},
    "SOFTPLUS": {},
    "LEAKY": {"slope": 0.2},
    "ELU": {"alpha": 0.7},
    "PRELU": {},
    "SCALE": {},
    "GN": {"groups": 2},
    "LN": {},
    "LRN": {"channels": 3},
    "SHUFFLE": {"groups": 2},
    "TAKE": {"start": 1, "stop": 3},
}
"""Layers of one input, of depth 4 or more, with their arguments."""


def random_params(keyword: str, depth: int, dtype: str) -> dict[str, Array]:
    op = REGISTRY.layers[keyword]
    names = {"PRELU": ("weight",), "SCALE": ("weight",), "GN": ("weight", "bias"), "LN": ("weight", "bias")}
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=depth).astype(dtype) for name in names.get(op.keyword, ())}


def forward(backend: str, keyword: str, x: Array, params: dict[str, Array] | None = None, **attrs: Any) -> Array:
    return run_layer(backend, keyword, attrs, [x], params or {}).y


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_activation_and_its_mirror(backend: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)) * 4
    for keyword in ("SILU", "GELU", "HSWISH", "SOFTPLUS", "RELU"):  # f(x) - f(-x) = x
        np.testing.assert_allclose(
            forward(backend, keyword, x) - forward(backend, keyword, -x), x, atol=1e-12, err_msg=keyword
        )
    for keyword in ("SIGMOID", "HSIGMOID"):  # f(x) + f(-x) = 1
        np.testing.assert_allclose(forward(backend, keyword, x) + forward(backend, keyword, -x), 1, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_activations_by_others(backend: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)) * 4
    relu = forward(backend, "RELU", x)
    same = [
        (forward(backend, "SILU", x), x * forward(backend, "SIGMOID", x)),
        (forward(backend, "HSWISH", x), x * forward(backend, "HSIGMOID", x)),
        (forward(backend, "LEAKY", x, slope=0.0), relu),
        (forward(backend, "LEAKY", x, slope=1.0), x),
        (forward(backend, "ELU", x, alpha=0.0), relu),
        (forward(backend, "PRELU", x, {"weight": np.full(3, 0.1)}), forward(backend, "LEAKY", x, slope=0.1)),
        (forward(backend, "RELU6", x), relu - forward(backend, "RELU", x - 6)),
        (np.exp(forward(backend, "SOFTPLUS", x)), 1 + np.exp(x)),
    ]
    for found, expected in same:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_norms_by_others(backend: str) -> None:
    """A group of all channels of a vector is LN; a group a channel of one sample is BN of a batch of one."""
    rng = np.random.default_rng(0)
    params = {"weight": rng.normal(size=6), "bias": rng.normal(size=6)}
    vectors, one = rng.normal(size=(3, 6)), rng.normal(size=(1, 6, 3, 4))
    dy = rng.normal(size=(3, 6))
    gn = run_layer(backend, "GN", {"groups": 1}, [vectors], params, dy)
    ln = run_layer(backend, "LN", {}, [vectors], params, dy)
    np.testing.assert_allclose(gn.y, ln.y, rtol=1e-12)
    np.testing.assert_allclose(gn.dxs[0], ln.dxs[0], rtol=1e-9, atol=1e-12)  # type: ignore[arg-type]
    running = {"running_mean": np.zeros(6), "running_var": np.ones(6)}
    bn = run_layer(backend, "BN", {}, [one], {**params, **running}, one)
    gn = run_layer(backend, "GN", {"groups": 6}, [one], params, one)
    np.testing.assert_allclose(gn.y, bn.y, rtol=1e-12)
    np.testing.assert_allclose(gn.dxs[0], bn.dxs[0], rtol=1e-9, atol=1e-12)  # type: ignore[arg-type]
    for name in params:
        np.testing.assert_allclose(gn.dparams[name], bn.dparams[name], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_channels_there_and_back(backend: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 12, 2, 3))
    for groups in (1, 2, 3, 4, 6, 12):
        there = forward(backend, "SHUFFLE", x, groups=groups)
        by_hand = x.reshape(2, groups, 12 // groups, 2, 3).transpose(0, 2, 1, 3, 4).reshape(x.shape)
        np.testing.assert_array_equal(there, by_hand)
        np.testing.assert_array_equal(forward(backend, "SHUFFLE", there, groups=12 // groups), x)
    parts = [forward(backend, "TAKE", x, start=a, stop=b) for a, b in ((0, 5), (5, 6), (6, 12))]
    np.testing.assert_array_equal(run_layer(backend, "CONCAT", {}, parts, {}).y, x)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("keyword", ALONE)
def test_kernels_only_read_what_they_are_given(keyword: str, backend: str, dtype: str) -> None:
    """Maps, vectors and no samples at all; arrays that cannot be written to; values far from 0; one dtype."""
    rng = np.random.default_rng(0)
    for shape in ((2, 4, 3, 2), (3, 4), (0, 4, 3, 2)):
        x = (rng.normal(size=shape) * rng.choice([1, 1000], size=shape)).astype(dtype)
        params = random_params(keyword, 4, dtype)
        for array in (x, *params.values()):
            array.flags.writeable = False
        y = run_layer(backend, keyword, ALONE[keyword], [x], params).y
        assert y.dtype == dtype
        assert np.isfinite(y).all()
        dy = rng.normal(size=y.shape).astype(dtype)
        dy.flags.writeable = False
        found = run_layer(backend, keyword, ALONE[keyword], [x], params, dy)
        (dx,) = found.dxs
        assert dx is not None
        assert (dx.shape, dx.dtype) == (x.shape, dtype)
        assert np.isfinite(dx).all()
        assert {name: g.dtype for name, g in found.dparams.items()} == dict.fromkeys(params, np.dtype(dtype))


@pytest.mark.parametrize("backend", BACKENDS)
def test_not_a_number_stays_one(backend: str) -> None:
    x = np.array([[1.0, np.nan, -1.0, 2.0]])
    for keyword in ALONE:
        if keyword not in ("GN", "LN", "LRN", "SHUFFLE", "TAKE"):
            y = forward(backend, keyword, x, random_params(keyword, 4, "float64"), **ALONE[keyword])
            assert np.isnan(y).tolist() == [[False, True, False, False]], keyword


def test_every_activation_is_held_to_this() -> None:
    assert {op.keyword for op in REGISTRY.layers.values() if op.kind == "activation"} <= set(ALONE)
    assert all(keyword in kernels("naive") for keyword in ALONE)
