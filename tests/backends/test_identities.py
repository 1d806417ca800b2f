"""DWCONV as CONV of as many groups; the random numbers of DROPOUT, against Random123."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest

from cnndsl.backends.protocol import uniform
from cnndsl.testing.build import Net
from cnndsl.testing.geometry import dwconv
from cnndsl.testing.subject import random_state

from .support import BACKENDS, program, run_layer


@pytest.mark.parametrize("backend", BACKENDS)
def test_depthwise_is_a_convolution_of_as_many_groups(backend: str) -> None:
    rng = np.random.default_rng(6)
    for _ in range(30):
        graph = dwconv(rng)
        a, depth = graph.nodes[1].attrs, graph.input.type.depth
        same = {f: getattr(a, f) for f in ("window", "stride", "pad", "dilate", "fit", "bias")}
        state = random_state(graph, rng)
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
