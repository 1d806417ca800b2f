# ruff: noqa: ARG002, ARG005
"""What a plugin does wrong after it came in is named, and stops what was going on: never a bare exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnndsl
from cnndsl.arguments import NoArguments, option
from cnndsl.backends.protocol import Kernel
from cnndsl.builtin import PLUGIN as BUILTIN
from cnndsl.cli.main import main
from cnndsl.data.dataset import Dataset, Part
from cnndsl.diagnostics import CnnError
from cnndsl.ir.graph import Graph
from cnndsl.passes.run import Pass
from cnndsl.plugins import Plugin, PluginError, Registry, found, registry
from cnndsl.recipe.data import DataSet
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.spec import Entry
from cnndsl.testing import conform

SAMPLE = Path(__file__).parent.parent / "plugin_sample"


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Plugin:
    monkeypatch.syspath_prepend(str(SAMPLE))
    plugin: Plugin = import_module("cnndsl_sample").PLUGIN
    return plugin


def faulty(sample: Plugin, **changes: Any) -> Registry:
    """The sample's layer with other functions; right at first, so that it comes in."""
    return registry([BUILTIN, replace(sample, layers=(replace(sample.layers[0], **changes),))])


def named(action: Callable[[], Any], *says: str) -> None:
    with pytest.raises(CnnError) as caught:
        action()
    (d,) = caught.value.diagnostics
    assert d.code == "E808"
    for words in ("plugin sample", *says):
        assert words in d.message
    assert caught.value.exit_code == 2


class Turning:
    """Right while it comes in; wrong as soon as `now` is set."""

    def __init__(self, right: Callable[..., Any], wrong: Callable[..., Any]):
        self.right, self.wrong, self.now = right, wrong, False

    def __call__(self, *given: Any) -> Any:
        return (self.wrong if self.now else self.right)(*given)


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("infer", lambda a, inputs: 1 / 0, "raises ZeroDivisionError"),
        ("infer", lambda a, inputs: (4, 4, 1), "gives tuple (4, 4, 1), which is not what was agreed"),
        ("params", lambda a, inputs: None, "gives NoneType None"),
        ("cost", lambda a, inputs, y: 5, "`cost` of layer CLIP gives int 5"),
        ("arithmetic", lambda a, inputs, y: {}["x"], "raises KeyError"),
    ],
)
def test_a_size_rule(sample: Plugin, name: str, wrong: Any, says: str) -> None:
    turning = Turning(getattr(sample.layers[0], name), wrong)
    known = faulty(sample, **{name: _three(turning, name)})
    turning.now = True

    def use() -> None:
        network = cnndsl.loads("INPUT 4x4x1; CLIP", registry=known)
        node = network.graph["clip1"]
        node.op.arithmetic(node.attrs, network.graph.input_types(node), node.type)
        assert network.graph.macs == 0

    named(use, f"`{name}` of layer CLIP", says)


def _three(turning: Turning, name: str) -> Callable[..., Any]:
    """A function with the signature that the door asks for."""
    if name in ("cost", "arithmetic"):
        return lambda a, inputs, output: turning(a, inputs, output)
    return lambda a, inputs: turning(a, inputs)


def with_kernel(sample: Plugin, kernel: Any) -> Registry:
    return registry([BUILTIN, replace(sample, kernels=lambda: {"naive": {"CLIP": kernel}})])


def run_clip(known: Registry, backend: str = "naive", training: bool = True) -> None:
    model = cnndsl.compile(cnndsl.loads("INPUT 4x4x1; CLIP", registry=known), backend=backend)
    step = model.forward(np.zeros((2, 1, 4, 4)), training=training)
    if training:
        model.backward(step, np.ones((2, 1, 4, 4)))


def right(a: Any, params: Any, xs: Any, ctx: Any) -> Any:
    return xs[0].copy(), None, {}


def back(a: Any, params: Any, saved: Any, dy: Any, ctx: Any) -> Any:
    return (dy.copy(),), {}


@pytest.mark.parametrize(
    ("kernel", "says"),
    [
        (Kernel(lambda a, p, xs, ctx: 1 / 0, back), "forward raises ZeroDivisionError: division by zero"),
        (Kernel(lambda a, p, xs, ctx: None, back), "forward gives NoneType, not (y, saved, new buffers)"),
        (Kernel(lambda a, p, xs, ctx: (xs[0][:, :, 1:], None, {}), back), "its output is float32 (2, 1, 3, 4)"),
        (Kernel(lambda a, p, xs, ctx: (xs[0].astype("f2"), None, {}), back), "its output is float16"),
        (Kernel(lambda a, p, xs, ctx: (3, None, {}), back), "its output is int, not float32"),
        (Kernel(lambda a, p, xs, ctx: (xs[0] + np.nan, None, {}), back), "its output has values that are not finite"),
        (Kernel(right, lambda a, p, saved, dy, ctx: ((dy / 0,), {})), "a gradient has values that are not finite"),
        (Kernel(right, lambda a, p, saved, dy, ctx: [][0]), "backward raises IndexError"),
        (Kernel(right, lambda a, p, saved, dy, ctx: dy), "backward gives an array of shape (2, 1, 4, 4)"),
        (Kernel(right, lambda a, p, saved, dy, ctx: ((), {})), "0 gradients for 1 inputs"),
        (Kernel(right, lambda a, p, saved, dy, ctx: ((dy[1:],), {})), "the gradient of input is float32 (1, 1, 4, 4)"),
    ],
)
@pytest.mark.parametrize("backend", ["naive", "vectorized"])
def test_a_kernel(sample: Plugin, kernel: Kernel, says: str, backend: str) -> None:
    named(lambda: run_clip(with_kernel(sample, kernel), backend), "the kernel of CLIP is not right: at clip1", says)


def test_a_kernel_among_steps_that_run_as_one(sample: Plugin) -> None:
    known = with_kernel(sample, Kernel(lambda a, p, xs, ctx: (xs[0][..., 1:], None, {}), back))
    model = cnndsl.compile(cnndsl.loads("INPUT 4x4x1; CONV 3x3 *2 clip; FC 2", registry=known))
    named(lambda: model.predict(np.zeros((2, 1, 4, 4))), "the kernel of CLIP is not right")


@pytest.mark.parametrize(
    ("kernels", "says"),
    [
        (dict, "layer CLIP has no kernel for naive"),
        (lambda: {"naive": {"CLIP": 3}}, "the naive kernel of CLIP is a int, not a Kernel"),
        (lambda: {"naive": {"CLIP": Kernel(right, right)}}, "`backward` must take 5 arguments"),
        (lambda: {"naive": {"CLIP": Kernel(right, back, "tiles")}}, "there is no layout `tiles`"),  # type: ignore[arg-type]
        (lambda: {"naive": {"CLIP": Kernel(right, back), "CLAP": Kernel(right, back)}}, "CLAP: there is no such layer"),
        (lambda: {"naive": {"CLIP": Kernel(right, back), "CONV": Kernel(right, back)}}, "CONV is already there"),
        (lambda: {"naive": []}, "its kernels for naive are not a mapping"),
        (lambda: exit(3), "its kernels cannot be fetched: SystemExit(3)"),
    ],
)
def test_tables_that_are_turned_away(sample: Plugin, kernels: Any, says: str) -> None:
    known = registry([BUILTIN, replace(sample, kernels=kernels)])
    with pytest.raises(PluginError, match="plugin sample") as caught:
        known.backend("naive")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda tables: 1 / 0, "backend fast raises ZeroDivisionError"),
        (lambda tables: None, "backend fast gives NoneType"),
        (lambda tables: BUILTIN.backends["naive"](tables), "backend fast calls itself 'naive'"),
    ],
)
def test_a_backend(sample: Plugin, make: Any, says: str) -> None:
    known = registry([BUILTIN, replace(sample, backends={"fast": make})])
    named(lambda: known.backend("fast"), says)


# ---- passes


@dataclass(frozen=True)
class Renamed:
    """Gives the graph another name; it changes no output."""

    name: str = "renamed"
    wrong: str = ""

    def apply(self, graph: Graph) -> Graph:
        if self.wrong == "raises":
            raise KeyError("x")
        if self.wrong == "nothing":
            return None  # type: ignore[return-value]
        if self.wrong == "broken":
            return replace(graph, outputs={"main": "nowhere"})
        return replace(graph, name="another")


def compiled(sample: Plugin, step: Pass) -> Any:
    known = registry([BUILTIN, replace(sample, passes=(step,))])
    return cnndsl.compile(cnndsl.loads("INPUT 4x4x1; FC 2", registry=known))


def test_a_pass_runs_outside_training(sample: Plugin) -> None:
    model = compiled(sample, Renamed())
    assert model.program.inference.graph.name == "another"
    assert model.program.training.graph.name != "another"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("raises", "pass `renamed` raises KeyError"), ("nothing", "gives NoneType"), ("broken", "raises GraphError")],
)
def test_a_pass_that_goes_wrong(sample: Plugin, wrong: str, says: str) -> None:
    named(lambda: compiled(sample, Renamed(wrong=wrong)), says)


# ---- what trains


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    weight: float = option(1.0, schema={"type": "number"}, doc="of this loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    lr: float = option(0.1, schema={"type": "number"}, doc="rate")

    @property
    def slots(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmed:
    warmup: int = option(0, schema={"type": "integer"}, doc="epochs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    pad: int = option(0, doc="zeros around")
    resize: tuple[int, int] | None = option(None, axes=2, minimum=1, doc="size")
    limit: int | None = option(None, schema={"type": ["integer", "null"], "minimum": 1}, doc="so many")


class Signs:
    """Steps of one length: w <- w - lr*sign(g)."""

    name = "signs"
    slots: tuple[str, ...] = ()

    def update(self, w: Any, g: Any, slots: Any, *, step: int, lr: float, decay: bool) -> None:
        w -= lr * np.sign(g)


class Hinge:
    """Sums of what is above 0; its gradient where it is."""

    name = "hinge"

    def __call__(self, output: Any, target: Any) -> tuple[float, Any]:
        return float(np.maximum(output, 0).sum()), (output > 0).astype(output.dtype)


def halves(setting: Any, base: Path, folder: Path | None) -> Dataset:
    images = np.arange(64, dtype=np.uint8).reshape(16, 1, 2, 2)
    part = Part(images, np.arange(16, dtype=np.int64) % 2)
    return Dataset(name="halves", train=part, test=part, classes=2, pixel_max=255)


def bringing(**makers: Any) -> Plugin:
    """A plugin with one of each, and other makers where given."""
    made = {
        "loss": lambda attrs: Hinge(),
        "optimizer": lambda attrs: Signs(),
        "schedule": lambda attrs: lambda step, steps, epoch: 1 - step / steps,
        "data": lambda attrs: halves,
        **makers,
    }
    return Plugin(
        name="sample",
        losses=(Entry("loss", "hinge", Weighed, "what is above 0", ("loss hinge",), made["loss"]),),
        optimizers=(
            Entry("optimizer", "signs", Rated, "steps of one length", ("optimizer signs",), made["optimizer"]),
        ),
        schedules=(Entry("schedule", "fall", Warmed, "falls to 0", ("schedule fall",), made["schedule"]),),
        data=(
            DataSet(
                "data",
                "halves",
                Sized,
                "16 images 2x2x1",
                ("data halves",),
                made["data"],
                known=lambda _: Facts((2, 2, 1), 2),
            ),
        ),
    )


PROGRAM = """
INPUT 2x2x1
FC 2
train { data halves; normalize none; loss hinge; optimizer signs lr 0.5; schedule fall; split 1; batch 16; epochs 2 }
"""


def trained(**makers: Any) -> Any:
    known = registry([BUILTIN, bringing(**makers)])
    trainer = cnndsl.api.trainer(cnndsl.loads(PROGRAM, registry=known))
    start = trainer.state()
    list(trainer.run())
    return start, trainer.state()


def test_what_trains_comes_in(sample: Plugin) -> None:
    """Two steps, at the rates 0.5 and 0.25: each weight moves by their sums, by their difference, or not at all."""
    before, after = trained()
    moved = np.abs(after["fc1.weight"] - before["fc1.weight"])
    assert moved.max() > 0
    for length in moved.ravel():
        assert min(abs(length - way) for way in (0, 0.25, 0.5, 0.75)) < 1e-6


def test_its_words_are_known_to_the_language() -> None:
    with pytest.raises(CnnError, match="hinge"):
        cnndsl.loads(PROGRAM)
    known = registry([BUILTIN, bringing()])
    said = cnndsl.loads(PROGRAM, registry=known)
    assert said.recipe.losses["main"].word == "hinge"
    assert [d.code for d in said.diagnostics] == []
    with pytest.raises(CnnError, match=r"halves|2x2"):
        cnndsl.loads(PROGRAM.replace("INPUT 2x2x1", "INPUT 3x3x1"), registry=known)


@pytest.mark.parametrize(
    ("makers", "says"),
    [
        ({"loss": lambda attrs: 1 / 0}, "`make` of loss hinge raises ZeroDivisionError"),
        ({"loss": lambda attrs: 3}, "`make` of loss hinge gives int 3"),
        ({"loss": lambda attrs: _Named(lambda o, t: None)}, "loss hinge gives NoneType"),
        ({"loss": lambda attrs: _Named(lambda o, t: (1.0, o[1:]))}, "loss hinge gives tuple"),
        ({"optimizer": lambda attrs: object()}, "`make` of optimizer signs gives object"),
        ({"optimizer": lambda attrs: _Failing()}, "optimizer signs raises RuntimeError: no"),
        ({"schedule": lambda attrs: lambda step, steps, epoch: float("nan")}, "schedule fall gives float nan"),
        ({"data": lambda attrs: lambda setting, base, folder: []}, "data halves gives list []"),
    ],
)
def test_what_trains_goes_wrong(makers: Any, says: str) -> None:
    named(lambda: trained(**makers), says)


class _Named:
    name = "named"

    def __init__(self, call: Any):
        self._call = call

    def __call__(self, output: Any, target: Any) -> Any:
        return self._call(output, target)


class _Failing(Signs):
    def update(self, *given: Any, **named: Any) -> None:
        raise RuntimeError("no")


# ---- the run is stopped, not the checkpoint


def test_a_run_that_a_plugin_stops_keeps_its_last_weights(
    sample: Plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = {"count": 0}

    def sometimes(a: Any, params: Any, xs: Any, ctx: Any) -> Any:
        calls["count"] += ctx.training
        if calls["count"] > 30:  # 1,293 images in batches of 64 are 21 steps: the second epoch
            raise RuntimeError("out of order")
        return right(a, params, xs, ctx)

    known = with_kernel(sample, Kernel(sometimes, back))
    monkeypatch.setattr("cnndsl.api.programs.load_plugins", lambda: known)
    file = tmp_path / "net.cnn"
    file.write_text("INPUT 8x8x1\nCLIP\nFC 10\ntrain { data digits; epochs 4 }\n")
    assert main(["run", str(file), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert "E808" in said.err + said.out
    assert "out of order" in said.err + said.out
    assert "Traceback" not in said.err + said.out
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["status"] not in ("running", "done")
    assert len((tmp_path / "out" / "metrics.jsonl").read_text().splitlines()) == 1
    from cnndsl.state import weights as files

    kept = files.load(tmp_path / "out" / "weights.safetensors")
    assert kept.state["fc1.weight"].shape == (10, 64)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda x: (x[:, :, 1:], None, {}), "its output is float32"),
        (lambda x: (x.astype("f2"), None, {}), "its output is float16"),
        (lambda x: (x + np.nan, None, {}), "its output has values that are not finite"),
        (lambda x: 1 / 0, "forward raises ZeroDivisionError"),
    ],
    ids=["shape", "type", "not a number", "raises"],
)
def test_a_run_that_a_plugin_stopped_goes_on_once_it_is_mended(
    sample: Plugin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: Callable[[Any], Any],
    says: str,
) -> None:
    """Wrong in the middle of the third epoch: the plugin is named, what was saved stays, and the end is the same."""
    now = {"count": 0, "wrong": 18}  # 101 images in batches of 16 are 7 steps an epoch

    def sometimes(a: Any, params: Any, xs: Any, ctx: Any) -> Any:
        now["count"] += ctx.training
        return wrong(xs[0]) if now["count"] == now["wrong"] else right(a, params, xs, ctx)

    known = with_kernel(sample, Kernel(sometimes, back))
    monkeypatch.setattr("cnndsl.api.programs.load_plugins", lambda: known)
    file, out = tmp_path / "net.cnn", tmp_path / "out"
    file.write_text("INPUT 8x8x1\nCLIP\nFC 10\ntrain { data digits limit 120; epochs 4; batch 16 }\n")
    assert main(["run", str(file), "--out", str(out)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    for words in ("error[E808]", "plugin sample", "CLIP", says):
        assert words in said
    kept = sorted((out / "checkpoints").iterdir())
    assert [path.stem for path in kept] == ["0000000007", "0000000014"]
    now["wrong"] = -1
    assert main(["run", "--resume", str(out)]) == 0
    assert main(["run", str(file), "--out", str(tmp_path / "whole")]) == 0
    from cnndsl.state import weights as files

    digests = {files.digest(files.load(f / "weights.safetensors").state) for f in (out, tmp_path / "whole")}
    assert len(digests) == 1


# ---- the list


def test_the_list(sample: Plugin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    good = found.Installed("sample", "cnndsl-sample", "0.1.0", "cnndsl_sample:PLUGIN", sample)
    bad = found.Installed("broken", "broken", "1.0", "broken:X", None, "plugin broken (broken:X) cannot be imported: x")
    ours = found.Installed("cnndsl", "cnndsl", "0.1.0", "cnndsl.builtin:PLUGIN", BUILTIN)
    monkeypatch.setattr("cnndsl.cli.commands.plugins.survey", lambda: iter([ours, good]))
    assert main(["plugins"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    for words in ("sample: cnndsl-sample 0.1.0", "layers: CLIP", "kernels: CLIP (naive)", "backends: sliding"):
        assert words in out
    assert "optimizers: sgd, adam" in out
    monkeypatch.setattr("cnndsl.cli.commands.plugins.survey", lambda: iter([ours, bad]))
    assert main(["plugins"]) == 1
    assert "cannot be used: plugin broken" in capsys.readouterr().out
    assert main(["plugins", "--format", "json"]) == 1
    one, two = json.loads(capsys.readouterr().out)
    assert one["brings"]["backends"] == ["naive", "vectorized"]
    assert two["fault"].startswith("plugin broken")


def test_a_backend_of_a_package_conforms(sample: Plugin) -> None:
    known = registry([BUILTIN, sample])
    report = conform("sliding", registry=known, size=0.3)
    assert report.passed, report.text(100)
    assert not any(s.left_out for s in report.sections)
    assert any("CLIP" in example for op in known.layers.values() for example in op.examples)
    assert [n.keyword for n in known.backend("sliding").borrowed(cnndsl.loads("INPUT 4x4x1; FC 2").graph)] == ["FC"]


def varied(make: Any) -> Any:
    """Training with an augmentation or a metric of a plugin."""
    entry = Entry("augment", "odd", NoArguments, "something of theirs", ("augment odd",), make=make)
    known = registry([BUILTIN, Plugin("theirs", augmentations=(entry,))])
    return cnndsl.train(cnndsl.loads("INPUT 8x8x1\nFC 10\ntrain { data digits limit 40; augment odd }", registry=known))


class Darker:
    numbers = 1

    def __call__(self, images: Any, random: Any) -> Any:
        return images * random[:, :, None, None].astype(images.dtype)


def test_an_augmentation_of_a_plugin() -> None:
    assert varied(lambda _: Darker()).test.test == 40


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda images, _: images[:, :, 1:], "which is not what was agreed"),
        (lambda images, _: images.astype("f8"), "which is not what was agreed"),
        (lambda images, _: images * np.float32("nan"), "which is not what was agreed"),
        (lambda images, _: None, "which is not what was agreed"),
        (lambda images, _: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_an_augmentation_that_goes_wrong_is_named(wrong: Any, says: str) -> None:
    made = type("Odd", (), {"numbers": 2, "__call__": lambda self, images, random: wrong(images, random)})()
    with pytest.raises(CnnError) as caught:
        varied(lambda _: made)
    (d,) = caught.value.diagnostics
    assert d.code == "E808"
    assert "plugin theirs: augment odd" in d.message
    assert says in d.message


@pytest.mark.parametrize("made", [None, lambda images: images, type("N", (), {"numbers": "two"})()])
def test_what_makes_no_augmentation(made: Any) -> None:
    with pytest.raises(CnnError, match="E808"):
        varied(lambda _: made)


class Margin:
    name, better = "margin", "higher"

    def __init__(self) -> None:
        self.seen: list[float] = []

    def add(self, output: Any, target: Any) -> None:
        self.seen += np.sort(output, axis=1)[:, -1].tolist()

    def value(self) -> float:
        return float(np.mean(self.seen))


def measured(make: Any) -> Any:
    entry = Entry("metric", "margin", NoArguments, "something of theirs", ("metric margin",), make=make)
    known = registry([BUILTIN, Plugin("theirs", metrics=(entry,))])
    text = "INPUT 8x8x1\nFC 10\ntrain { data digits limit 60; epochs 2; metric margin }"
    return cnndsl.train(cnndsl.loads(text, registry=known))


def test_a_metric_of_a_plugin_judges() -> None:
    done = measured(lambda _: Margin())
    values = [epoch.validation["margin"] for epoch in done.history]
    assert done.test.best_epoch == 1 + int(np.argmax(values))
    assert done.test.metrics["margin"] > 0


@pytest.mark.parametrize("wrong", ["add", "value"])
def test_a_metric_that_goes_wrong_is_named(wrong: str) -> None:
    broken = type("Broken", (Margin,), {wrong: lambda self, *_: 1 / 0})
    with pytest.raises(CnnError, match="plugin theirs: metric margin"):
        measured(lambda _: broken())
    with pytest.raises(CnnError, match="E808"):
        measured(lambda _: object())
