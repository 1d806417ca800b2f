"""ONNX's backend tests on both backends. Needs onnx: pip install onnx."""

from __future__ import annotations

import re
from collections import Counter
from types import SimpleNamespace

import pytest

pytest.importorskip("onnx", reason="ONNX's backend tests need it: pip install onnx")


from .cases import CONVERTED
from .operators import OPERATORS as LAYERS
from .suite import CASES, OPERATORS, adapted, applicable, every, main, no_layer, outcome
from .views import NotOurs


@pytest.mark.parametrize("backend", ["naive", "vectorized"])
def test_all_that_applies_passes(backend: str) -> None:
    found = [outcome(case, backend) for case in applicable()]
    wrong = [f"{o.case.name}: {o.wrong}" for o in found if o.wrong]
    assert not wrong, "\n".join(wrong)
    counted = Counter(o.case.kind for o in found)
    assert counted["node"] >= 220
    assert counted["converted"] >= 54


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


def test_no_operator_is_left_out_that_layers_compute() -> None:
    assert not OPERATORS.keys() & LAYERS.keys()


def test_a_case_without_data_does_not_pass() -> None:
    case = next(applicable())
    assert not outcome(case, "naive").wrong
    assert outcome(case._replace(sets=[]), "naive").wrong == "nothing is compared"


def test_a_case_of_other_outputs_does_not_pass() -> None:
    case = next(applicable())
    sets = [(given, [*expected, expected[0]]) for given, expected in case.sets]
    assert outcome(case._replace(sets=sets), "naive").wrong == "1 outputs, and 2 are expected"


def test_models_on_disk_are_those_of_the_package() -> None:
    assert len(list(CONVERTED.iterdir())) == sum(case.kind == "converted" for case in every())


def test_a_wrong_number_of_any_layer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer whose numbers are one in a hundred too large fails every case that has it. Not looked at are DROPOUT,
    which is taken out outside of training, and what brings an input before LN, which takes a common factor out."""
    import numpy as np

    from cnndsl.backends.table import TableBackend
    from cnndsl.plugins import load

    tables = load().kernel_tables()
    kernels = {**tables["naive"], **tables["vectorized"]}
    layers = [(case, {n.keyword for found, _ in adapted(case) for n in found.graph.nodes}) for case in applicable()]
    every_layer = set().union(*(keywords for _, keywords in layers)) - {"INPUT", "DROPOUT"}
    assert len(every_layer) >= 28
    for keyword in sorted(every_layer):
        right = kernels[keyword]

        def forward(a, params, xs, ctx, right=right):
            y, saved, buffers = right.forward(a, params, xs, ctx)
            return y * np.asarray(1.01, y.dtype), saved, buffers

        wrong = TableBackend("wrong", {**kernels, keyword: right._replace(forward=forward)})
        monkeypatch.setattr(
            "tests.suites.onnx.suite.load", lambda wrong=wrong: SimpleNamespace(backend=lambda _: wrong)
        )
        mine = [case for case, has in layers if keyword in has and (keyword == "LN" or "LN" not in has)]
        assert mine, keyword
        assert [case.name for case in mine if not outcome(case, "wrong").wrong] == [], keyword


def test_the_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    first, second = capsys.readouterr().out.splitlines()[:2]
    for line, backend in ((first, "naive"), (second, "vectorized")):
        figures = re.match(rf"ONNX: (\d+) applicable, (\d+) passed on {backend} ", line)
        assert figures, line
        assert figures[1] == figures[2]
