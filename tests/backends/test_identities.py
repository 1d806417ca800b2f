"""What must hold between a layer and something that was not written here: SciPy, Random123, the transposed map."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest
from scipy import signal

from cnndsl.backends.protocol import uniform

from .geometry import conv, deconv, dwconv, pool
from .support import BACKENDS, Net, program, random_state, run_layer


@pytest.mark.parametrize("backend", BACKENDS)
def test_convolution_and_correlation(backend: str) -> None:
    """Forward is a cross-correlation (the tutorial's 5.1.5), the gradient of the input a full convolution with the
    same filter (equation 8), that of the filter the input correlated with dy (6.1.2)."""
    rng = np.random.default_rng(0)
    x, w, dy = rng.normal(size=(7, 6)), rng.normal(size=(3, 2)), rng.normal(size=(5, 5))
    found = run_layer(
        backend,
        "CONV",
        {"window": (3, 2), "filters": 1},
        [x[None, None]],
        {"weight": w[None, None], "bias": np.zeros(1)},
        dy[None, None],
    )
    np.testing.assert_allclose(found.y[0, 0], signal.correlate2d(x, w, "valid"), rtol=1e-12)
    np.testing.assert_allclose(found.dxs[0][0, 0], signal.convolve2d(dy, w, "full"), rtol=1e-12)
    np.testing.assert_allclose(found.dparams["weight"][0, 0], signal.correlate2d(x, dy, "valid"), rtol=1e-12)
    np.testing.assert_allclose(found.dparams["bias"], dy.sum(), rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_equations_6_and_9_with_depth_and_filters(backend: str) -> None:
    """Outputs add over the depth (equation 6), gradients of the input over the filters (equation 9)."""
    rng = np.random.default_rng(1)
    x, w, dy = rng.normal(size=(3, 6, 6)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=(4, 4, 4))
    attrs = {"window": (3, 3), "filters": 4, "bias": "none"}
    found = run_layer(backend, "CONV", attrs, [x[None]], {"weight": w}, dy[None])
    for k in range(4):
        y = sum(signal.correlate2d(x[d], w[k, d], "valid") for d in range(3))
        np.testing.assert_allclose(found.y[0, k], y, rtol=1e-12, atol=1e-12)
    for d in range(3):
        dx = sum(signal.convolve2d(dy[k], w[k, d], "full") for k in range(4))
        np.testing.assert_allclose(found.dxs[0][0, d], dx, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_stride_skips(backend: str) -> None:
    """A stride leaves out rows of the map of stride 1, and its gradient is that of the map with zeros between: the
    tutorial's restored sensitivity map, extended by the remainder (7 - 3) mod 3 = 1."""
    rng = np.random.default_rng(2)
    x, w, dy = rng.normal(size=(7, 7)), rng.normal(size=(3, 3)), rng.normal(size=(2, 2))
    attrs = {"window": (3, 3), "filters": 1, "stride": (3, 3), "fit": "floor", "bias": "none"}
    found = run_layer(backend, "CONV", attrs, [x[None, None]], {"weight": w[None, None]}, dy[None, None])
    restored = np.zeros((5, 5))
    restored[::3, ::3] = dy
    np.testing.assert_allclose(found.y[0, 0], signal.correlate2d(x, w, "valid")[::3, ::3], rtol=1e-12)
    np.testing.assert_allclose(found.dxs[0][0, 0], signal.convolve2d(restored, w, "full"), rtol=1e-12, atol=1e-12)
    assert not found.dxs[0][0, 0, 6].any()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("draw", [conv, dwconv, deconv, pool])
def test_backward_is_the_transposed_map(backend: str, draw: object) -> None:
    """<A v, dy> = <v, A^T dy> for what is linear in x: CONV and its kin without bias, POOL mean."""
    rng = np.random.default_rng(4)
    seen = 0
    while seen < 40:
        graph = draw(rng)  # type: ignore[operator]
        attrs = graph.nodes[1].attrs
        if getattr(attrs, "mode", "mean") != "mean" or getattr(attrs, "bias", "none") != "none":
            continue
        seen += 1
        made, state = program(backend, graph), random_state(graph)
        v = rng.normal(size=(2, *graph.input.type.shape))
        passed = made.forward(state, v, training=True)
        dy = rng.normal(size=passed.outputs["main"].shape)
        dx = made.backward(state, passed.tape, {"main": dy}).input
        assert dx is not None
        np.testing.assert_allclose((passed.outputs["main"] * dy).sum(), (v * dx).sum(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_deconv_is_conv_transposed(backend: str) -> None:
    """<CONV x, y> = <x, DECONV y> with the same weights (N, D of the one are D, N of the other), for any stride, pads,
    dilation and groups; `extra` is what CONV's `floor` drops."""
    rng = np.random.default_rng(5)
    shapes = set()
    for _ in range(60):
        graph = deconv(rng)
        a, y_type, x_type = graph.nodes[1].attrs, graph.input.type, graph.nodes[1].type
        same = {f: getattr(a, f) for f in ("window", "stride", "pad", "dilate", "groups")}
        if any(e >= s for e, s in zip(a.extra, a.stride, strict=True)):
            continue  # such a CONV gives more than y
        shapes.add((a.stride, a.extra))
        weight = rng.normal(size=(y_type.depth, a.filters // a.groups, *a.window))
        x, y = rng.normal(size=(2, *x_type.shape)), rng.normal(size=(2, *y_type.shape))
        attrs = {**same, "filters": y_type.depth, "fit": "floor", "bias": "none"}
        forth = run_layer(backend, "CONV", attrs, [x], {"weight": weight}).y
        attrs = {**same, "filters": a.filters, "extra": a.extra, "bias": "none"}
        back = run_layer(backend, "DECONV", attrs, [y], {"weight": weight}).y
        np.testing.assert_allclose((forth * y).sum(), (x * back).sum(), rtol=1e-12, atol=1e-12)
    assert len(shapes) > 20


@pytest.mark.parametrize("backend", BACKENDS)
def test_depthwise_is_a_convolution_of_as_many_groups(backend: str) -> None:
    rng = np.random.default_rng(6)
    for _ in range(30):
        graph = dwconv(rng)
        a, depth = graph.nodes[1].attrs, graph.input.type.depth
        same = {f: getattr(a, f) for f in ("window", "stride", "pad", "dilate", "fit", "bias")}
        state = random_state(graph)
        params = {name.removeprefix("dwconv1."): array for name, array in state.items()}
        x, dy = rng.normal(size=(2, *graph.input.type.shape)), rng.normal(size=(2, *graph.nodes[1].type.shape))
        one = run_layer(backend, "DWCONV", {**same, "times": a.times}, [x], params, dy)
        other = run_layer(backend, "CONV", {**same, "filters": depth * a.times, "groups": depth}, [x], params, dy)
        for found, expected in [
            (one.y, other.y),
            (one.dxs[0], other.dxs[0]),
            *((one.dparams[name], array) for name, array in other.dparams.items()),
        ]:
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_mean_pool_without_overlap_is_a_kronecker_product(backend: str) -> None:
    """The tutorial's section 6.2.2."""
    dy = np.random.default_rng(0).normal(size=(2, 3))
    x = np.zeros((1, 1, 4, 6))
    found = run_layer(backend, "POOL", {"mode": "mean", "window": (2, 2)}, [x], {}, dy[None, None])
    np.testing.assert_allclose(found.dxs[0][0, 0], np.kron(dy, np.full((2, 2), 1 / 4)), rtol=1e-12)


MASK = 2**64 - 1


def philox(counter: int, key: tuple[int, int]) -> list[int]:
    """Philox4x64-10 as Salmon and others (2011) print it; four words for a counter."""
    c = [(counter >> 64 * i) & MASK for i in range(4)]
    k0, k1 = key
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(b >> 64) ^ c[1] ^ k0, b & MASK, (a >> 64) ^ c[3] ^ k1, a & MASK]
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & MASK, (k1 + 0xBB67AE8584CAA73B) & MASK
    return c


def test_philox_itself() -> None:
    """Random123's known answers for zeros and for ones."""
    assert philox(0, (0, 0)) == [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
    assert philox(2**256 - 1, (MASK, MASK)) == [
        0x87B092C3013FE90B,
        0x438C3C67BE8D0224,
        0x9CC7D7C69CD777B6,
        0xA09CAEBF594F0BA0,
    ]


@pytest.mark.parametrize(("seed", "step", "name"), [(0, 0, "dropout1"), (2**63 + 5, 70_000, "block2.dropout1")])
def test_uniform_is_philox(seed: int, step: int, name: str) -> None:
    key = (seed, step << 32 | crc32(name.encode()))
    words = [word for block in range(1, 4) for word in philox(block, key)]
    expected = np.array([(word >> 11) / 2**53 for word in words])
    assert np.array_equal(uniform(seed, step, name, (12,)), expected)
    assert np.array_equal(uniform(seed, step, name, (2, 5)), expected[:10].reshape(2, 5))
    memory = np.empty((3, 4))
    assert uniform(seed, step, name, (3, 4), out=memory) is memory
    assert np.array_equal(memory.ravel(), expected)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_mask_of_dropout(backend: str, dtype: str) -> None:
    """Kept where u >= p, divided by 1 - p; u from seed, step and name, whatever the type."""
    net = Net(3, 2, 2)
    net("DROPOUT", rate=0.75)
    made = program(backend, net.graph(), dtype, seed=11)
    x = np.arange(1.0, 25).reshape(2, 2, 3, 2)
    passed = made.forward({}, x, training=True, step=6)
    kept = uniform(11, 6, "dropout1", x.shape) >= 0.75
    assert 0 < kept.sum() < kept.size
    assert np.array_equal(passed.outputs["main"], np.where(kept, 4 * x, 0))
    assert np.array_equal(made.backward({}, passed.tape, {"main": x}).input, np.where(kept, 4 * x, 0))
    assert np.array_equal(made.forward({}, x, step=6).outputs["main"], x)
    assert not np.array_equal(made.forward({}, x, training=True, step=7).outputs["main"], passed.outputs["main"])
    other = program(backend, net.graph(), dtype, seed=12).forward({}, x, training=True, step=6).outputs["main"]
    assert not np.array_equal(other, passed.outputs["main"])
