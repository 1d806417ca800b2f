"""PyTorch as oracle: every layer's outputs and gradients, whole networks, losses, optimizers over 20 steps.

Needs PyTorch: pip install torch==2.13.0. Runs alone: python -m pytest tests/suites/torch -s, which prints the figures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle here: pip install torch==2.13.0")

import torch
import torch.nn.functional as F  # noqa: N812

import cnndsl
from cnndsl.backends.protocol import Options
from cnndsl.ir.graph import Graph
from cnndsl.ops.spec import Op
from cnndsl.plugins import load
from cnndsl.recipe import losses, optimizers
from cnndsl.recipe.spec import Setting
from cnndsl.resources import folder
from cnndsl.testing.geometry import KINDS, drawn
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import batch_of, outside, random_state, spread, through
from cnndsl.training.losses import make_loss
from cnndsl.training.optim import make_optimizer

from .reference import LAYERS, run

SEED, STEP = 5, 2
BACKENDS = ("naive", "vectorized")
RUNNERS = {name: load().backend(name) for name in BACKENDS}
SHARE = 0.5


def compare(graph: Graph, backend: str, *, dtype: str = "float64", bound: float = 1e-9, batch: int = 3) -> None:
    """A pass in training with all gradients, and one outside."""
    rng = np.random.default_rng(1)
    state, x = random_state(graph, rng), spread(rng, batch_of(graph, batch))
    if x.size > 4096:  # values 0.1 apart would grow too large
        x = rng.normal(size=x.shape)
        state = {k: a if k.endswith(("_mean", "_var")) else a / max(1, np.sqrt(a[0].size)) for k, a in state.items()}
    dys = {name: rng.normal(size=(batch, *graph[at].type.shape)) for name, at in graph.outputs.items()}
    program = RUNNERS[backend].compile(graph, Options(dtype, SEED))

    def cast(arrays: dict[str, Any]) -> dict[str, Any]:
        return {name: array.astype(dtype) for name, array in arrays.items()}

    ours = through(program, cast(state), x.astype(dtype), cast(dys), step=STEP)
    asked = outside(program, cast(state), x.astype(dtype))
    theirs = run(graph, state, x, dys, seed=SEED, step=STEP)
    plain = run(graph, state, x, None)

    def same(what: str, found: Any, expected: Any) -> None:
        largest = max(1.0, float(np.abs(expected).max())) if expected.size else 1.0
        np.testing.assert_allclose(found, expected, rtol=bound, atol=bound * largest, err_msg=what)

    for name, y in theirs.outputs.items():
        same(f"output {name}", ours.outputs[name], y)
        same(f"output {name} outside training", asked.outputs[name], plain.outputs[name])
    for name, array in theirs.buffers.items():
        same(name, ours.buffers[name], array)
    same("gradient of the input", ours.dx, theirs.dx)
    assert ours.dparams.keys() == theirs.dparams.keys()
    for name, g in theirs.dparams.items():
        same(f"gradient of {name}", ours.dparams[name], g)


def tried(text: str, *given: Any, **named: Any) -> None:
    try:
        compare(*given, **named)
    except Exception as error:
        error.add_note(text)
        raise


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_layers(kind: str, backend: str) -> None:
    """With every option, drawn at random: pads of each side, (W - F + 2P) mod S not 0, groups, dilation, ceil."""
    count = 0
    for text, graph in drawn(kind, np.random.default_rng(7), SHARE):
        tried(text, graph, backend)
        count += 1
    print(f"\n{backend}: {count} configurations of {kind}")


def test_there_are_enough() -> None:
    assert sum(max(1, round(SHARE * count)) for _, count in KINDS.values()) >= 300
    computing = {op.keyword for op in load().layers.values() if op.kind not in ("input", "empty", "head")}
    assert computing == LAYERS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_layers_in_float32(kind: str) -> None:
    for text, graph in drawn(kind, np.random.default_rng(8), 0.1):
        tried(text, graph, "vectorized", dtype="float32", bound=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, backend: str) -> None:
    compare(NETWORKS[name](), backend, bound=1e-8)


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
def test_whole_models(name: str) -> None:
    """As they are written, at a smaller input: outputs, running statistics, all gradients."""
    models = folder("models")
    whole, small = MODELS[name]
    text = (models / f"{name}.cnn").read_text(encoding="utf-8")
    assert f"INPUT {whole}" in text
    text = text.replace(f"INPUT {whole}", f"INPUT {small}")
    graph = cnndsl.loads(text, base=models).graph
    compare(graph, "vectorized", bound=1e-7, batch=2)


# ---- losses and optimizers


def test_losses() -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(6, 5)), rng.integers(0, 5, 6)
    for smooth in (0.0, 0.2):
        attrs = losses.LOSS.entry("cross_entropy").attrs(smooth=smooth)
        loss, g = make_loss(Setting("cross_entropy", attrs))(logits.copy(), labels)
        x = torch.tensor(logits, requires_grad=True)
        theirs = F.cross_entropy(x, torch.tensor(labels), label_smoothing=smooth)
        theirs.backward()
        assert loss == pytest.approx(theirs.item(), rel=1e-12)
        np.testing.assert_allclose(g, x.grad.numpy(), rtol=1e-12, atol=1e-15)
    loss, g = make_loss(Setting("mse", losses.LOSS.entry("mse").attrs()))(logits.copy(), labels)
    x = torch.tensor(logits, requires_grad=True)
    theirs = F.mse_loss(x, F.one_hot(torch.tensor(labels), 5).double())
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(g, x.grad.numpy(), rtol=1e-12, atol=1e-15)


OPTIMIZERS = {
    "sgd": (optimizers.SGD(), lambda w: torch.optim.SGD(w, 0.1)),
    "momentum": (optimizers.SGD(momentum=0.9), lambda w: torch.optim.SGD(w, 0.1, momentum=0.9)),
    "nesterov": (
        optimizers.SGD(momentum=0.9, nesterov=True, decay=0.01),
        lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "adam": (optimizers.Adam(decay=0.02), lambda w: torch.optim.Adam(w, 0.1, weight_decay=0.02)),
    "adam, other betas": (
        optimizers.Adam(beta1=0.5, beta2=0.9, eps=1e-3),
        lambda w: torch.optim.Adam(w, 0.1, betas=(0.5, 0.9), eps=1e-3),
    ),
    "adamw": (optimizers.AdamW(decay=0.05), lambda w: torch.optim.AdamW(w, 0.1, weight_decay=0.05)),
    "rmsprop": (
        optimizers.RMSProp(rho=0.8, eps=1e-6, decay=0.01),
        lambda w: torch.optim.RMSprop(w, 0.1, alpha=0.8, eps=1e-6, weight_decay=0.01),
    ),
}
"""Ours, and PyTorch's of the same rule, at a rate of 0.1."""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_over_twenty_steps(name: str) -> None:
    """The same losses of the same weights, each step from its own: sum of sin(w)*a + w^2*b."""
    attrs, theirs = OPTIMIZERS[name]
    rng = np.random.default_rng(3)
    w = rng.normal(size=(7, 5))
    other = torch.tensor(w.copy(), requires_grad=True)
    ours, optimizer = make_optimizer(Setting(type(attrs).__name__.lower(), attrs)), theirs([other])
    slots = {slot: np.zeros_like(w) for slot in ours.slots}
    for step in range(1, 21):
        a, b = rng.normal(size=w.shape), rng.uniform(size=w.shape)
        ours.update(w, np.cos(w) * a + 2 * w * b, slots, step=step, lr=0.1, decay=True)
        optimizer.zero_grad()
        (torch.sin(other) * torch.tensor(a) + other**2 * torch.tensor(b)).sum().backward()
        optimizer.step()
        np.testing.assert_allclose(w, other.detach().numpy(), rtol=1e-9, atol=1e-12, err_msg=f"step {step}")


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
