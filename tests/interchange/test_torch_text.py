"""What is written for PyTorch, as text: needs no PyTorch."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as tensors

import cnndsl
from cnndsl.cli.main import main
from cnndsl.interchange.spec import class_name, distinct, identifier
from cnndsl.interchange.torch.module import write
from cnndsl.resources import folder
from cnndsl.training.init import initial_state

MODELS = sorted(p.stem for p in folder("models").glob("*.cnn") if p.stem != "pattern")


def written(text: str) -> tuple[str, dict[str, np.ndarray]]:
    network = cnndsl.loads(text)
    files = write(network.graph, initial_state(network.graph, 0, network.recipe.init, "float32"))
    (name,) = (n for n in files if n.endswith(".py"))
    source, weights = files[name], files[name.replace(".py", ".safetensors")]
    assert isinstance(source, str)
    assert isinstance(weights, bytes)
    return source, tensors(weights)


def test_by_hand() -> None:
    source, weights = written("INPUT 28x28x1; CONV 5x5 *6 pad 2 relu as stem; POOL max 2; FC 10")
    lines = [line.strip() for line in source.splitlines()]
    assert "self.stem = nn.Conv2d(1, 6, 5, padding=2)" in lines
    assert "self.fc1 = nn.Linear(1176, 10)" in lines
    body = [
        line.partition("#")[0].strip() for line in lines[lines.index("def forward(self, x: Tensor) -> Tensor:") + 1 :]
    ]
    assert body[:5] == [
        "x = self.stem(x)",
        "x = F.relu(x)",
        "x = F.max_pool2d(x, 2, 2)",
        "x = self.fc1(x.flatten(1))",
        "return x",
    ]
    assert {name: a.shape for name, a in weights.items()} == {
        "stem.weight": (6, 1, 5, 5),
        "stem.bias": (6,),
        "fc1.weight": (10, 1176),
        "fc1.bias": (10,),
    }


@pytest.mark.parametrize("name", MODELS)
def test_every_model_gives_a_program(name: str) -> None:
    network = cnndsl.load(folder("models") / f"{name}.cnn")
    graph = network.graph
    empty = {key: np.zeros(spec.shape, np.float32) for key, spec in graph.params.items() if spec.count < 1e6}
    small = {key: empty.get(key, np.zeros(1, np.float32)) for key in graph.params}
    source = next(text for file, text in write(graph, small).items() if file.endswith(".py"))
    assert isinstance(source, str)
    tree = ast.parse(source)
    found = [n.name for n in tree.body if isinstance(n, ast.ClassDef)]
    assert found[-1] == class_name(graph.name)
    assert len(set(found)) == len(found) <= 8
    assert max(map(len, source.splitlines())) <= 140
    assert "pickle" not in source


REPEATED = """
block pair(n) { CONV 3x3 *n pad 1 nobias -> BN -> RELU }
block deep(n) { ADD( pair(n) | ID ) }
INPUT 6x6x2
deep(2) -> pair(5) -> [ pair(5) ]*2 -> POOL max 2 -> deep(5)
FC 3
"""

CLASSES = """
class Pair(nn.Module):
    \"""deep1.pair1, pair1, pair2 and 2 more; sizes are those of the first.\"""

    def __init__(self, conv1_in: int, conv1_out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(conv1_in, conv1_out, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(conv1_out, eps=1e-05, momentum=0.1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 6x6x2
        x = self.bn1(x)    # 6x6x2
        x = F.relu(x)      # 6x6x2
        return x


class Deep(nn.Module):
    \"""deep1 and deep2; sizes are those of the first.\"""

    def __init__(self, pair1_conv1_in: int) -> None:
        super().__init__()
        self.pair1 = Pair(pair1_conv1_in, pair1_conv1_in)

    def forward(self, x: Tensor) -> Tensor:
        y = self.pair1(x)  # 6x6x2
        y = y + x          # 6x6x2
        return y


class Network(nn.Module):
    \"""Takes images N x 2 x 6 x 6: samples, depth, height, width.\"""

    def __init__(self) -> None:
        super().__init__()
        self.deep1 = Deep(2)
        self.pair1 = Pair(2, 5)
        self.pair2 = Pair(5, 5)
        self.pair3 = Pair(5, 5)
        self.deep2 = Deep(5)
        self.fc1 = nn.Linear(45, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.deep1(x)           # 6x6x2
        x = self.pair1(x)           # 6x6x5
        x = self.pair2(x)           # 6x6x5
        x = self.pair3(x)           # 6x6x5
        x = F.max_pool2d(x, 2, 2)   # 3x3x5
        x = self.deep2(x)           # 3x3x5
        x = self.fc1(x.flatten(1))  # 3
        return x
"""


def test_blocks_are_classes() -> None:
    source, weights = written(REPEATED)
    assert CLASSES in source
    assert set(weights) >= {"deep1.pair1.conv1.weight", "pair3.bn1.running_var", "deep2.pair1.bn1.bias", "fc1.bias"}


@pytest.mark.parametrize("name", MODELS)
def test_arrays_keep_their_names(name: str) -> None:
    graph = cnndsl.load(folder("models") / f"{name}.cnn").graph
    state = {key: np.zeros(1, np.float32) for key in graph.params}
    found = next(content for file, content in write(graph, state).items() if file.endswith(".safetensors"))
    assert isinstance(found, bytes)
    there = {key for key in tensors(found) if not key.endswith(".num_batches_tracked")}
    positions = {f"{n.name}.bias" for n in graph if getattr(n.attrs, "bias", "") == "position"}
    assert there - {key.replace(".bias", "_bias") for key in positions} == set(graph.params) - positions


def test_what_takes_two_tensors_or_gives_two_is_no_class_of_its_own() -> None:
    source, weights = written("block b() { CONV 1x1 *2 -> HEAD side( FC 2 ) -> RELU }\nINPUT 4x4x1; b(); FC 3")
    assert [n.name for n in ast.parse(source).body if isinstance(n, ast.ClassDef)] == ["Side", "Network"]
    assert set(weights) >= {"b1_conv1.weight", "fc1.weight"}


def test_names() -> None:
    assert identifier("basic1.conv1") == "basic1_conv1"
    assert identifier("lambda") == "lambda_"
    assert class_name("lenet5_relu") == "Lenet5Relu"
    assert class_name("3-deep") == "Network3Deep"
    assert class_name("none") == "NetworkNone"
    assert identifier("²x") == "_x"


def test_no_two_names_become_one() -> None:
    found = distinct(["a.b", "a_b", "x", "x_", "conv1", "conv1_bias"], {"x"}, "_bias")
    assert list(found.values()) == ["a_b", "a_b_", "x_", "x__", "conv1", "conv1_bias_"]


def test_a_block_and_a_label_of_the_same_letters_keep_their_own_weights() -> None:
    text = "block b() { CONV 3x3 *2 nobias }\nINPUT 6x6x1; b(); CONV 1x1 *3 nobias as b1_conv1"
    _, weights = written(text)
    assert {name: a.shape for name, a in weights.items()} == {
        "b1.conv1.weight": (2, 1, 3, 3),
        "b1_conv1.weight": (3, 2, 1, 1),
    }


@pytest.mark.parametrize(
    ("name", "stem", "of_class"),
    [
        ('a"""+str(1)+"""b', "a____str_1_____b", "AStr1B"),
        ("back\\N{x}", "back_N_x_", "BackNX"),
        ("two\nlines", "two_lines", "TwoLines"),
        ("\udcff", "_", "Network"),
        ("path", "path", "PathNetwork"),
        ("F", "F", "FNetwork"),
        ("none", "none", "NetworkNone"),
        ("torch", "torch_network", "Torch"),
        ("random", "random_network", "Random"),
    ],
)
def test_a_file_may_be_called_anything(name: str, stem: str, of_class: str) -> None:
    graph = cnndsl.loads("INPUT 2x2x1; RELU", name=name).graph
    files = write(graph, {})
    assert sorted(files) == [f"{stem}.py", f"{stem}.safetensors"]
    source = files[f"{stem}.py"]
    assert isinstance(source, str)
    tree = ast.parse(source.encode())
    assert [n.name for n in tree.body if isinstance(n, ast.ClassDef)] == [of_class]
    first = tree.body[0]
    assert isinstance(first, ast.Expr)
    assert isinstance(first.value, ast.Constant)  # the name adds no code to the text it stands in


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.cnn"
    file.write_text("INPUT 8x8x1\nCONV 3x3 *2 relu\nFC 10\ntrain { data digits; epochs 1 }\n")
    out = str(tmp_path / "out")
    assert main(["export", str(file), "--format", "torch", "--out", out]) == 0
    assert capsys.readouterr().out.splitlines() == [f"wrote {out}/small.py", f"wrote {out}/small.safetensors"]
    assert main(["export", str(file), "--format", "torch", "--out", out]) == 2
    assert "is there already" in " ".join(capsys.readouterr().err.split())
    assert main(["run", str(file), "--out", str(tmp_path / "run")]) == 0
    again = ["export", str(file), "--format", "torch", "--out", out, "--force"]
    assert main([*again, "--weights", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    kept = tensors((tmp_path / "run" / "weights.safetensors").read_bytes())
    there = tensors((tmp_path / "out" / "small.safetensors").read_bytes())
    assert all(np.array_equal(there[name], array) for name, array in kept.items())
    assert main(["export", str(file), "--format", "onyx", "--out", out]) == 2
    assert "formats here: torch" in capsys.readouterr().err
    assert main([*again, "--weights", str(tmp_path / "nowhere")]) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err
