"""The compiler from Python, as the README shows it and as its docstrings say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import cnndsl
import cnndsl.training.model
from cnndsl.diagnostics import CnnError
from cnndsl.training.events import EpochDone, Finished, Started, StepDone

TEXT = "INPUT 6x6x1; CONV 3x3 *4 tanh; BN; DROPOUT 0.2; POOL max 2; FC 3"
DIGITS = "INPUT 8x8x1; CONV 3x3 *4 relu; FC 10; SOFTMAX\ntrain { data digits limit 300; epochs 3; batch 50; seed 3 }"


@pytest.mark.parametrize("module", [cnndsl, cnndsl.training.model])
def test_examples_in_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_the_readme_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = Path(__file__).parent.parent / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    monkeypatch.chdir(tmp_path)
    whole = [block for block in blocks if "import cnndsl" in block]  # the others show parts of files
    assert len(whole) == 1
    for block in whole:
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})


def test_load_raises_with_everything_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.cnn"
    path.write_text("INPUT 3x3x1\nFC 0\nRELU 3", encoding="utf-8")
    with pytest.raises(CnnError) as caught:
        cnndsl.load(path)
    assert [d.code for d in caught.value.diagnostics] == ["E204", "E208"]
    assert str(caught.value).splitlines()[0].startswith(f"{path}:2:4: error[E204]")
    with pytest.raises(CnnError, match="E805"):
        cnndsl.load(tmp_path / "gone.cnn")
    with pytest.raises(CnnError, match=r"^<string>:1:1: error\[E201\].*\(help: did you mean `CONV`\?\)$"):
        cnndsl.loads("CONVV 3x3 *8")


@pytest.mark.parametrize("backend", ["naive", "vectorized", "auto"])
def test_a_loss_of_ones_own_drives_it(backend: str) -> None:
    model = cnndsl.compile(TEXT, backend=backend, seed=4)
    rng = np.random.default_rng(0)
    x, wanted = rng.normal(size=(8, 1, 6, 6)), rng.normal(size=(8, 3))
    losses = []
    for _ in range(30):
        step = model.forward(x, training=True)
        error = step.output - wanted
        losses.append(float((error**2).mean()))
        gradients = model.backward(step, 2 * error / error.size)
        assert gradients.input is not None
        assert gradients.input.shape == x.shape
        for name, g in gradients.params.items():
            model.parameters[name] -= 0.1 * g
    assert losses[-1] < 0.5 * losses[0]
    assert model.predict(x).shape == (8, 3)
    assert not np.allclose(model.buffers["bn1.running_mean"], 0)


def test_the_seed_gives_the_parameters() -> None:
    first, second, other = (cnndsl.compile(TEXT, seed=s).parameters for s in (1, 1, 2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert not np.array_equal(first["conv1.weight"], other["conv1.weight"])
    assert first["conv1.weight"].dtype == np.float32
    assert cnndsl.compile(TEXT, dtype="float64").parameters["fc1.weight"].dtype == np.float64


def test_predict_changes_nothing() -> None:
    model = cnndsl.compile(TEXT, seed=1)
    x = np.ones((2, 1, 6, 6))
    before = {name: array.copy() for name, array in model.state.items()}
    assert np.array_equal(model.predict(x), model.predict(x))
    assert all(np.array_equal(before[name], model.state[name]) for name in before)


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (np.ones((1, 6, 6)), "E809"),
        (np.ones((2, 2, 6, 6)), "E809"),
        (np.ones((2, 1, 6, 6), dtype=complex), "E809"),
        (np.full((2, 1, 6, 6), "a"), "E809"),
        (np.ones((2, 1, 6, 6), dtype=object), "E809"),
    ],
)
def test_arrays_that_do_not_fit(x: np.ndarray, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(CnnError, match=says):
        cnndsl.compile(TEXT).forward(x)


def test_backward_needs_a_training_step() -> None:
    model = cnndsl.compile(TEXT)
    step = model.forward(np.ones((2, 1, 6, 6)))
    with pytest.raises(CnnError, match="E806"):
        model.backward(step, step.output)
    step = model.forward(np.ones((2, 1, 6, 6)), training=True)
    with pytest.raises(CnnError, match="E809"):
        model.backward(step, np.ones((2, 4)))


def test_wrong_use() -> None:
    for call, says in [
        (lambda: cnndsl.compile(TEXT, dtype="float16"), "E806"),
        (lambda: cnndsl.compile("CONV 3x3 *3"), "E213"),
        (lambda: cnndsl.compile("INPUT -> [CONV]*N"), "E210"),
        (lambda: cnndsl.loads("FC 3", input=(1, 2)), "E806"),  # type: ignore[arg-type]
        (lambda: cnndsl.loads("FC 3", input=5), "E806"),  # type: ignore[arg-type]
        (lambda: cnndsl.loads(5), "E806"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile("INPUT 8x8x1; FC 9999999999"), "E802"),
        (lambda: cnndsl.loads("FC 3", variables={"N": "x"}), "E806"),  # type: ignore[dict-item]
        (lambda: cnndsl.loads("FC 3", variables=[2]), "E806"),  # type: ignore[arg-type]
        (lambda: cnndsl.loads("FC 3", variables={1: 2}), "E806"),  # type: ignore[dict-item]
        (lambda: cnndsl.loads("FC 3", variables={"N": True}), "E806"),
        (lambda: cnndsl.train(None), "E806.*found NoneType"),  # type: ignore[arg-type]
        (lambda: cnndsl.train(DIGITS, on_event=5), "E806"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile(None), "E806.*found NoneType"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile(TEXT, seed="x"), "E806.*seed"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile(TEXT, seed=-1), "E806.*seed"),
        (lambda: cnndsl.compile(TEXT, seed=1.5), "E806.*seed"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile(TEXT).backward(None, None), "E806.*forward"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile(TEXT).forward("x"), "E809"),  # type: ignore[arg-type]
        (lambda: cnndsl.train("INPUT 3x3x1; FC 3"), "E606"),
        (lambda: cnndsl.train(DIGITS, backend="none"), "E801"),
        (lambda: cnndsl.train(DIGITS, backend=["a"]), "E806.*backend"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile(TEXT, backend=3), "E806.*backend"),  # type: ignore[arg-type]
        (lambda: cnndsl.train(DIGITS, out=3), "E806.*`out`"),  # type: ignore[arg-type]
        (lambda: cnndsl.train(DIGITS, out=""), "E806.*`out`"),
        (lambda: cnndsl.load(None), "E806.*NoneType"),  # type: ignore[arg-type]
        (lambda: cnndsl.loads(TEXT, base=3), "E806.*`base`"),  # type: ignore[arg-type]
        (lambda: cnndsl.loads(TEXT, data=b"x"), "E806.*`data`"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile(TEXT).load(None), "E806.*NoneType"),  # type: ignore[arg-type]
        (lambda: cnndsl.compile("INPUT 2x2x1; HEAD v( FC 2 )").predict(np.ones((1, 1, 2, 2))), "E806.*outputs are v"),
    ]:
        with pytest.raises(CnnError, match=says):
            call()


def test_check_says_what_is_wrong_with_its_own_arguments() -> None:
    for more in ({"memory": 1.5}, {"memory": 0}, {"memory": True}, {"base": 3}, {"base": ""}):
        assert [d.code for d in cnndsl.check("INPUT 3x3x1; FC 3", **more)] == ["E806"], more  # type: ignore[arg-type]


def test_weights_of_a_run_are_loaded(tmp_path: Path) -> None:
    text = DIGITS.replace("relu;", "nobias; BN; RELU;").replace("epochs 3", "epochs 1")
    trained = cnndsl.train(text, out=tmp_path / "run").model
    for path in (tmp_path / "run", str(tmp_path / "run" / "weights.safetensors")):
        for dtype in ("float32", "float64"):
            model = cnndsl.compile(text, seed=9, dtype=dtype)
            assert model.load(path) is model
            assert set(model.state) == set(trained.state)
            for name, array in model.state.items():
                assert array.dtype == dtype
                assert np.array_equal(array, trained.state[name]), name
    assert not np.array_equal(trained.buffers["bn1.running_mean"], np.zeros(4))


def test_weights_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    cnndsl.train(DIGITS.replace("epochs 3", "epochs 1"), out=tmp_path / "run")
    model = cnndsl.compile("INPUT 8x8x1; CONV 3x3 *5; CONV 3x3 *5; FC 9; FC 10")
    before = {name: array.copy() for name, array in model.state.items()}
    with pytest.raises(CnnError) as caught:
        model.load(tmp_path / "run")
    (d,) = caught.value.diagnostics
    assert (d.code, len(d.notes), d.notes[-1]) == ("E702", 6, "and 3 more")  # eight arrays, none as in the file
    assert d.notes[0] == "conv1.weight: the network has [5, 1, 3, 3], the file [4, 1, 3, 3]"
    assert all(np.array_equal(before[name], model.state[name]) for name in before)
    (tmp_path / "broken").write_bytes(b"x")
    for path, says in ((tmp_path / "broken", "E701"), (tmp_path / "gone", "E805"), (tmp_path, "E805")):
        with pytest.raises(CnnError, match=says):
            model.load(path)


def test_only_what_is_there_can_be_set() -> None:
    model = cnndsl.compile(TEXT)
    mean = np.zeros(4, dtype=np.float32)
    with pytest.raises(CnnError, match=r"E806.*'bn1.running_mean' to set.*buffers"):
        model.parameters["bn1.running_mean"] = mean
    with pytest.raises(CnnError, match=r"E806.*'conv1.weigth' to set.*conv1.weight"):
        model.parameters.update({"conv1.weigth": mean})
    with pytest.raises(CnnError, match=r"E806.*parameters"):
        model.buffers["conv1.bias"] = mean
    model.buffers["bn1.running_mean"] = mean + 3
    model.parameters["conv1.bias"] = mean + 2
    assert model.state["bn1.running_mean"][0] == 3
    assert model.state["conv1.bias"][0] == 2


@pytest.mark.parametrize("backend", ["naive", "vectorized"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_set_has_the_shape_and_type_of_what_was_there(backend: str, dtype: str) -> None:
    model = cnndsl.compile(TEXT, backend=backend, dtype=dtype)
    x, before = np.ones((2, 1, 6, 6)), model.parameters["conv1.weight"]
    for wrong, says in (
        (before[:1], r"conv1.weight has shape \(4, 1, 3, 3\), and cannot be set to one of \(1, 1, 3, 3\)"),
        (before.T[:2], "E809"),
        (1.0, "E809"),
        (None, "E809"),
        ("a", "E809"),
        ([[1], [1, 2]], "rows differ"),
        (before.astype(complex), "complex128"),
        (before.astype(object), "object"),
    ):
        with pytest.raises(CnnError, match=says):
            model.parameters["conv1.weight"] = wrong  # type: ignore[assignment]
        with pytest.raises(CnnError, match=says):
            model.parameters.update({"conv1.weight": wrong})  # type: ignore[dict-item]
    assert model.parameters["conv1.weight"] is before
    with pytest.raises(CnnError, match="E809"):
        model.buffers["bn1.running_var"] = np.ones(3)
    whole = np.arange(36).reshape(4, 1, 3, 3)
    expected = None
    for right in (whole, whole.tolist(), whole.astype(">f4"), np.asfortranarray(whole), whole.astype("f8")):
        model.parameters["conv1.weight"] = right  # type: ignore[assignment]
        held, y = model.parameters["conv1.weight"], model.predict(x)
        assert (held.dtype, y.dtype) == (dtype, dtype)
        assert np.array_equal(held, whole)
        assert expected is None or np.array_equal(y, expected)
        expected = y
    mine = np.zeros((4, 1, 3, 3), dtype)
    model.parameters["conv1.weight"] = mine  # of that type it is the same array, and changes with it
    assert model.parameters["conv1.weight"] is mine


def test_train(tmp_path: Path) -> None:
    events: list[object] = []
    trained = cnndsl.train(DIGITS, out=tmp_path / "run", on_event=events.append)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert [e.epoch for e in events if isinstance(e, EpochDone)] == [1, 2, 3]
    assert len([e for e in events if isinstance(e, StepDone)]) == trained.test.steps
    assert trained.history[-1].loss < trained.history[0].loss
    # the trained network ends in its SOFTMAX again
    x = np.zeros((4, 1, 8, 8), dtype=np.float32)
    np.testing.assert_allclose(trained.model.predict(x).sum(axis=1), 1, rtol=1e-5)
    assert (tmp_path / "run" / "weights.safetensors").is_file()
    assert cnndsl.train(DIGITS).test.test_loss == trained.test.test_loss
