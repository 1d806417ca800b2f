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
from cnndsl.inspection.passes import Kept, forward, table
from cnndsl.inspection.records import Grid, cell_at, named
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


def nine(text: str, size: int) -> Kept:
    """A filter of 1 to 9 over an image of ones."""
    graph = cnndsl.loads(f"INPUT {size}x{size}x1; {text}").graph
    state = {"conv1.weight": np.arange(1.0, 10).reshape(1, 1, 3, 3), "conv1.bias": np.zeros(1)}
    return forward(graph, state, np.ones((1, 1, size, size)), KERNELS)


def test_the_turned_filter_over_the_restored_map_by_hand() -> None:
    """Four windows of stride 2 with error terms 1 to 4. The middle pixel is the last cell of the first window, the
    first of the last: 9*1 + 7*2 + 3*3 + 1*4 = 36."""
    kept, dys = nine("CONV 3x3 *1 stride 2", 5), {"main": np.array([[[[1.0, 2.0], [3.0, 4.0]]]])}
    found = lines(kept, "input[2,2,0]", dys)
    assert "gradient of a loss: 36\n" in found
    assert "filter 0, turned\n1 0 2" in found
    for row in ("1 0 2 9 8 7", "0 0 0 6 5 4", "3 0 4 3 2 1"):
        assert row in " ".join(found.split())
    assert "  9*1 + 7*2 + 3*3 + 1*4\n  = 36\n" in found
    found = " ".join(lines(kept, "input[1,2,0]", dys).split())  # under two windows, by the middle row: 6*1 + 4*2
    assert "pad pad pad 9 8 7 1 0 2 6 5 4 0 0 0 3 2 1 6*1 + 4*2 = 14" in found
    found = " ".join(lines(kept, "input[0,0,0]", dys).split())
    assert "pad pad pad 9 8 7 pad pad pad 6 5 4 pad pad 1 3 2 1 1*1 = 1" in found


def test_rows_that_floor_drops_get_nothing() -> None:
    """Where (W - F + 2P) mod S is not 0 the restored map is longer by the rest, and no window lies there."""
    kept = nine("CONV 3x3 *1 stride 2 floor", 6)
    assert "pad pad pad 9 8 7 pad pad pad 6 5 4 pad pad pad 3 2 1 nothing: 0" in " ".join(
        lines(kept, "input[5,5,0]").split()
    )


@pytest.mark.parametrize("kernels", ["naive", "vectorized"])
def test_of_equal_cells_the_first_gets_the_error_term(kernels: str) -> None:
    graph = cnndsl.loads("INPUT 2x2x1; POOL max 2").graph
    kept = forward(graph, {}, np.ones((1, 1, 2, 2)), {**KERNELS, **load().kernel_tables()[kernels]})
    errors = kept.errors({"main": np.full((1, 1, 1, 1), 3.0)})
    for cell, expected in (("input[0,0,0]", 3), ("input[0,1,0]", 0), ("input[1,1,0]", 0), ("input[0,0,0]", 3)):
        found = trace(kept, cell, errors, "it")
        assert found.error == expected
        assert sum(b.total for b in found.back) == expected


GEOMETRIES = (
    "INPUT 7x6x4; CONV 3x2 *6 groups 2 stride 2x1 pad 1x0x2x1 floor",
    "INPUT 7x7x2; CONV 3x3 *2 dilate 2 pad 2 bias position",
    "INPUT 7x6x2; CONV 4x3 *2 same stride 2 nobias",
    "INPUT 6x6x2; CONV 3x3 *2 stride 2 ceil",
    "INPUT 5x5x3; CONV 2x2 *3 stride 3",
    "INPUT 6x7x3; DWCONV 3x3 times 2 pad 1 stride 2 floor",
    "INPUT 4x3x4; DECONV 3x3 *6 groups 2 stride 2 pad 1 extra 1",
    "INPUT 3x4x2; DECONV 2x3 *2 dilate 2 stride 1x3 nobias",
    "INPUT 4x4x2; DECONV 3x3 *2 bias position",
)


@pytest.mark.parametrize("text", GEOMETRIES)
def test_every_cell_of_every_geometry(text: str) -> None:
    """The sums of windows are naive's values, those of turned filters over restored maps naive's gradients; what is
    shown, each cell times its weight, is the same sum."""
    kept, dys = passed(cnndsl.loads(text).graph)
    errors, (source, node) = kept.errors(dys), kept.graph.nodes[:2]
    for place in np.ndindex(kept.values[node.name].shape):
        found = trace(kept, named(node.name, cell_at(place)), errors, "it")
        parts, bias = found.origin, found.origin.bias or 0
        assert sum(t.product for t in parts.terms) + bias == pytest.approx(found.value, rel=1e-9, abs=1e-9)
        assert _seen(parts.grids) + bias == pytest.approx(found.value, rel=1e-9, abs=1e-9)
    for place in np.ndindex(kept.values[source.name].shape):
        found = trace(kept, named(source.name, cell_at(place)), errors, "it")
        (back,) = found.back
        assert back.total == pytest.approx(found.error, rel=1e-9, abs=1e-9)
        assert _seen(back.grids) == pytest.approx(found.error, rel=1e-9, abs=1e-9)


def _seen(grids: tuple[Grid, ...]) -> float:
    """Each window times its filter, the pad as 0."""
    total = 0.0
    for window, weights in zip(grids[::2], grids[1::2], strict=True):
        for row, seen in zip(weights.rows, window.rows, strict=True):
            total += sum((w or 0) * (v or 0) for w, v in zip(row, seen, strict=True))
    return total


@pytest.mark.parametrize("name", NETWORKS)
def test_large_networks_go_by_other_kernels_with_the_same_numbers(name: str) -> None:
    graph = NETWORKS[name]()
    kept, dys = passed(graph)
    state = {f"{node}.{key}": array for node, own in kept.params.items() for key, array in own.items()}
    tables = load().kernel_tables()
    other = forward(graph, state, kept.values[graph.input.name], {**tables["naive"], **tables["vectorized"]})
    errors = kept.errors(dys)
    for at, error in other.errors(dys).items():
        np.testing.assert_allclose(other.values[at], kept.values[at], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(error, errors[at], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_looking_at_a_cell_changes_nothing_that_is_kept(name: str) -> None:
    """Layers are run again with a cell moved; what their way back needs is still that of the pass itself."""
    graph = NETWORKS[name]()
    first, dys = passed(graph)
    state = {f"{node}.{key}": array for node, own in first.params.items() for key, array in own.items()}
    tables = load().kernel_tables()
    for kernels in (tables["naive"], {**tables["naive"], **tables["vectorized"]}):
        kept = forward(graph, state, first.values[graph.input.name], kernels)
        errors = kept.errors(dys)
        for node in graph:
            trace(kept, named(node.name, cell_at(tuple(0 for _ in kept.values[node.name].shape))), errors, "it")
        again = kept.errors(dys)
        assert all(np.array_equal(again[at], error) for at, error in errors.items())


def test_which_kernels_a_network_goes_by() -> None:
    tables = load().kernel_tables()
    small = table(tables, cnndsl.loads("INPUT 8x8x1; CONV 3x3 *4").graph)
    large = table(tables, cnndsl.loads("INPUT 64x64x8; CONV 3x3 *16; LRN 3").graph)
    assert small["CONV"] is tables["naive"]["CONV"]
    assert large["CONV"] is tables["vectorized"]["CONV"]


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
    np.save(image, np.full((5, 5), np.nan))
    code, _, err = command(capsys, str(file), "--cell", "input[0,0,0]", "--image", str(image))
    assert (code, "[0, 0] is not a number, and 24 more" in " ".join(err.split())) == (2, True)
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


def test_what_is_wide_is_shortened_with_a_word(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "net.cnn"
    file.write_text("INPUT 13x13x10\nCONV 13x13 *2\nCONV 1x1 *2\n")
    _, out, _ = command(capsys, str(file), "--cell", "conv1[0,0,0]")
    assert max(map(len, out.splitlines())) <= 80
    assert "..." not in out  # no number is cut
    assert "of 13x13: --format json has all]" in out
    assert "[2 more, with their filters: --all-depths]" in out
    assert "depth 7" in out
    assert "depth 8" not in out
    _, out, _ = command(capsys, str(file), "--cell", "conv1[0,0,0]", "--all-depths")
    assert "depth 9" in out
    assert "more" not in out
    _, out, _ = command(capsys, str(file), "--cell", "conv1[0,0,0]", "--format", "json")
    assert len(json.loads(out)["origin"]["grids"]) == 20
    _, out, _ = command(capsys, str(file), "--cell", "conv1[0,0,0]", "--format", "markdown")
    assert "[2 more, with their filters: --all-depths]" in out
    assert "filter 1, depth 0, turned:" in out


def test_losses_of_heads_go_back_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file, head = tmp_path / "net.cnn", "INPUT 4x4x2\nCONV 3x3 *2\nHEAD aux( FC 2 )\nFC 3\nSOFTMAX\n"
    data = "train { data random 4x4x2 classes 3 count 9\n"

    def error(cell: str, loss: str, *more: str) -> tuple[float, str]:
        file.write_text(f"{head}{data}{loss} }}")
        code, out, _ = command(capsys, str(file), "--cell", cell, "--format", "json", *more)
        assert code == 0
        return json.loads(out)["error"], json.loads(out)["loss"]

    main, said = error("conv1[0,0,0]", "loss cross_entropy")
    assert said == "cross_entropy with the right class 0"
    aux, said = error("conv1[0,0,0]", "loss aux cross_entropy")
    assert said == "cross_entropy of aux with the right class 0"
    both, said = error("conv1[0,0,0]", "loss cross_entropy\nloss aux cross_entropy weight 0.3")
    assert said == "cross_entropy + 0.3*cross_entropy of aux with the right class 0"
    assert both == pytest.approx(main + 0.3 * aux, rel=1e-12)
    assert main != 0 != aux
    assert error("fc1[0]", "loss aux cross_entropy")[0] == 0
    assert error("conv1[0,0,0]", "loss bce")[1] == "bce with the right class 0"
    code, _, err = command(capsys, str(file), "--cell", "fc1[0]", "--label", "2")
    assert code == 0, err
    file.write_text(f"{head}{data}loss cross_entropy\nloss aux cross_entropy }}")
    code, _, err = command(capsys, str(file), "--cell", "fc1[0]", "--label", "2")
    assert (code, "no class 2 of aux; classes are 0 to 1" in err) == (2, True)
