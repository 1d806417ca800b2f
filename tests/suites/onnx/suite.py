"""Runs the cases on a backend, and holds what is left out against skips.toml.

`python -m tests.suites.onnx` in the repository's root prints how many cases apply and how many pass, on both backends.
An output that is optional in ONNX and that no layer of ours gives (the places of maxima, a norm's mean and deviation,
the mask of a dropout) is not compared; the first output of a case always is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from onnx import NodeProto

from cnndsl.backends.protocol import Options
from cnndsl.plugins import load

from .adapter import Adapted, adapt
from .cases import Case, converted_cases, node_cases
from .views import NotOurs

RTOL, ATOL = 1e-3, 1e-7
SKIPS = tomllib.loads((Path(__file__).parent / "skips.toml").read_text(encoding="utf-8"))
OPERATORS: dict[str, str] = {op: why for why, ops in SKIPS["operators"].items() for op in ops}
"""Operators that no layer computes, each with the reason."""
CASES: dict[str, str] = {name: why for why, names in SKIPS["cases"].items() for name in names}
"""Cases of operators that layers do compute, each with the reason why not this one."""


class Outcome(NamedTuple):
    """What came of a case on a backend: `wrong` is empty where it passed."""

    case: Case
    wrong: str


@cache
def every() -> tuple[Case, ...]:
    return (*node_cases(), *converted_cases())


def applicable() -> Iterator[Case]:
    """The cases that are not left out."""
    for case in every():
        if case.name not in CASES and not no_layer(case):
            yield case


def no_layer(case: Case) -> set[str]:
    """The operators of a case that no layer computes. What only turns a constant around is no operator."""
    constants = {init.name for init in case.model.graph.initializer}

    def turns(node: NodeProto) -> bool:
        return node.op_type == "Transpose" and node.input[0] in constants

    return {n.op_type for n in case.model.graph.node if not turns(n)} & OPERATORS.keys()


def adapted(case: Case) -> Iterator[tuple[Adapted, list[Any]]]:
    """The case's graph with its input and the outputs that are expected, for each of its sets of data."""
    for given, expected in case.sets:
        wide = any(np.asarray(x).dtype == np.float64 for x in given if x is not None)
        yield adapt(case.model, given, np.float64 if wide else np.float32), expected


def outcome(case: Case, backend: str) -> Outcome:
    """Runs a case. One of which nothing is compared does not pass."""
    compared = 0
    try:
        for found, expected in adapted(case):
            dtype = str(found.x.dtype)
            ours = found.run(load().backend(backend), Options(dtype))
            assert len(ours) == len(expected), f"{len(ours)} outputs, and {len(expected)} are expected"
            assert ours[0] is not None, "gives no first output"
            for name, (y, right) in enumerate(zip(ours, expected, strict=True)):
                if y is None:
                    continue
                compared += 1
                y = _seen_as(y, np.asarray(right))
                np.testing.assert_allclose(y, right, rtol=RTOL, atol=ATOL, err_msg=f"output {name}")
    except NotOurs as error:
        return Outcome(case, f"is not ours: it {error}")
    except AssertionError as error:
        return Outcome(case, " ".join(str(error).split())[:300])
    return Outcome(case, "" if compared else "nothing is compared")


def _seen_as(y: Any, right: Any) -> Any:
    """Ours in ONNX's shape; from depth back to an axis where it came from there."""
    if isinstance(y, tuple):
        y, axis = y
        rest = [n for i, n in enumerate(right.shape) if i != axis]
        return np.moveaxis(y.reshape(right.shape[axis], *rest), 0, axis)
    return y.reshape(right.shape)


def main() -> int:
    cases = list(applicable())
    code = 0
    for backend in ("naive", "vectorized"):
        found = [outcome(case, backend) for case in cases]
        parts = []
        for kind in ("node", "converted"):
            own = [o for o in found if o.case.kind == kind]
            parts.append(f"{kind} {sum(not o.wrong for o in own)} of {len(own)}")
        passed = sum(not o.wrong for o in found)
        figures = f"{len(found)} applicable, {passed} passed"
        print(f"ONNX: {figures} on {backend} ({', '.join(parts)}), rtol {RTOL}, atol {ATOL}")
        for o in found:
            if o.wrong:
                code = 1
                print(f"  {o.case.name}: {o.wrong}")
    print(f"{len(every()) - len(cases)} of {len(every())} left out, for the reasons in skips.toml")
    return code
