"""One cell worked out: the tutorial's own numbers, sums that add up, error terms against differences."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.cli.tracing import FORMATS
from cnndsl.diagnostics import CnnError
from cnndsl.inspection.cells import cell_at, named
from cnndsl.inspection.passes import Kept, forward
from cnndsl.inspection.trace import find, trace
from cnndsl.ir.graph import Graph
from cnndsl.plugins import load
from cnndsl.resources import folder
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import random_state, spread

KERNELS = load().kernel_tables()["naive"]

# The image and the filter of the tutorial's section 5.1.1
IMAGE = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
FILTER = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


def tutorial(text: str = "INPUT 5x5x1; CONV 3x3 *1 relu") -> Kept:
    graph = cnndsl.loads(text).graph
    state = {"conv1.weight": np.array(FILTER, float)[None, None], "conv1.bias": np.zeros(1)}
    return forward(graph, state, np.array(IMAGE, float)[None, None], KERNELS)


def lines(kept: Kept, cell: str, dys: dict[str, np.ndarray] | None = None, form: str = "text") -> str:
    given = dys or {name: np.ones_like(kept.values[at]) for name, at in kept.graph.outputs.items()}
    return FORMATS[form](trace(kept, cell, kept.errors(given), "a loss"), "the tutorial's", 80)


def test_the_tutorials_first_cell() -> None:
    """a[0,0] = relu(1+0+1+0+1+0+0+0+1+0) = relu(4) = 4"""
    found = lines(tutorial(), "conv1[0,0,0]")
    assert "1*1 + 0*1 + 1*1 + 0*0 + 1*1 + 0*1 + 1*0 + 0*0 + 1*1 + 0\n  = 4\nRELU: 4" in found
    assert "1 1 1             1 0 1\n0 1 1             0 1 0\n0 0 1             1 0 1" in found


def test_the_tutorials_second_cell_and_its_map_of_stride_2() -> None:
    kept = tutorial()
    assert kept.values["conv1"][0, 0].tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    assert "\n  = 3\n" in lines(kept, "conv1[0,1,0]")
    assert tutorial("INPUT 5x5x1; CONV 3x3 *1 stride 2").values["conv1"][0, 0].tolist() == [[4, 4], [2, 4]]


def test_error_terms_of_a_convolution_by_hand() -> None:
    """With 1 for every error term the middle pixel lies under all nine windows: the sum of the filter, 5; a corner
    under one: 1. With stride 2 the middle is each window's corner: 1 + 1 + 1 + 1."""
    assert "gradient of a loss: 5\n" in lines(tutorial("INPUT 5x5x1; CONV 3x3 *1"), "input[2,2,0]")
    found = lines(tutorial("INPUT 5x5x1; CONV 3x3 *1"), "input[0,0,0]")
    assert "filters turned by 180 degrees" in found
    assert "  1*1\n  = 1\n" in found
    found = lines(tutorial("INPUT 5x5x1; CONV 3x3 *1 stride 2"), "input[2,2,0]")
    assert "1*1 + 1*1 + 1*1 + 1*1\n  = 4\n" in found
    assert "with zeros put in between" in " ".join(found.split())


def test_the_pad_is_shown() -> None:
    found = lines(tutorial("INPUT 5x5x1; CONV 3x3 *1 pad 1"), "conv1[0,0,0]")
    assert "pad pad pad" in found
    assert "pad   1   1" in found
    assert "1*0 + 0*0 + 1*0 + 0*0 + 1*1 + 0*1 + 1*0 + 0*0 + 1*1 + 0\n  = 2\n" in found


def test_pooling_by_hand() -> None:
    """Section 6.2: the largest cell gets the error term whole, each of four a quarter."""
    kept = tutorial("INPUT 5x5x1; CONV 3x3 *1; POOL max 2 stride 1")
    assert "the largest is conv1[0,0,0], the first of several" in lines(kept, "pool1[0,0,0]")
    kept = tutorial("INPUT 5x5x1; CONV 3x3 *1 pad 0x0x1x1; POOL mean 2")
    found = lines(kept, "pool1[0,0,0]")
    assert "0.25*4 + 0.25*3 + 0.25*2 + 0.25*4\n  = 3.25\n" in found
    assert "gradient of a loss: 0.25\n" in lines(kept, "conv1[0,0,0]")


def passed(graph: Graph) -> tuple[Kept, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    kept = forward(graph, random_state(graph, rng), spread(rng, (1, *graph.input.type.shape)), KERNELS)
    return kept, {name: rng.normal(size=kept.values[at].shape) for name, at in graph.outputs.items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_sums_add_up_in_every_layer(name: str) -> None:
    """What is written as a sum is the value; what comes back through the next layers is the error term."""
    graph = NETWORKS[name]()
    kept, dys = passed(graph)
    errors, rng = kept.errors(dys), np.random.default_rng(1)
    for node in graph:
        size = kept.values[node.name].shape[1:]
        for _ in range(3):
            place = (0, *(int(rng.integers(n)) for n in size))
            found = trace(kept, named(node.name, cell_at(place)), errors, "it")
            assert found.value == kept.values[node.name][place]
            if found.origin.terms:
                total = sum(t.product for t in found.origin.terms) + (found.origin.bias or 0)
                assert total == pytest.approx(found.value, rel=1e-9, abs=1e-9), found
            if node.name not in graph.outputs.values():
                assert sum(b.total for b in found.back) == pytest.approx(found.error, rel=1e-9, abs=1e-9), found
            for form in FORMATS:
                told = FORMATS[form](found, "x", 80)
                assert form != "text" or max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("name", ["residual", "gated", "inception", "transposed", "two heads"])
def test_error_terms_against_differences(name: str) -> None:
    graph = NETWORKS[name]()
    rng = np.random.default_rng(0)
    state, x = random_state(graph, rng), spread(rng, (1, *graph.input.type.shape))
    kept = forward(graph, state, x, KERNELS)
    dys = {key: rng.normal(size=kept.values[at].shape) for key, at in graph.outputs.items()}
    error = kept.errors(dys)[graph.input.name]

    def loss(moved: np.ndarray) -> float:
        found = forward(graph, state, moved, KERNELS).values
        return sum(float((dys[key] * found[at]).sum()) for key, at in graph.outputs.items())

    for _ in range(3):
        v = rng.normal(size=x.shape)
        slope = (loss(x + 1e-6 * v) - loss(x - 1e-6 * v)) / 2e-6
        assert float((error * v).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-5)


# ---- cells that are not there, and the command


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("conv1", "`conv1` is no cell"),
        ("conv1[0,0]", "its cells have row, column and channel, found 2 numbers"),
        ("conv1[0,0,1]", "conv1[0,0,1] is outside: conv1 is 3x3x1"),
        ("conv1[-1,0,0]", "is no cell"),
        ("konv1[0,0,0]", "there is no layer `konv1`"),
        ("relu1[0,0,0", "is no cell"),
        ("conv1[99999999999,0,0]", "is no cell"),
    ],
)
def test_cells_that_are_not_there(cell: str, says: str) -> None:
    with pytest.raises(CnnError) as caught:
        find(tutorial().graph, cell)
    (d,) = caught.value.diagnostics
    assert d.code == "E806"
    assert says in d.message
    assert d.help or "found 2" in d.message


def command(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["trace", *args])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lenet = str(folder("models") / "lenet5.cnn")
    code, out, _ = command(capsys, lenet, "--cell", "conv2[0,0,1]")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "[120 more: " in out  # 150 products
    assert "filter 1, depth 5" in out
    code, out, _ = command(capsys, lenet, "--cell", "fc1[3]", "--format", "json", "--label", "7")
    found = json.loads(out)
    assert code == 0
    assert found["name"] == "fc1[3]"
    assert len(found["origin"]["terms"]) == 400
    assert sum(t["weight"] * t["value"] for t in found["origin"]["terms"]) + found["origin"]["bias"] == pytest.approx(
        found["value"]
    )
    assert found["loss"] == "cross_entropy with the right class 7"
    code, out, _ = command(capsys, lenet, "--cell", "fc3[0]", "--format", "markdown")
    assert out.startswith("# fc3[0]\n")
    digits = str(folder("models") / "digits.cnn")
    code, out, _ = command(capsys, digits, "--cell", "fc1[0]", "--sample", "5")
    assert code == 0
    assert "test sample 5 of digits" in out
    assert command(capsys, digits, "--cell", "fc1[0]", "--sample", "360")[0] == 2


def test_a_sample_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.cnn"
    file.write_text("INPUT 5x5x1\nCONV 3x3 *1 relu\n")
    image = tmp_path / "x.npy"
    np.save(image, np.array(IMAGE))
    code, out, _ = command(capsys, str(file), "--cell", "input[1,3,0]", "--image", str(image))
    assert (code, "\n  = 1\n" in out) == (0, True)
    for wrong, says in ((np.zeros((4, 4)), "one sample is (1, 5, 5)"), (np.array(["a"]), "no array of real numbers")):
        np.save(image, wrong)
        code, _, err = command(capsys, str(file), "--cell", "input[0,0,0]", "--image", str(image))
        assert code == 2
        assert says in " ".join(err.split())
    image.write_bytes(b"no array")
    assert command(capsys, str(file), "--cell", "input[0,0,0]", "--image", str(image))[0] == 2
    assert command(capsys, str(file), "--cell", "input[0,0,0]", "--image", str(tmp_path / "none.npy"))[0] == 2


def test_the_loss_is_taken_before_softmax(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "net.cnn"
    file.write_text("INPUT 2x2x1\nFC 3\nSOFTMAX\n")
    _, out, _ = command(capsys, str(file), "--cell", "softmax1[0]")
    assert "it has no error term" in " ".join(out.split())
    _, out, _ = command(capsys, str(file), "--cell", "fc1[0]", "--label", "2")
    assert "it is an output" in out
    code, _, err = command(capsys, str(file), "--cell", "fc1[0]", "--label", "3")
    assert code == 2
    assert "classes are 0 to 2" in err
