"""A run's folder asked about images from Python: against the network worked out here, and what `eval` counts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.data.sets import load
from cnndsl.recipe.data import SETS
from cnndsl.recipe.spec import Setting

PROGRAM = (
    "INPUT 8x8x1\nFC 24 relu\nFC 10\ntrain { data digits; epochs 4; optimizer adam lr 0.005; seed 3; save best }\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs") / "run"
    cnndsl.train(PROGRAM, out=place)
    return place


@pytest.fixture(scope="module")
def tests_of_digits():
    return load(Setting("digits", SETS["digits"].attrs()), Path()).test


def test_as_many_are_right_as_the_run_told(folder: Path, tests_of_digits) -> None:
    found = cnndsl.load_run(folder).predict(np.asarray(tests_of_digits.images))
    told = json.loads((folder / "run.json").read_text())
    assert len(found) == 360
    assert np.count_nonzero(found.classes == tests_of_digits.labels) == told["test_right"]
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(360))
    assert found.names == tuple("0123456789")
    assert found.chosen[:3] == tuple(str(n) for n in found.classes[:3])


def test_probabilities_are_the_softmax_of_the_network(folder: Path, tests_of_digits) -> None:
    run = cnndsl.load_run(folder)
    images = np.asarray(tests_of_digits.images)[:5]
    known = json.loads((folder / "run.json").read_text())["preparation"]
    assert (known["size"], known["pixel_max"], known["pad"], known["classes"]) == ([8, 8, 1], 16, 0, 10)
    x = images.reshape(5, 64).astype(float) * known["scale"][0] + known["shift"][0]
    w = {name: array.astype(float) for name, array in run.model.parameters.items()}
    y = np.maximum(x @ w["fc1.weight"].T + w["fc1.bias"], 0) @ w["fc2.weight"].T + w["fc2.bias"]
    wanted = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    assert run.predict(images).probabilities == pytest.approx(wanted, rel=1e-4, abs=1e-7)
    one = run.predict(images[0])
    assert one.classes.tolist() == [wanted[0].argmax()]
    assert len(run.predict(images[:0])) == 0


def test_older_runs_find_it_from_the_data(folder: Path, tmp_path: Path, tests_of_digits) -> None:
    images = np.asarray(tests_of_digits.images)[:9]
    wanted = cnndsl.load_run(folder).predict(images).probabilities
    for name in ("program.cnn", "weights.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert np.array_equal(cnndsl.load_run(tmp_path).predict(images).probabilities, wanted)
    (tmp_path / "program.cnn").write_text(PROGRAM.partition("train")[0])
    with pytest.raises(cnndsl.CnnError, match="does not say how images are made ready") as caught:
        cnndsl.load_run(tmp_path).predict(images)
    assert caught.value.exit_code == 2


def test_a_preparation_that_cannot_be_is_told(folder: Path, tmp_path: Path) -> None:
    for name in ("program.cnn", "weights.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    told = json.loads((folder / "run.json").read_text())
    for change, says in (({"scale": [1, 2]}, "one number a channel"), ({"pad": 3}, "made ready as 14x14x1")):
        (tmp_path / "run.json").write_text(json.dumps({"preparation": {**told["preparation"], **change}}))
        with pytest.raises(cnndsl.CnnError, match=says) as caught:
            cnndsl.load_run(tmp_path).predict(np.zeros((8, 8)))
        assert caught.value.diagnostics[0].code == "E701"


def test_a_run_that_goes_on_keeps_it(folder: Path, tmp_path: Path) -> None:
    cnndsl.train(PROGRAM.replace("epochs 4", "epochs 1"), out=tmp_path / "run")
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    lost = {name: value for name, value in told.items() if name != "preparation"}
    (tmp_path / "run" / "run.json").write_text(json.dumps(lost))
    cnndsl.resume(tmp_path / "run", settings={"epochs": 2})
    assert json.loads((tmp_path / "run" / "run.json").read_text())["preparation"] == told["preparation"]


def test_the_best_weights_are_asked_for(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from safetensors.numpy import load_file

    best = cnndsl.load_run(folder, weights="best").model.parameters["fc1.weight"]
    assert np.array_equal(best, load_file(folder / "best.safetensors")["fc1.weight"])
    assert main(["eval", str(folder), "--weights", "best"]) == 0
    with pytest.raises(cnndsl.CnnError, match="last or best"):
        cnndsl.load_run(folder, weights="worst")
    for name in ("program.cnn", "weights.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert main(["eval", str(tmp_path), "--weights", "best"]) == 2
    assert "save best" in capsys.readouterr().err


def scores(text: str, **arrays: np.ndarray):
    """What a program's network, of given weights, says of one image of 1x1x2, which is taken as it is."""
    from cnndsl.training.answers import Asker

    network = cnndsl.loads(text)
    model = cnndsl.compile(network)
    for name, array in arrays.items():
        model.parameters[name] = array
    backend = cnndsl.api.backend("naive")
    return Asker(network.graph, network.recipe, backend, model.state, classes=0, names=("no", "yes"))(
        np.array([[[[2.0]], [[-1.0]]]])
    )


def test_bce_of_one_number_has_two_classes() -> None:
    weight = {"fc1.weight": np.array([[0.5, 0.25]]), "fc1.bias": np.zeros(1)}
    for text in ("INPUT 1x1x2; FC 1; train { loss bce }", "INPUT 1x1x2; FC 1 sigmoid; train { loss bce }"):
        found = scores(text, **weight)
        p = 1 / (1 + np.exp(-0.75))
        assert found.probabilities == pytest.approx(np.array([[1 - p, p]]))
        assert (found.chosen, found.scale) == (("yes",), "sigmoid")


def test_a_network_that_ends_in_softmax_gives_it_once() -> None:
    weight = {"fc1.weight": np.array([[1.0, 0], [0, 1]]), "fc1.bias": np.zeros(2)}
    for text in ("INPUT 1x1x2; FC 2", "INPUT 1x1x2; FC 2; SOFTMAX"):
        found = scores(text, **weight)
        assert found.probabilities == pytest.approx(np.array([[1 / (1 + np.exp(-3)), 1 / (1 + np.exp(3))]]))
        assert found.chosen == ("no",)


def test_mse_gives_plain_numbers_and_heads_their_own() -> None:
    text = "INPUT 1x1x2; HEAD aux( FC 2 ); FC 1; train { loss mse; loss aux cross_entropy }"
    found = scores(
        text,
        **{"aux.fc1.weight": np.eye(2), "aux.fc1.bias": np.zeros(2)},
        **{"fc1.weight": np.array([[3.0, 1.0]]), "fc1.bias": np.array([0.5])},
    )
    assert found.values.tolist() == [[5.5]]
    assert (found.probabilities, found.classes, found.chosen) == (None, None, ())
    assert found.outputs["aux"].scale == "softmax"
    assert found.outputs["aux"].values[0] == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(3))])
