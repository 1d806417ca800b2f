"""The built-in backends conform; backends that are wrong in one place are found out, in the section meant for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import cnndsl
from cnndsl.backends.protocol import Array, Kernel
from cnndsl.backends.table import TableBackend
from cnndsl.cli.main import main
from cnndsl.plugins import load
from cnndsl.testing import SECTIONS, Report, conform
from cnndsl.testing.cases import cases
from cnndsl.testing.geometry import KINDS
from cnndsl.testing.networks import NETWORKS

TABLES = load().kernel_tables()
NAIVE = TABLES["naive"]


@pytest.mark.parametrize("section", [s.name for s in SECTIONS])
@pytest.mark.parametrize("backend", ["naive", "vectorized"])
def test_built_in_backends_conform(backend: str, section: str) -> None:
    report = conform(backend, only=[section])
    assert report.passed, report.text(100)
    (found,) = report.sections
    assert not found.left_out
    assert not found.skipped
    assert found.worst <= 1


def test_there_is_as_much_as_promised() -> None:
    counted = conform("vectorized", only=["gradients"]).sections[0]
    assert counted.passed >= 400 + 20
    assert len(NETWORKS) == 20
    assert {"conv", "dwconv", "deconv", "pool"} <= KINDS.keys()
    computing = {op.keyword for op in load().layers.values() if op.kind not in ("input", "empty", "head")}
    assert {keyword for keyword, _ in cases()} == computing


def test_another_seed_draws_other_layers() -> None:
    one, two = (conform("vectorized", only=["adjoint"], seed=seed) for seed in (1, 2))
    assert one.passed
    assert two.passed
    assert one.sections[0].worst != two.sections[0].worst


# ---- wrong in one place


def wrong(keyword: str, **kernel: Any) -> TableBackend:
    """naive, but for one kernel."""
    return TableBackend("wrong", {**NAIVE, keyword: NAIVE[keyword]._replace(**kernel)})


def forward_of(keyword: str, change: Callable[[Any, Array], Array]) -> TableBackend:
    """naive, but for what one layer gives."""
    right = NAIVE[keyword].forward

    def forward(a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Any) -> Any:
        y, saved, buffers = right(a, params, xs, ctx)
        return change(ctx, y), saved, buffers

    return wrong(keyword, forward=forward)


def backward_of(keyword: str, change: Callable[[Any, Any, Any], Any]) -> TableBackend:
    """naive, but for the gradients of one layer."""
    right = NAIVE[keyword].backward

    def backward(a: Any, params: Mapping[str, Array], saved: Any, dy: Array, ctx: Any) -> Any:
        return change(a, *right(a, params, saved, dy, ctx))

    return wrong(keyword, backward=backward)


def scaled(factor: float) -> Callable[[Any, Any, Any], Any]:
    return lambda _, dxs, dparams: (tuple(dx * factor for dx in dxs), dparams)


def without_bias(a: Any, dxs: Any, dparams: Any) -> Any:
    return dxs, {name: g for name, g in dparams.items() if name != "bias"}


class Counting:
    """Every call is a little more than the one before."""

    calls = 0

    def __call__(self, _: Any, y: Array) -> Array:
        Counting.calls += 1
        return y * (1 + 1e-14 * Counting.calls)


def last_of_ties(a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Any) -> Any:
    y, _, buffers = NAIVE["POOL"].forward(a, params, xs, ctx)
    return y, tuple(xs), buffers


def pool_last(a: Any, params: Mapping[str, Array], saved: Any, dy: Array, ctx: Any) -> Any:
    """Ties to the last cell: the map turned, pooled, and turned back."""
    (x,) = saved
    turned = x[..., ::-1, ::-1].copy()
    _, kept, _ = NAIVE["POOL"].forward(a, params, (turned,), ctx)
    (dx,), dparams = NAIVE["POOL"].backward(a, params, kept, dy[..., ::-1, ::-1].copy(), ctx)
    return (dx[..., ::-1, ::-1].copy(),), dparams


def unbiased(a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Any) -> Any:
    y, saved, buffers = NAIVE["BN"].forward(a, params, xs, ctx)
    return y, saved, {name: array * (1.001 if "var" in name else 1) for name, array in buffers.items()}


def writing(a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Any) -> Any:
    """SIGMOID that counts in its layer's weights: FC that changes its weight."""
    y, saved, buffers = NAIVE["FC"].forward(a, params, xs, ctx)
    params["weight"][0, 0] += 1e-3
    return y, saved, buffers


FAULTS: dict[str, tuple[Callable[[], TableBackend], str, str]] = {
    "a gradient twice as large": (lambda: backward_of("TANH", scaled(2)), "gradients", "gradient of"),
    "a gradient a little too large": (lambda: backward_of("CONV", scaled(1 + 1e-4)), "gradients", "CONV"),
    "a map that is not transposed": (lambda: backward_of("DECONV", scaled(1 + 1e-9)), "adjoint", "DECONV"),
    "a gradient left out": (lambda: backward_of("FC", without_bias), "gradients", "the gradient of bias is NoneType"),
    "a wrong number": (lambda: forward_of("HSWISH", lambda _, y: y + 1e-9), "cases", "HSWISH"),
    "a correlation that is turned": (lambda: forward_of("CONV", lambda _, y: y[..., ::-1]), "tutorial", "equation 4"),
    "ties to the last": (
        lambda: wrong("POOL", forward=last_of_ties, backward=pool_last),
        "cases",
        "the first of equal",
    ),
    "a running variance": (lambda: wrong("BN", forward=unbiased), "agreement", "running_var"),
    "rounded to half": (
        lambda: forward_of("FC", lambda _, y: y.astype("f2").astype(y.dtype)),
        "agreement",
        "FC",
    ),
    "other bits each time": (lambda: forward_of("TANH", Counting()), "determinism", "other bits"),
    "another mask": (
        lambda: forward_of("DROPOUT", lambda ctx, y: y[:, ::-1] if ctx.training else y),
        "determinism",
        "masks",
    ),
    "weights written to": (lambda: wrong("FC", forward=writing), "manners", "fc1.weight"),
    "another dtype inside": (
        lambda: forward_of("GELU", lambda _, y: y.astype("f4").astype(y.dtype)),
        "examples",
        "GELU",
    ),
    "an error from inside": (lambda: forward_of("ELU", lambda _, y: y.nothing), "cases", "raises AttributeError"),
    "a warning from NumPy": (
        lambda: forward_of("ELU", lambda _, y: y + 0 * np.float64(1) / np.zeros(())),
        "cases",
        "ELU",
    ),
}  # type: ignore[type-arg]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_where_it_is_looked_for(name: str) -> None:
    make, section, says = FAULTS[name]
    report = conform(make(), only=[section], size=0.2)
    assert not report.passed
    faults = report.sections[0].faults
    assert any(says in f"{trial}: {fault}" for trial, fault in faults), faults[:3]
    assert "FAIL" in report.text()
    assert "wrong does not conform" in report.text()


class Fusing(TableBackend):
    """Fuses wrongly: outside training, what is fused is a little more."""

    def compile(self, graph: Any, options: Any) -> Any:
        made = super().compile(graph, options)
        plain = made.forward

        def forward(*args: Any, training: bool = False, step: int = 0) -> Any:
            found = plain(*args, training=training, step=step)
            if options.fuse and not training:
                return found._replace(outputs={name: y * 1.001 for name, y in found.outputs.items()})
            return found

        made.forward = forward
        return made


def test_fusion_that_changes_numbers_is_found() -> None:
    report = conform(Fusing("wrong", NAIVE), only=["fusion"])
    assert len(report.sections[0].faults) > 50


def test_a_layer_without_a_kernel_is_left_out() -> None:
    bare = TableBackend("bare", {k: kernel for k, kernel in NAIVE.items() if k != "GELU"})
    report = conform(bare, only=["cases"])
    (found,) = report.sections
    assert report.passed
    assert found.left_out
    assert {why for _, why in found.left_out} == {"backend `bare` has no kernel for GELU"}
    assert f"left out {len(found.left_out)}: backend `bare` has no kernel for GELU" in report.text()
    nothing = conform(TableBackend("empty", {}), only=["cases"])
    assert not nothing.passed
    assert "empty was not tried: 0 trials passed" in nothing.text()


def test_without_scipy_its_section_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnndsl.testing.kit.find_spec", lambda _: None)
    report = conform("naive", only=["tutorial", "adjoint"], size=0.1)
    assert report.passed
    assert "pip install 'cnndsl[testing]'" in report.text()
    assert "1 section skipped" in report.text()


# ---- the command


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform", "vectorized", "--only", "cases", "--only", "adjoint", "--quick"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("ok    cases")
    assert "vectorized conforms: " in out
    assert max(map(len, out.splitlines())) <= 80
    assert main(["conform", "naive", "--only", "cases", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] is True
    assert said["sections"][0]["name"] == "cases"
    assert said["sections"][0]["faults"] == []


def test_wrong_uses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conform", "fast"]) == 2
    assert "there is no backend `fast`" in capsys.readouterr().err
    assert main(["conform", "naive", "--only", "gradient"]) == 2
    assert "sections: cases, tutorial, gradients" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(SystemExit):
        main(["conform", "naive", "--seed", "-1"])


def test_an_exit_code_of_a_backend_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    known = replace(load())
    monkeypatch.setattr("cnndsl.testing.kit.load", lambda: known)
    monkeypatch.setattr(type(known), "backend", lambda *_: wrong("RELU", forward=NAIVE["TANH"].forward))
    assert main(["conform", "naive", "--only", "cases"]) == 1


def test_from_python() -> None:
    report = conform("vectorized", only=["cases"])
    assert isinstance(report, Report)
    with pytest.raises(cnndsl.CnnError, match="no section"):
        conform("naive", only=["x"])
    assert Kernel is type(NAIVE["CONV"])
