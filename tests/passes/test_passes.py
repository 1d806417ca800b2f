"""Each pass by hand, and every model: sound graphs, the same text back, the same outputs."""

from __future__ import annotations

import numpy as np
import pytest

import cnndsl
from cnndsl.backends.protocol import Options
from cnndsl.builtin import PLUGIN
from cnndsl.ir.form import from_json, from_text, to_json, to_text
from cnndsl.ir.graph import Graph
from cnndsl.ir.verify import verify
from cnndsl.passes.dead import Dead
from cnndsl.passes.fuse import Fuse
from cnndsl.passes.fused import readable
from cnndsl.passes.lists import INFERENCE
from cnndsl.passes.quiet import Quiet
from cnndsl.passes.run import run
from cnndsl.plugins import registry
from cnndsl.resources import folder
from cnndsl.training.init import initial_state

REGISTRY = registry((PLUGIN,))
LAYERS = readable(REGISTRY.layers)
MODELS = sorted(path.stem for path in folder("models").glob("*.cnn") if path.stem not in ("figure", "pattern"))


def graph(text: str) -> Graph:
    return cnndsl.loads(text).graph


def names(found: Graph) -> list[str]:
    return [node.name for node in found]


def test_dead_leaves_out_what_no_output_needs() -> None:
    whole = graph("INPUT 8x8x1; CONV 3x3 *2 as a; ADD( CONV 1x1 *2 as b | ID ); FC 3")
    side = Graph(whole.name, whole.nodes, {"main": "b"})
    assert names(Dead().apply(side)) == ["input", "a", "b"]
    assert Dead().apply(whole) == whole


def test_quiet_leaves_out_dropout() -> None:
    found = Quiet().apply(graph("INPUT 8x8x1; DROPOUT 0.5; FC 4; DROPOUT 0.5; DROPOUT 0.2; FC 3; DROPOUT 0.5"))
    assert names(found) == ["input", "fc1", "fc2"]
    assert found["fc1"].inputs == ("input",)
    assert dict(found.outputs) == {"main": "fc2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CONV 3x3 *2; BN; RELU; POOL max 2", ["pool1"]),
        ("CONV 3x3 *2 relu; POOL max 2; FC 4 relu; FC 3", ["pool1", "relu2", "fc2"]),
        ("CONV 3x3 *2; POOL max 2; RELU", ["pool1", "relu1"]),
        ("RELU; BN; CONV 3x3 *2", ["relu1", "bn1", "conv1"]),
        ("CONV 3x3 *2; BN; BN; RELU", ["bn1", "bn2", "relu1"]),
        ("CONV 3x3 *2 as c; ADD( RELU | @c )", ["c", "relu1", "add1"]),
        ("DWCONV 3x3; BN; RELU6; CONV 1x1 *2; BN", ["relu61", "bn2"]),
    ],
)
def test_what_is_fused(text: str, expected: list[str]) -> None:
    found = Fuse().apply(graph(f"INPUT 8x8x1; {text}"))
    assert names(verify(found))[1:] == expected


def test_an_output_is_not_fused_away() -> None:
    whole = graph("INPUT 8x8x1; CONV 3x3 *2; RELU; FC 3")
    both = Graph(whole.name, whole.nodes, {"main": "fc1", "maps": "conv1"})
    assert "conv1" in names(Fuse().apply(both))


def test_a_fused_node_is_worth_its_steps() -> None:
    whole = graph("INPUT 9x9x2; CONV 3x3 *4 pad 1; BN; RELU; POOL max 3")
    found = Fuse().apply(whole)
    (node,) = found.nodes[1:]
    assert node.type == whole["pool1"].type
    assert found.macs == whole.macs == 9 * 9 * 4 * 9 * 2
    assert dict(found.params).keys() == dict(whole.params).keys()
    assert list(found.params) == [
        *("conv1.weight", "conv1.bias"),
        *("bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"),
    ]
    reach = node.op.reach(node.attrs, found.input_types(node), node.type)
    assert reach.extent == (5, 5)  # a window of 3, and two more pooled beside it
    assert reach.step == (3, 3)


@pytest.mark.parametrize("name", MODELS)
def test_text_and_json_read_back_to_the_same_graph(name: str) -> None:
    found = cnndsl.load(folder("models") / f"{name}.cnn").graph
    for step in (None, *INFERENCE):
        found = found if step is None else run(found, [step])
        assert from_json(to_json(found), LAYERS) == found
        assert from_text(to_text(found), LAYERS) == found


@pytest.mark.parametrize("backend", ["naive", "vectorized"])
@pytest.mark.parametrize(
    "text",
    [
        "INPUT 9x9x2; CONV 3x3 *4 pad 1; BN; RELU; POOL max 3; DROPOUT 0.5; FC 5 sigmoid; FC 3",
        "INPUT 9x8x4; CONV 3x3 *4 groups 2 stride 2 floor bias position; BN noscale; TANH; FC 5; BN; RELU; FC 3",
        "INPUT 8x8x3; CONV 1x1 *4 nobias; BN; POOL mean 2; DECONV 2x2 *3 stride 2 relu; ADD( CONV 1x1 *3 relu | ID )",
        "INPUT 8x8x3; CONV 3x3 *6 pad 1 relu; HEAD side( CONV 1x1 *2 relu -> FC 2 relu ); POOL max 2; FC 3; SOFTMAX",
    ],
)
def test_fused_gives_what_unfused_gives(text: str, backend: str) -> None:
    network = cnndsl.loads(text)
    found = network.graph
    rng = np.random.default_rng(1)
    state = {
        name: rng.uniform(0.5, 1.5, a.shape)
        for name, a in initial_state(found, 0, network.recipe.init, "float64").items()
    }
    x = rng.normal(size=(5, *found.input.type.shape))
    runner = REGISTRY.backend(backend)
    fused = runner.compile(found, Options("float64")).forward(state, x).outputs
    plain = runner.compile(found, Options("float64", fuse=False)).forward(state, x).outputs
    assert fused.keys() == plain.keys()
    for name, y in plain.items():
        np.testing.assert_allclose(fused[name], y, rtol=1e-12, atol=1e-12)
