"""What is written for PyTorch computes what we compute. Needs PyTorch: pip install torch==2.13.0."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch runs what is written for it: pip install torch==2.13.0")

import torch

import cnndsl
from cnndsl.backends.protocol import Options
from cnndsl.interchange.torch.module import write
from cnndsl.ir.graph import Graph
from cnndsl.plugins import load
from cnndsl.resources import folder
from cnndsl.testing.geometry import KINDS, drawn
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import batch_of, outside, random_state, through

BACKEND = load().backend("vectorized")


def module(graph: Graph, state: dict[str, Any], path: Path) -> Any:
    """The written module with its weights, in float64."""
    files = write(graph, state)
    for name, content in files.items():
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (source,) = (name for name in files if name.endswith(".py"))
    spec = importlib.util.spec_from_file_location("written", path / source)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found.load().double()


def named(model: Any, name: str) -> Any:
    """The tensor of one of our parameters."""
    node, _, own = name.rpartition(".")
    at = node.replace(".", "_")
    tensors = dict([*model.named_parameters(), *model.named_buffers()])
    return next(tensors[key] for key in (f"{at}.{own}", f"{at}_{own}", at) if key in tensors)


def compare(graph: Graph, path: Path, *, bound: float = 1e-8, back: bool = True) -> None:
    rng = np.random.default_rng(0)
    state = {name: a.astype("f4").astype("f8") for name, a in random_state(graph, rng).items()}  # as files have it
    x = rng.normal(size=batch_of(graph, 3))
    model = module(graph, state, path)
    program = BACKEND.compile(graph, Options("float64"))

    def same(found: Any, expected: Any, what: str) -> None:
        largest = max(1.0, float(np.abs(expected).max())) if expected.size else 1.0
        np.testing.assert_allclose(found.detach().numpy(), expected, rtol=bound, atol=bound * largest, err_msg=what)

    def outputs(x: Any) -> dict[str, Any]:
        found = model(x)
        return found if isinstance(found, dict) else {"main": found}

    for name, y in outside(program, state, x).outputs.items():
        same(outputs(torch.tensor(x))[name], y, name)
    if not back or any(node.keyword == "DROPOUT" for node in graph):
        return
    model.train()
    dys = {name: rng.normal(size=(3, *graph[at].type.shape)) for name, at in graph.outputs.items()}
    ours = through(program, state, x, dys)
    given = torch.tensor(x, requires_grad=True)
    sum((torch.tensor(dys[name]) * y).sum() for name, y in outputs(given).items()).backward()
    same(given.grad if given.grad is not None else torch.zeros(x.shape), ours.dx, "gradient of the input")
    for name, g in ours.dparams.items():
        found = named(model, name).grad
        same(torch.zeros(g.shape) if found is None else found, g, f"gradient of {name}")
    for name, array in ours.buffers.items():
        same(named(model, name), array, name)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "activation"])
def test_layers(kind: str, tmp_path: Path) -> None:
    for text, graph in drawn(kind, np.random.default_rng(9), 0.3):
        try:
            compare(graph, tmp_path)
        except Exception as error:
            error.add_note(text)
            raise


def test_activations(tmp_path: Path) -> None:
    """PyTorch's HSIGMOID goes back with 1/6 in float32, and its SOFTPLUS is x above 20."""
    for text, graph in drawn("activation", np.random.default_rng(9), 0.3):
        try:
            compare(graph, tmp_path, bound=1e-7)
        except Exception as error:
            error.add_note(text)
            raise


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, tmp_path: Path) -> None:
    compare(NETWORKS[name](), tmp_path, bound=1e-6)


@pytest.mark.parametrize(
    "name", ["lenet5", "caffe_lenet", "vgg_small_bn", "resnet18_cifar", "figure", "digits_residual"]
)
def test_models(name: str, tmp_path: Path) -> None:
    compare(cnndsl.load(folder("models") / f"{name}.cnn").graph, tmp_path, bound=1e-6, back=False)
