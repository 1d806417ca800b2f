"""The plugin door: the sample package through it, and records that are turned away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.arguments import NoArguments
from cnndsl.backends.protocol import Kernel
from cnndsl.backends.table import TableBackend
from cnndsl.builtin import PLUGIN as BUILTIN
from cnndsl.diagnostics import CnnError
from cnndsl.plugins import KernelTables, Plugin, PluginError, Registry, registry

SAMPLE = Path(__file__).parent.parent / "plugin_sample"
TEXT = "INPUT 4x4x1; CONV 3x3 *2 clip; CLIP low -1 high 0.5; FC 2"


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Plugin:
    monkeypatch.syspath_prepend(str(SAMPLE))
    plugin: Plugin = import_module("cnndsl_sample").PLUGIN
    return plugin


@pytest.fixture
def both(sample: Plugin) -> Registry:
    return registry([BUILTIN, sample])


def test_a_layer_of_a_package_is_written_like_a_built_in_one(both: Registry) -> None:
    network = cnndsl.loads(TEXT, registry=both)
    assert [n.name for n in network.graph] == ["input", "conv1", "clip1", "clip2", "fc1"]
    with pytest.raises(CnnError) as caught:
        cnndsl.loads(TEXT, registry=registry([BUILTIN]))
    assert [d.code for d in caught.value.diagnostics] == ["E203", "E201"]


def test_its_own_size_rule_speaks(both: Registry) -> None:
    with pytest.raises(CnnError, match=r"CLIP low 2 is not below high 1") as caught:
        cnndsl.loads("INPUT 4x4x1; CLIP low 2", registry=both)
    (d,) = caught.value.diagnostics
    assert d.span is not None
    assert (d.code, d.span.line, d.span.column) == ("E204", 1, 19)


@pytest.mark.parametrize("backend", ["naive", "vectorized"])
def test_it_runs_on_both_backends(both: Registry, backend: str) -> None:
    network = cnndsl.loads("INPUT 1x4x1; CLIP low -1 high 0.5", registry=both)
    model = cnndsl.compile(network, backend=backend, dtype="float64")
    x = np.array([-3.0, -0.5, 0.25, 7.0]).reshape(1, 1, 1, 4)
    step = model.forward(x, training=True)
    assert step.output.ravel().tolist() == [-1.0, -0.5, 0.25, 0.5]
    gradients = model.backward(step, np.arange(1.0, 5.0).reshape(1, 1, 1, 4))
    assert gradients.input is not None
    assert gradients.input.ravel().tolist() == [0.0, 2.0, 3.0, 0.0]


def test_a_registry_does_not_change_another(both: Registry) -> None:
    assert "CLIP" in both.layers
    assert "CLIP" not in registry([BUILTIN]).layers


def test_an_installed_package_is_found_by_its_entry_point(tmp_path: Path) -> None:
    info = tmp_path / "cnndsl_sample-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cnndsl-sample\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[cnndsl.plugins]\nsample = cnndsl_sample:PLUGIN\n")
    path = os.pathsep.join([str(tmp_path), str(SAMPLE), str(Path(cnndsl.__file__).parent.parent)])
    done = subprocess.run(
        [sys.executable, "-m", "cnndsl", "check", "-"],
        input=TEXT,
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "<stdin>: ok, 4x4x1 -> 2, 38 parameters, 88 MACs\n"  # (3*3+1)*2 + (2*2*2+1)*2; 2*2*2*9 + 8*2


def broken_package(tmp_path: Path, value: str) -> subprocess.CompletedProcess[str]:
    info = tmp_path / "broken-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[cnndsl.plugins]\nbroken = {value}\n")
    path = os.pathsep.join([str(tmp_path), str(Path(cnndsl.__file__).parent.parent)])
    return subprocess.run(
        [sys.executable, "-m", "cnndsl", "check", "-"],
        input="INPUT 2x2x1; FC 2",
        text=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )


@pytest.mark.parametrize(
    ("value", "says"),
    [("no_such_module:PLUGIN", "cannot be imported"), ("json:dumps", "is a function, not a cnndsl.Plugin")],
)
def test_a_broken_package_is_named(tmp_path: Path, value: str, says: str) -> None:
    done = broken_package(tmp_path, value)
    assert done.returncode == 2
    assert "E808" in done.stderr
    assert "plugin broken" in done.stderr
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_records_that_are_turned_away(sample: Plugin) -> None:
    (op,) = sample.layers
    cases = [
        ([BUILTIN, sample, sample], "another plugin has this name"),
        ([BUILTIN, replace(sample, layers=(replace(op, keyword="CONV"),))], "CONV: a layer of this name"),
        ([BUILTIN, replace(sample, layers=(replace(op, keyword="clip"),))], "clip: a keyword is two or more"),
        ([BUILTIN, replace(sample, layers=(replace(op, activation_word="relu"),))], "`relu` is taken"),
        ([BUILTIN, replace(sample, layers=(replace(op, attrs=_Undeclared),))], "is not declared"),
        ([BUILTIN, replace(sample, layers=(replace(op, keyword="ABc"),))], "ABc: a keyword is two or more"),
        ([BUILTIN, replace(sample, layers=(replace(op, keyword="ID"),))], "ID: a layer of this name"),
        ([BUILTIN, replace(sample, layers=(replace(op, examples=()),))], "it has no examples"),
        ([BUILTIN, replace(sample, layers=("CLIP",))], "'CLIP' is not an Op"),  # type: ignore[arg-type]
        ([BUILTIN, replace(sample, layers=5)], "`layers` is a int, not a tuple"),  # type: ignore[arg-type]
        ([BUILTIN, replace(sample, kernels={})], "`kernels` is a dict, not a function"),  # type: ignore[arg-type]
        ([BUILTIN, replace(sample, backends={"auto": len})], "backend 'auto'"),
        ([BUILTIN, replace(sample, backends={"fast": lambda: None})], "backend fast must take 1 argument"),
        ([BUILTIN, replace(sample, layers=(replace(op, kind="magic"),))], "there is no kind `magic`"),  # type: ignore[arg-type]
        ([BUILTIN, replace(sample, layers=(replace(op, doc=" "),))], "CLIP: it has no doc"),
        ([BUILTIN, replace(sample, layers=(replace(op, infer=lambda a: a),))], "`infer` must take 2 arguments"),
        ([BUILTIN, replace(sample, layers=(replace(op, cost=7),))], "`cost` is a int, not a function"),  # type: ignore[arg-type]
        ([BUILTIN, replace(sample, layers=(replace(op, examples=("CLIP wide",)),))], "example `CLIP wide` is wrong"),
        ([BUILTIN, replace(sample, layers=(replace(op, examples=("CLIP low 2",)),))], "low 2 is not below high 1"),
        ([BUILTIN, replace(sample, passes=("fold",))], "pass 'fold' has no name"),  # type: ignore[arg-type]
        ([BUILTIN, replace(sample, losses=(SGD_ENTRY,))], "has the key `loss`, not `optimizer`"),
        ([BUILTIN, replace(sample, optimizers=(SGD_ENTRY,))], "optimizer sgd: it is already there"),
        ([BUILTIN, replace(sample, optimizers=(replace(SGD_ENTRY, word="Lion"),))], "a word is a-z"),
        (
            [BUILTIN, replace(sample, optimizers=(replace(SGD_ENTRY, word="lion", attrs=_Undeclared),))],
            "is not declared",
        ),
        ([BUILTIN, replace(sample, optimizers=(replace(SGD_ENTRY, word="lion", attrs=NoArguments),))], "no `lr`"),
        ([BUILTIN, replace(sample, losses=("mse",))], "'mse' in `losses` is not an Entry"),  # type: ignore[arg-type]
        ([BUILTIN, replace(sample, backends=BUILTIN.backends)], "a backend `naive` is already there"),
    ]
    for plugins, says in cases:
        with pytest.raises(
            PluginError, match=f"plugin sample.*{says}" if says != "another plugin has this name" else says
        ):
            registry(plugins)


SGD_ENTRY = next(entry for entry in BUILTIN.optimizers if entry.word == "sgd")


@dataclass
class _Undeclared:
    low: float = 0.0


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(CnnError, match=r"E801.*`fast`") as caught:
        cnndsl.compile("INPUT 2x2x1; FC 2", backend="fast")
    assert caught.value.exit_code == 2
    assert "naive, vectorized" in caught.value.diagnostics[0].help[0]


def test_both_backends_in_one_process_agree() -> None:
    network = cnndsl.loads("INPUT 6x6x2; CONV 3x3 *4 tanh; POOL mean 2; FC 3")
    x = np.random.default_rng(1).normal(size=(2, 2, 6, 6))
    first, second = (cnndsl.compile(network, backend=b, dtype="float64").predict(x) for b in ("naive", "vectorized"))
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-12)


def test_kernels_that_cannot_be_fetched_are_named(sample: Plugin) -> None:
    def broken() -> KernelTables:
        raise ImportError("no such thing")

    network = cnndsl.loads("INPUT 2x2x1; FC 2", registry=registry([BUILTIN, replace(sample, kernels=broken)]))
    with pytest.raises(PluginError, match="plugin sample: its kernels cannot be fetched"):
        cnndsl.compile(network)


def test_two_names_that_meet_are_refused(sample: Plugin) -> None:
    (op,) = sample.layers
    both = registry(
        [BUILTIN, replace(sample, layers=(replace(op, keyword="RELU1", activation_word="", examples=("RELU1",)),))]
    )
    text = "INPUT 2x2x1; RELU1;" + "RELU;" * 11
    with pytest.raises(CnnError, match=r"E214.*`relu11`"):
        cnndsl.loads(text, registry=both)


def test_texts_are_texts(sample: Plugin) -> None:
    (clip,) = sample.layers
    for broken in (replace(clip, doc=...), replace(clip, summary=None)):  # type: ignore[arg-type]
        with pytest.raises(PluginError, match=r"plugin mine: layer CLIP: it has no (summary|doc)"):
            registry([BUILTIN, Plugin("mine", layers=(broken,), kernels=sample.kernels)])


def test_the_readme_backend_runs_layers_of_plugins(sample: Plugin) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```python\n# a layer's kernels in a table(.*?)```", readme, re.DOTALL)
    relu = BUILTIN.kernels()["naive"]["RELU"]
    scope = {"Plugin": Plugin, "Kernel": Kernel, "TableBackend": TableBackend, **relu._asdict()}
    exec(compile(text.partition("\n")[2], "README.md", "exec"), scope)
    every = registry([BUILTIN, sample, scope["PLUGIN"]])
    network = cnndsl.loads("INPUT 1x2x1; CLIP low -1 high 0.5; RELU", registry=every)
    x = np.array([-3.0, 0.75]).reshape(1, 1, 1, 2)
    assert cnndsl.compile(network, backend="mine").predict(x).ravel().tolist() == [0.0, 0.5]
