"""ONNX's backend tests on both backends. Needs onnx: pip install onnx."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("onnx", reason="ONNX's backend tests need it: pip install onnx")


from .cases import CONVERTED
from .suite import CASES, OPERATORS, adapted, applicable, every, main, no_layer, outcome
from .views import NotOurs


@pytest.mark.parametrize("backend", ["naive", "vectorized"])
def test_all_that_applies_passes(backend: str) -> None:
    found = [outcome(case, backend) for case in applicable()]
    wrong = [f"{o.case.name}: {o.wrong}" for o in found if o.wrong]
    assert not wrong, "\n".join(wrong)
    counted = Counter(o.case.kind for o in found)
    assert counted["node"] >= 190
    assert counted["converted"] >= 50


def test_what_is_left_out_has_a_reason_that_holds() -> None:
    """A case left out by name is one that our layers do not compute, for the reason given."""
    left = {case.name: case for case in every() if case.name in CASES}
    assert left.keys() == CASES.keys()
    for name, case in left.items():
        with pytest.raises(NotOurs) as caught:
            list(adapted(case))
        assert str(caught.value) == CASES[name], name


def test_every_operator_left_out_is_used_by_a_case() -> None:
    used = {op for case in every() for op in no_layer(case)}
    assert used == OPERATORS.keys()


def test_models_on_disk_are_those_of_the_package() -> None:
    assert len(list(CONVERTED.iterdir())) == sum(case.kind == "converted" for case in every())


def test_a_wrong_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from cnndsl.backends.table import TableBackend
    from cnndsl.plugins import load

    naive = load().kernel_tables()["naive"]

    def forward(a, params, xs, ctx):
        y, saved, buffers = naive["CONV"].forward(a, params, xs, ctx)
        return y * np.asarray(1.01, y.dtype), saved, buffers

    wrong = TableBackend("wrong", {**naive, "CONV": naive["CONV"]._replace(forward=forward)})
    monkeypatch.setattr("tests.suites.onnx.suite.load", lambda: type("R", (), {"backend": lambda *_: wrong})())
    found = [outcome(case, "wrong") for case in applicable() if case.operators == {"Conv"}]
    assert found
    assert all(o.wrong for o in found)


def test_the_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    out = capsys.readouterr().out
    assert "naive: " in out
    assert "applicable" in out
