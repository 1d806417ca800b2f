"""Networks built from records, kernels run by themselves, memory that shows who reads what it never wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from cnndsl.backends.context import TableContext
from cnndsl.backends.layout import shaped
from cnndsl.backends.protocol import Array, Kernel, Layout, Options
from cnndsl.backends.table import TableBackend
from cnndsl.backends.tableprogram import TableProgram
from cnndsl.backends.workspace import Workspace
from cnndsl.builtin import PLUGIN
from cnndsl.diagnostics import CnnError
from cnndsl.ir.graph import Graph
from cnndsl.ir.types import TensorType
from cnndsl.plugins import registry
from cnndsl.testing import subject
from cnndsl.testing.build import Net, layer

REGISTRY = registry((PLUGIN,))
BACKENDS: dict[str, TableBackend] = {name: REGISTRY.backend(name) for name in ("naive", "vectorized")}


def program(backend: str, graph: Graph, dtype: str = "float64", seed: int = 0) -> TableProgram:
    return BACKENDS[backend].compile(graph, Options(dtype=dtype, seed=seed))


def small() -> Graph:
    """A network with a convolution, running statistics and an FC."""
    net = Net(4, 5, 2)
    net("CONV", window=(3, 3), filters=3)
    net("BN")
    net("FC", units=2)
    return net.graph()


def batch(graph: Graph, count: int = 2, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(count, *graph.input.type.shape))


def random_state(graph: Graph, seed: int = 0) -> dict[str, Array]:
    """Parameters and buffers of any value, variances above 0."""
    return subject.random_state(graph, np.random.default_rng(seed))


class Poisoned(Workspace):
    """Every array that is not asked for as cleared comes full of what nobody put there."""

    def array(self, key: Any, shape: tuple[int, ...], dtype: np.dtype[Any], *, zero: bool = False) -> Array:
        found = super().array(key, shape, dtype, zero=zero)
        if not zero:
            found.fill(np.nan if dtype.kind == "f" else 77)
        return found


class Result(NamedTuple):
    y: Array
    buffers: dict[str, Array]
    dxs: tuple[Array | None, ...]
    dparams: dict[str, Array]


def kernels(backend: str) -> Mapping[str, Kernel]:
    tables = REGISTRY.kernel_tables()
    return {**tables["naive"], **tables[backend]}


def run_layer(
    backend: str,
    keyword: str,
    attrs: Mapping[str, Any],
    xs: Sequence[Array],
    params: Mapping[str, Array],
    dy: Array | None = None,
    training: bool = True,
) -> Result:
    """One kernel by itself, forward and, with `dy`, backward."""
    types = tuple(TensorType.vector(x.shape[1]) if x.ndim == 2 else _map(x) for x in xs)
    node = layer("x1", keyword, attrs, [f"in{i}" for i in range(len(xs))], types)
    forward, backward, layout, _ = kernels(backend)[keyword]
    lies: Layout = "rows" if layout == "rows" else "lanes"
    ctx = TableContext(
        node,
        types,
        (True,) * len(xs),
        Poisoned(),
        [Poisoned()],
        xs[0].dtype,
        training=training,
        draw=(0, 0),
        layout=lies,
    )
    y, saved, buffers = forward(node.attrs, params, tuple(lying(x, lies) for x in xs), ctx)
    assert y.shape == (len(xs[0]), *node.type.shape)
    if dy is None:
        return Result(y, buffers, (), {})
    return Result(y, buffers, *backward(node.attrs, params, saved, lying(dy, lies), ctx))


def lying(x: Array, layout: Layout) -> Array:
    """A copy of x in that layout."""
    copy = shaped(np.empty(x.size, x.dtype), x.shape, layout)
    np.copyto(copy, x)
    return copy


def _map(x: Array) -> TensorType:
    return TensorType(x.shape[2], x.shape[3], x.shape[1])


def refused(code: str, action: Callable[[], Any]) -> str:
    """The text of the one error of that code that `action` raises, with notes and help."""
    with pytest.raises(CnnError) as caught:
        action()
    (found,) = caught.value.diagnostics
    assert found.code == code, found
    return "\n".join((found.message, *found.notes, *found.help))
