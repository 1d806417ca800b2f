"""Numbers worked out by hand, on every backend. Kernels run by themselves, in memory that shows who reads what it never
wrote; the conformance kit runs the same cases as programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnndsl.testing.cases import cases

from .support import BACKENDS, REGISTRY, run_layer

CASES = list(cases())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("keyword", "case"), CASES, ids=[f"{keyword}: {case['name']}" for keyword, case in CASES])
def test_case(keyword: str, case: dict[str, Any], backend: str, dtype: str) -> None:
    def array(values: Any) -> Any:
        return np.array(values, dtype=dtype)

    xs = [array(x) for x in case.get("xs", [case.get("x")])]
    params = {name: array(values) for name, values in case.get("params", {}).items()}
    dy = array(case["dy"]) if "dy" in case else None
    found = run_layer(backend, keyword, case.get("attrs", {}), xs, params, dy, case.get("training", True))
    same(found.y, case["y"], dtype)
    assert set(found.buffers) == set(case.get("buffers", {}))
    for name, values in case.get("buffers", {}).items():
        same(found.buffers[name], values, dtype)
    if dy is not None:
        for dx, expected in zip(found.dxs, case.get("dxs", [case.get("dx")]), strict=True):
            same(dx, expected, dtype)
        assert set(found.dparams) == set(case.get("dparams", {}))
        for name, values in case.get("dparams", {}).items():
            same(found.dparams[name], values, dtype)


def same(found: Any, expected: Any, dtype: str) -> None:
    assert found.dtype == dtype
    tolerance = 1e-12 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(found, np.array(expected, dtype=float), rtol=tolerance, atol=tolerance)


def test_every_layer_has_cases() -> None:
    computing = {op.keyword for op in REGISTRY.layers.values() if op.kind not in ("input", "empty", "head")}
    assert {keyword for keyword, _ in CASES} == computing
