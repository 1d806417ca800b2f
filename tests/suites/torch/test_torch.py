"""PyTorch as oracle: every layer's outputs and all its gradients, and those of whole networks.

Needs PyTorch: pip install torch==2.13.0. Runs alone: python -m pytest -s tests/suites/torch, which prints the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle here: pip install torch==2.13.0")

import torch

import cnndsl
from cnndsl.backends.protocol import Backend, Kernel, Options
from cnndsl.backends.table import TableBackend
from cnndsl.ir.graph import Graph
from cnndsl.ops.spec import Op
from cnndsl.plugins import load
from cnndsl.resources import folder
from cnndsl.testing.geometry import KINDS, drawn
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import batch_of, outside, random_state, spread, through

from .options import POOL, texts
from .reference import LAYERS, Result, run

SEED, STEP = 5, 2
BACKENDS = ("naive", "vectorized")
RUNNERS = {name: load().backend(name) for name in BACKENDS}
SHARE = 0.5
BOUND = {"float64": 1e-9, "float32": 1e-4}
"""Largest difference, as a share of the value and of the array's largest value, which counts as 1 at least."""


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[str]]:
    """Counts what was compared, and prints it at the end."""
    counted: Counter[str] = Counter()
    yield counted
    print(f"\n\nPyTorch {torch.__version__}: forward in training and outside, and all gradients, compared")
    for what, count in counted.items():
        print(f"{count:6} {what}")


def compare(
    graph: Graph, backend: Backend, *, dtype: str = "float64", batch: int = 3, x: np.ndarray[Any, Any] | None = None
) -> Result:
    """A pass in training with all gradients, and one outside. PyTorch computes in float64 whatever `dtype` is.

    Inputs reach past 6 and no further than 8, weights are divided by the root of their fan-in: activations are tried
    on both sides of their bends, and not only where they are flat, where float32 knows no gradient.
    """
    rng = np.random.default_rng(1)
    state = random_state(graph, rng)
    state = {k: a if k.endswith(("_mean", "_var")) else a / np.sqrt(max(1, a[0].size)) for k, a in state.items()}
    if x is None:
        x = spread(rng, batch_of(graph, batch))
        x = rng.normal(size=x.shape) if x.size > 4096 else x * min(1, 8 / np.abs(x).max())
    dys = {name: rng.normal(size=(len(x), *graph[at].type.shape)) for name, at in graph.outputs.items()}
    program = backend.compile(graph, Options(dtype, SEED))

    def cast(arrays: dict[str, Any]) -> dict[str, Any]:
        return {name: array.astype(dtype) for name, array in arrays.items()}

    ours = through(program, cast(state), x.astype(dtype), cast(dys), step=STEP)
    asked = outside(program, cast(state), x.astype(dtype))
    theirs = run(graph, state, x, dys, seed=SEED, step=STEP)
    plain = run(graph, state, x, None)
    bound = BOUND[dtype]

    def same(what: str, found: Any, expected: Any) -> None:
        assert found.dtype == dtype, what
        assert np.isfinite(expected).all(), what
        largest = max(1.0, float(np.abs(expected).max())) if expected.size else 1.0
        np.testing.assert_allclose(found, expected, rtol=bound, atol=bound * largest, err_msg=what)

    assert ours.outputs.keys() == asked.outputs.keys() == theirs.outputs.keys()
    for name, y in theirs.outputs.items():
        same(f"output {name}", ours.outputs[name], y)
        same(f"output {name} outside training", asked.outputs[name], plain.outputs[name])
    assert ours.buffers.keys() == theirs.buffers.keys()
    for name, array in theirs.buffers.items():
        same(name, ours.buffers[name], array)
    same("gradient of the input", ours.dx, theirs.dx)
    assert ours.dparams.keys() == theirs.dparams.keys()
    for name, g in theirs.dparams.items():
        same(f"gradient of {name}", ours.dparams[name], g)
    return theirs


def tried(text: str, *given: Any, **named: Any) -> None:
    try:
        compare(*given, **named)
    except Exception as error:
        error.add_note(text)
        raise


# ---- layers


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_layers_drawn(kind: str, backend: str, tally: Counter[str]) -> None:
    """Options at random: pads of each side, (W - F + 2P) mod S not 0, groups, dilation, ceil."""
    for text, graph in drawn(kind, np.random.default_rng(7), SHARE):
        tried(text, graph, RUNNERS[backend])
        tally[f"layers drawn at random, {backend}, float64"] += 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_options_written(backend: str, tally: Counter[str]) -> None:
    """Each option once, and each activation as a layer's trailing word, which vectorized fuses."""
    for text in texts():
        tried(text, cnndsl.loads(text).graph, RUNNERS[backend])
        tally[f"options written out, {backend}, float64"] += 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_in_float32(backend: str, tally: Counter[str]) -> None:
    found = [(text, cnndsl.loads(text).graph) for text in texts()]
    for kind in KINDS:
        found += drawn(kind, np.random.default_rng(8), 0.1)
    for text, graph in found:
        tried(text, graph, RUNNERS[backend], dtype="float32")
        tally[f"of both, {backend}, float32"] += 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_ties_of_a_maximum(backend: str, tally: Counter[str]) -> None:
    """Both give the gradient to the first in row order: three values, so that nearly every window has a tie."""
    for arguments in POOL:
        x = np.random.default_rng(4).integers(-1, 2, (3, 2, 7, 7)).astype(float)
        text = f"INPUT 7x7x2\nPOOL max {arguments}"
        tried(text, cnndsl.loads(text).graph, RUNNERS[backend], x=x)
        tally[f"pools with ties, {backend}, float64"] += 1


def test_there_are_enough() -> None:
    graphs = [cnndsl.loads(text).graph for text in texts()]
    assert len({*texts()}) == len(graphs)
    for kind in KINDS:
        graphs += [graph for _, graph in drawn(kind, np.random.default_rng(7), SHARE)]
    assert len(graphs) >= 600
    computing = {op.keyword for op in load().layers.values() if op.kind not in ("input", "empty", "head")}
    assert computing == LAYERS.keys()
    assert computing == {node.keyword for graph in graphs for node in graph.nodes[1:]}


# ---- networks


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, backend: str, tally: Counter[str]) -> None:
    compare(NETWORKS[name](), RUNNERS[backend])
    tally[f"small networks, {backend}, float64"] += 1


MODELS = {
    "resnet18": ("224x224x3", "64x64x3"),
    "googlenet": ("224x224x3", "64x64x3"),
    "mobilenet_v2": ("224x224x3", "64x64x3"),
    "resnet18_cifar": ("32x32x3", "32x32x3"),
    "densenet121": ("224x224x3", "64x64x3"),
    "lenet5": ("32x32x1", "32x32x1"),
}
"""Models that ship, and a smaller input for each."""


@pytest.mark.parametrize("name", MODELS)
def test_whole_models(name: str, tally: Counter[str]) -> None:
    """As they are written, at a smaller input: outputs, running statistics, all gradients.

    Gradients far below the bound would show nothing. There are some: what goes through CONV and BN alone into another
    BN in training does not depend on the first one's shift, so its gradient is 0 (MobileNetV2's linear bottlenecks).
    """
    models = folder("models")
    whole, small = MODELS[name]
    text = (models / f"{name}.cnn").read_text(encoding="utf-8")
    assert f"INPUT {whole}" in text
    text = text.replace(f"INPUT {whole}", f"INPUT {small}")
    found = compare(cnndsl.loads(text, base=models).graph, RUNNERS["vectorized"], batch=2)
    sizes = {parameter: float(np.abs(g).max()) for parameter, g in found.dparams.items()}
    small_ones = {parameter for parameter, size in sizes.items() if size < 1e-3}
    assert all(parameter.endswith(".bias") for parameter in small_ones)
    assert len(small_ones) < len(sizes) / 8
    tally["whole models, vectorized, float64"] += 1


# ---- the oracle finds what is wrong


def test_a_wrong_argument_is_found() -> None:
    """The same comparison with another slope on our side fails."""
    graph = cnndsl.loads("INPUT 3x3x1; LEAKY 0.1").graph
    node = graph.nodes[1]
    assert isinstance(node.op, Op)
    other = Graph(graph.name, (graph.nodes[0], replace(node, attrs=replace(node.attrs, slope=0.11))), graph.outputs)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 1, 3, 3))
    ours = outside(RUNNERS["naive"].compile(other, Options("float64")), {}, x).outputs["main"]
    assert not np.allclose(ours, run(graph, {}, x, None).outputs["main"])


def _off(kernel: Kernel, part: str) -> Kernel:
    """The kernel with one part of its result a millionth too large."""

    def forward(a: Any, params: Any, xs: Any, ctx: Any) -> Any:
        y, saved, buffers = kernel.forward(a, params, xs, ctx)
        if part in buffers:
            buffers = {**buffers, part: buffers[part] * (1 + 1e-6)}
        return (y * (1 + 1e-6) if part == "y" else y), saved, buffers

    def backward(a: Any, params: Any, saved: Any, dy: Any, ctx: Any) -> Any:
        dxs, dparams = kernel.backward(a, params, saved, dy, ctx)
        dxs = tuple(dx * (1 + 1e-6) for dx in dxs) if part == "dx" else dxs
        return dxs, {name: g * (1 + 1e-6) if name == part else g for name, g in dparams.items()}

    return kernel._replace(forward=forward, backward=backward)


@pytest.mark.parametrize(
    ("step", "part"),
    [
        *((step, part) for step in ("CONV 3x3 *2", "DECONV 2x2 *2", "FC 3", "BN") for part in ("y", "weight", "bias")),
        *(
            (step, "dx")
            for step in ("CONV 3x3 *2", "POOL max 2 ceil", "BN", "LN", "SOFTMAX", "PRELU", "MUL( ID | ID )")
        ),
        ("BN", "running_mean"),
        ("BN", "running_var"),
        ("PRELU", "weight"),
    ],
)
def test_what_is_a_millionth_off_is_found(step: str, part: str) -> None:
    kernels = load().kernel_tables()["naive"]
    keyword = step.split("(")[0].split()[0]
    graph = cnndsl.loads(f"INPUT 5x5x2\n{step}").graph
    compare(graph, TableBackend("right", kernels))
    wrong = TableBackend("wrong", {**kernels, keyword: _off(kernels[keyword], part)})
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        compare(graph, wrong)
