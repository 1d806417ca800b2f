"""What is written for PyTorch computes what we compute. Needs PyTorch: pip install torch==2.13.0."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch runs what is written for it: pip install torch==2.13.0")

import torch

import cnndsl
from cnndsl.backends.protocol import Options
from cnndsl.interchange.torch.module import write
from cnndsl.interchange.torch.reserved import ATTRIBUTES
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
    tensors = dict([*model.named_parameters(), *model.named_buffers()])
    flat = {key.replace(".", "_"): tensor for key, tensor in tensors.items()}
    node = name.rpartition(".")[0].replace(".", "_")
    tried = (tensors.get(name), flat.get(name.replace(".", "_")), flat.get(node))
    return next(tensor for tensor in tried if tensor is not None)


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


BLOCKS = """
block pair(n, s=1) { CONV 3x3 *n pad 1 stride {s} floor nobias -> BN -> TANH }
block deep(n) { ADD( pair(n) -> SCALE | ID ) -> pair(n, s=2) }
block two(n, g) { CONCAT( CONV 1x1 *n groups {g} bias position | POOL mean 3 stride 1 same ) -> GN {g} }
block side() { CONV 1x1 *2 -> HEAD out( DECONV 2 *3 stride 2 -> FC 2 ) -> HSWISH }
INPUT 8x8x2
deep(2) -> pair(4) -> [ pair(4) ]*2 -> two(4, 2) -> two(4, 2) -> two(8, 4)
ADD( deep(20) | CONV 3 *20 stride 2 pad 1 floor ) -> side()
HEAD far( two(2, 1) -> POOL max global )
FC 3
"""


def test_blocks(tmp_path: Path) -> None:
    compare(cnndsl.loads(BLOCKS).graph, tmp_path, bound=1e-6)


LINES = (
    *(f"CONV 3x3 *2 as {name}; FC 2" for name in ("forward", "type", "training", "parameters", "apply", "lambda")),
    *(f"SCALE as {name}; FC 2" for name in ("apply", "x", "half", "self")),
    "CONV 3x3 *2 as x; CONV 1x1 *2 as x_; RELU; ADD( ID | @x | @x_ ); FC 2",
    "CONV 3x3 *2 as float; RELU; ADD( ID | @float ); POOL max 3 stride 2 same; FC 2",
    "CONV 3x3 *2 as mean_pool; RELU; ADD( ID | @mean_pool ); POOL mean 3 stride 2 same; FC 2",
    "CONV 3x3 *2 bias position; CONV 1x1 *2 as conv1_bias; FC 2",
    "CONV 1x1 *2 as conv1_bias; CONV 3x3 *2 bias position; FC 2",
    "UPSAMPLE 41x7; POOL mean 4 floor; FC 2",
    "UPSAMPLE 4x2; UPSAMPLE 3x5 bilinear; FC 2",
    "ADD( ID | ID ); MUL( ID | ID | POOL mean global | POOL max global -> FC 2 ); FC 2",
    "CONCAT( FC 3 | FC 2 ); CONCAT( ID | RESHAPE 1x1x5 ); ADD( ID | FLATTEN ); MUL( FLATTEN | ID )",
    "POOL mean 3 stride 2 pad 2 ceil countpad; POOL max 3 stride 2 pad 2x0x1x2 ceil; FC 2",
    "DECONV 3x2 *4 stride 2x3 pad 1x0x2x1 extra 1x2 dilate 2x1 groups 2 bias position; FC 2",
    "RELU as a; HEAD h( ID ); HEAD return( FC 2 ); TANH",
    "HEAD h( FC 3 )",
    "POOL mean global; GN 2; HEAD h( FLATTEN -> GN 2 )",
)
"""What stands behind INPUT 6x6x2: names that mean something in PyTorch or come out alike, and corners of layers."""


@pytest.mark.parametrize("text", LINES)
def test_lines(text: str, tmp_path: Path) -> None:
    compare(cnndsl.loads(f"INPUT 6x6x2; {text}").graph, tmp_path, back=" as " not in text)


def test_groups_of_one_value_in_a_batch_of_one(tmp_path: Path) -> None:
    graph = cnndsl.loads("INPUT 1x1x4; GN 4").graph
    state = {name: a.astype("f4") for name, a in random_state(graph, np.random.default_rng(0)).items()}
    found = module(graph, state, tmp_path)(torch.ones(1, 4, 1, 1, dtype=torch.float64))
    np.testing.assert_array_equal(found.detach().numpy().reshape(-1), state["gn1.bias"])  # no deviation: the shift


def test_no_name_of_a_module_is_forgotten() -> None:
    assert {name for name in dir(torch.nn.Module()) if not name.startswith("_")} <= ATTRIBUTES


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, tmp_path: Path) -> None:
    compare(NETWORKS[name](), tmp_path, bound=1e-6)


@pytest.mark.parametrize(
    "name", ["lenet5", "caffe_lenet", "vgg_small_bn", "resnet18_cifar", "figure", "digits_residual"]
)
def test_models(name: str, tmp_path: Path) -> None:
    compare(cnndsl.load(folder("models") / f"{name}.cnn").graph, tmp_path, bound=1e-6, back=False)


SMALLER = {"alexnet": 99, "densenet121": 32, "googlenet": 64, "googlenet_torchvision": 64, "mobilenet_v2": 32}
SMALLER |= {"resnet50": 32, "squeezenet": 49}


@pytest.mark.parametrize("name", SMALLER)
def test_models_for_smaller_images(name: str, tmp_path: Path) -> None:
    text = (folder("models") / f"{name}.cnn").read_text(encoding="utf-8")
    text = re.sub("INPUT [0-9]+x[0-9]+x3", f"INPUT {SMALLER[name]}x{SMALLER[name]}x3", text)
    compare(cnndsl.loads(text, base=folder("models")).graph, tmp_path, bound=1e-6, back=False)


def test_a_run_s_own_weights_fit_the_module(tmp_path: Path) -> None:
    """By name, all of them; the batches seen, which a module of PyTorch counts beside, it begins at 0 by itself."""
    from safetensors.torch import load_file

    text = "block b() { CONV 3x3 *2 pad 1 -> BN -> RELU }\nINPUT 8x8x1; [ b() ]*2 -> FC 10\n"
    trained = cnndsl.train(text + "train { data digits limit 64; epochs 1 }", out=tmp_path / "run").model
    nothing = {name: np.zeros_like(array) for name, array in trained.state.items()}
    written = module(trained.graph, nothing, tmp_path).float()
    written.load_state_dict(load_file(tmp_path / "run" / "weights.safetensors"))
    x = np.random.default_rng(0).normal(size=(5, 1, 8, 8)).astype("f4")
    expected = trained.predict(x)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(written(torch.tensor(x)).detach().numpy(), expected, rtol=1e-4, atol=1e-5)
