"""PyTorch as oracle of training: the losses, and 20 steps of every optimizer, alone and in a network.

The rules are the same number for number, RMSProp's too: both add eps to the root, not under it. Four things are told
to PyTorch in another way here, since its own way is another:

- Which parameters decay: PyTorch decays all it is given, so those that do not are a group of their own.
- RMSProp's `rho` is its `alpha`, of 0.99 where ours is 0.9; AdamW's `decay` is its `weight_decay`.
- `mse` takes labels; PyTorch is given their onehot vectors.
- `clip` scales by clip/norm; PyTorch's clip_grad_norm_ by clip/(norm + 1e-6), so the scale is written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle here: pip install torch==2.13.0")

import torch
import torch.nn.functional as F  # noqa: N812

import cnndsl
from cnndsl.backends.protocol import Objective, Options
from cnndsl.recipe import losses, optimizers
from cnndsl.recipe.spec import Setting
from cnndsl.training.init import initial_state
from cnndsl.training.losses import MAKERS, make_loss
from cnndsl.training.objective import make_objective
from cnndsl.training.optim import BLOCK, make_optimizer

from .reference import forward

Tensor = torch.Tensor


def onehot(labels: Tensor, output: Tensor) -> Tensor:
    return F.one_hot(labels, output.shape[1]).to(output.dtype)


LOSSES: Mapping[str, tuple[str, dict[str, float], Callable[[Tensor, Tensor], Tensor]]] = {
    "cross_entropy": ("cross_entropy", {}, F.cross_entropy),
    "cross_entropy, smoothed": (
        "cross_entropy",
        {"smooth": 0.2},
        lambda y, t: F.cross_entropy(y, t, label_smoothing=0.2),
    ),
    "mse": ("mse", {}, lambda y, t: F.mse_loss(y, onehot(t, y))),
    "bce": ("bce", {}, lambda y, t: F.binary_cross_entropy_with_logits(y, onehot(t, y))),
}
"""Ours by word and options, and PyTorch's."""


@pytest.mark.parametrize("scale", [1, 200])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str, scale: float) -> None:
    """Value and gradient, of logits so far apart too that their exponentials overflow."""
    word, options, theirs = LOSSES[name]
    rng = np.random.default_rng(0)
    logits, labels = scale * rng.normal(size=(6, 5)), rng.integers(0, 5, 6)
    loss, g = make_loss(Setting(word, losses.LOSS.entry(word).attrs(**options)))(logits.copy(), labels)
    x = torch.tensor(logits, requires_grad=True)
    expected = theirs(x, torch.tensor(labels))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(g, x.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_mse_of_numbers() -> None:
    rng = np.random.default_rng(0)
    y, target = rng.normal(size=(2, 4, 3))
    loss, g = make_loss(Setting("mse", losses.LOSS.entry("mse").attrs()))(y.copy(), target)
    x = torch.tensor(y, requires_grad=True)
    expected = F.mse_loss(x, torch.tensor(target))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(g, x.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_every_loss_that_trains_is_compared() -> None:
    assert {word for word, _, _ in LOSSES.values()} == MAKERS.keys()


Make = Callable[[Iterable[Any]], torch.optim.Optimizer]
OPTIMIZERS: Mapping[str, tuple[Any, float, Make]] = {
    "sgd": (optimizers.SGD(), 0, lambda w: torch.optim.SGD(w, 0.1)),
    "sgd, decay": (optimizers.SGD(decay=0.03), 0.03, lambda w: torch.optim.SGD(w, 0.1)),
    "momentum": (optimizers.SGD(momentum=0.9), 0, lambda w: torch.optim.SGD(w, 0.1, momentum=0.9)),
    "momentum, decay": (
        optimizers.SGD(momentum=0.8, decay=0.03),
        0.03,
        lambda w: torch.optim.SGD(w, 0.1, momentum=0.8),
    ),
    "nesterov, decay": (
        optimizers.SGD(momentum=0.9, nesterov=True, decay=0.01),
        0.01,
        lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, nesterov=True),
    ),
    "adam": (optimizers.Adam(), 0, lambda w: torch.optim.Adam(w, 0.1)),
    "adam, decay": (optimizers.Adam(decay=0.02), 0.02, lambda w: torch.optim.Adam(w, 0.1)),
    "adam, other betas": (
        optimizers.Adam(beta1=0.5, beta2=0.9, eps=1e-3),
        0,
        lambda w: torch.optim.Adam(w, 0.1, betas=(0.5, 0.9), eps=1e-3),
    ),
    "adamw": (optimizers.AdamW(), 0.01, lambda w: torch.optim.AdamW(w, 0.1)),
    "adamw, decay": (
        optimizers.AdamW(beta1=0.8, eps=1e-4, decay=0.05),
        0.05,
        lambda w: torch.optim.AdamW(w, 0.1, betas=(0.8, 0.999), eps=1e-4),
    ),
    "rmsprop": (optimizers.RMSProp(), 0, lambda w: torch.optim.RMSprop(w, 0.1, alpha=0.9)),
    "rmsprop, large eps, decay": (
        optimizers.RMSProp(rho=0.8, eps=0.1, decay=0.01),
        0.01,
        lambda w: torch.optim.RMSprop(w, 0.1, alpha=0.8, eps=0.1),
    ),
}
"""Ours, how much it decays, and PyTorch's of the same rule."""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_over_twenty_steps(name: str) -> None:
    """Of sum(sin(w)*a + w^2*b), each from its own weights: more than a block of them that decay, some that do not.

    The rate is another at every step.
    """
    attrs, decay, make = OPTIMIZERS[name]
    rng = np.random.default_rng(3)
    ours = [rng.normal(size=(2, BLOCK // 2 + 7)), rng.normal(size=(7, 5))]
    theirs = [torch.tensor(w.copy(), requires_grad=True) for w in ours]
    optimizer = make_optimizer(Setting(type(attrs).__name__.lower(), attrs))
    other = make([{"params": theirs[:1], "weight_decay": decay}, {"params": theirs[1:], "weight_decay": 0}])
    slots = [{slot: np.zeros_like(w) for slot in optimizer.slots} for w in ours]
    for step in range(1, 21):
        lr = 0.1 / (1 + step % 3)
        for group in other.param_groups:
            group["lr"] = lr
        other.zero_grad()
        for w, v, kept, decays in zip(ours, theirs, slots, (True, False), strict=True):
            a, b = rng.normal(size=w.shape), rng.uniform(size=w.shape)
            optimizer.update(w, np.cos(w) * a + 2 * w * b, kept, step=step, lr=lr, decay=decays)
            (torch.sin(v) * torch.tensor(a) + v**2 * torch.tensor(b)).sum().backward()
        other.step()
        for w, v in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(w, v.detach().numpy(), rtol=1e-9, atol=1e-9, err_msg=f"step {step}")


NETWORK = """
INPUT 6x6x2
CONV 3x3 *4 pad 1 nobias -> BN -> RELU -> DROPOUT 0.3
ADD( DWCONV 3x3 pad 1 -> GN 2 | ID ) -> TANH
HEAD side( POOL mean global -> FC 3 )
POOL max 3 stride 2 ceil
DECONV 2x2 *3 stride 2 groups 1 leaky
BN noscale
FC 5
"""
TRAINING = {
    "sgd lr 0.05 momentum 0.9 decay 1e-2": lambda w: torch.optim.SGD(w, 0.05, momentum=0.9),
    "sgd lr 0.05 momentum 0.9 nesterov": lambda w: torch.optim.SGD(w, 0.05, momentum=0.9, nesterov=True),
    "adam lr 0.01 decay 1e-2": lambda w: torch.optim.Adam(w, 0.01),
    "adamw lr 0.01 decay 0.1": lambda w: torch.optim.AdamW(w, 0.01),
    "rmsprop lr 0.01 rho 0.9 eps 1e-3": lambda w: torch.optim.RMSprop(w, 0.01, alpha=0.9, eps=1e-3),
}


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("backend", ["naive", "vectorized"])
@pytest.mark.parametrize("optimizer", TRAINING)
def test_a_network_over_twenty_steps(optimizer: str, backend: str, clip: float | None) -> None:
    """Losses of two outputs, weighted; decay of weights alone; running statistics: all of it, step by step."""
    lines = f"optimizer {optimizer}; loss main cross_entropy smooth 0.1; loss side mse weight 0.3"
    network = cnndsl.loads(f"{NETWORK}\ntrain {{ {lines} }}")
    graph, recipe = network.graph, network.recipe
    rate = recipe.optimizer.attrs.lr
    weights = {name: loss.attrs.weight for name, loss in recipe.losses.items()}
    made = {name: make_loss(loss) for name, loss in recipe.losses.items()}
    objective = Objective(made, make_optimizer(recipe.optimizer), weights, clip)
    state = initial_state(graph, 5, recipe.init, "float64")
    program = network.registry.backend(backend).compile_training(graph, objective, state, Options("float64", seed=5))
    trained = [name for name, spec in graph.params.items() if spec.trained]
    arrays = {name: torch.tensor(array.copy(), requires_grad=name in trained) for name, array in state.items()}
    decaying = {f"{layer}.weight" for layer in ("conv1", "dwconv1", "deconv1", "fc1", "side.fc1")}
    assert decaying < arrays.keys()
    theirs = TRAINING[optimizer](
        [
            {
                "params": [arrays[n] for n in trained if n in decaying],
                "weight_decay": recipe.optimizer.attrs.decay,
            },
            {"params": [arrays[n] for n in trained if n not in decaying], "weight_decay": 0},
        ]
    )
    rng = np.random.default_rng(8)
    clipped = 0
    for step in range(20):
        x = rng.normal(size=((6, 4)[step % 2], 2, 6, 6))
        targets = {"main": rng.integers(0, 5, len(x)), "side": rng.integers(0, 3, len(x))}
        loss = program.step(x, targets, step=step, lr=rate).loss
        theirs.zero_grad()
        outputs, buffers = forward(graph, arrays, torch.tensor(x), training=True, seed=5, step=step)
        labels = {name: torch.tensor(target) for name, target in targets.items()}
        expected = F.cross_entropy(outputs["main"], labels["main"], label_smoothing=0.1)
        expected = expected + 0.3 * F.mse_loss(outputs["side"], onehot(labels["side"], outputs["side"]))
        expected.backward()  # type: ignore[no-untyped-call]
        if clip is not None:
            norm = torch.cat([arrays[name].grad.flatten() for name in trained]).norm()  # type: ignore[union-attr]
            clipped += bool(norm > clip)
            for name in trained:
                arrays[name].grad *= min(1.0, clip / norm)  # type: ignore[operator]
        theirs.step()
        arrays.update(buffers)
        assert loss == pytest.approx(expected.item(), rel=1e-9)
        for name, array in program.state().items():
            found = arrays[name].detach().numpy()
            np.testing.assert_allclose(array, found, rtol=1e-8, atol=1e-8, err_msg=f"{name}, step {step}")
    assert clip is None or clipped


@pytest.mark.parametrize("backend", ["naive", "vectorized"])
def test_averages_frozen_parameters_norms_and_binary_cross_entropy(backend: str) -> None:
    """Ten steps of plain descent on two outputs: PyTorch's own average of the weights, and lengths of its gradients."""
    lines = 'optimizer sgd lr 0.05; loss main bce; loss side bce weight 0.3; ema 0.8; freeze "conv*"; freeze "bn2*"'
    network = cnndsl.loads(f"{NETWORK}\ntrain {{ {lines} }}")
    graph, recipe = network.graph, network.recipe
    state = initial_state(graph, 5, recipe.init, "float64")
    objective = make_objective(recipe, graph)
    program = network.registry.backend(backend).compile_training(graph, objective, state, Options("float64", seed=5))
    frozen = {"conv1.weight", "bn2.running_mean", "bn2.running_var"}
    assert objective.frozen == frozen
    trained = [name for name, spec in graph.params.items() if spec.trained and name not in frozen]
    arrays = {name: torch.tensor(array.copy(), requires_grad=name in trained) for name, array in state.items()}
    average = [arrays[name].detach().clone() for name in trained]
    rng = np.random.default_rng(8)
    for step in range(10):
        x = rng.normal(size=(6, 2, 6, 6))
        targets = {"main": rng.uniform(size=(6, 5)), "side": rng.integers(0, 3, 6)}
        done = program.step(x, targets, step=step, lr=0.05)
        outputs, buffers = forward(graph, arrays, torch.tensor(x), training=True, seed=5, step=step)
        main = F.binary_cross_entropy_with_logits(outputs["main"], torch.tensor(targets["main"]))
        wanted = onehot(torch.tensor(targets["side"]), outputs["side"])
        side = F.binary_cross_entropy_with_logits(outputs["side"], wanted)
        grads = torch.autograd.grad(main + 0.3 * side, [arrays[name] for name in trained])
        assert done.losses == pytest.approx({"main": main.item(), "side": side.item()}, rel=1e-9)
        assert done.norms == pytest.approx({n: g.norm().item() for n, g in zip(trained, grads, strict=True)}, rel=1e-6)
        with torch.no_grad():
            for name, g in zip(trained, grads, strict=True):
                arrays[name] -= 0.05 * g
            now = [arrays[name].detach() for name in trained]
            if step == 0:
                average = [a.clone() for a in now]
            else:
                torch.optim.swa_utils.get_ema_multi_avg_fn(0.8)(average, now, step)  # type: ignore[no-untyped-call]
        arrays.update({name: array for name, array in buffers.items() if name not in frozen})
    for name, array in program.state().items():
        np.testing.assert_allclose(array, arrays[name].detach().numpy(), rtol=1e-8, atol=1e-8, err_msg=name)
    averages = program.averages()
    assert list(averages) == trained
    for name, array in zip(trained, average, strict=True):
        np.testing.assert_allclose(averages[name], array.numpy(), rtol=1e-8, atol=1e-8, err_msg=name)
    asked = {**arrays, **dict(zip(trained, average, strict=True))}
    expected, _ = forward(graph, asked, torch.tensor(x), training=False, seed=5, step=0)
    np.testing.assert_allclose(program.predict(x)["main"], expected["main"].detach().numpy(), rtol=1e-8)
