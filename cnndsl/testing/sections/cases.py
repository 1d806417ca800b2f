"""Numbers worked out by hand, layer by layer.

A case of several inputs becomes a network of one: the inputs lie one behind the other in a vector, and TAKE and RESHAPE
cut it up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Program
from cnndsl.ir.graph import Graph
from cnndsl.testing.build import Net
from cnndsl.testing.cases import Case, cases
from cnndsl.testing.subject import Subject, outside, through
from cnndsl.testing.trial import Section, Trial, close, same_names

TOLERANCES = {"float64": 1e-12, "float32": 1e-6}


def trials(subject: Subject) -> Iterator[Trial]:
    for keyword, case in cases():
        for dtype in TOLERANCES:
            yield Trial(f"{keyword}: {case['name']} ({dtype})", partial(_try, subject, keyword, case, dtype))


def _try(subject: Subject, keyword: str, case: Case, dtype: str) -> float:
    xs = [np.array(x, dtype) for x in case.get("xs", [case.get("x")])]
    graph, name = network(keyword, case.get("attrs", {}), xs)
    state = {f"{name}.{key}": np.array(value, dtype) for key, value in case.get("params", {}).items()}
    program = subject.program(graph, dtype)
    return max(_measured(program, state, joined(xs), name, case, dtype))


def _measured(
    program: Program, state: Mapping[str, Array], x: Array, name: str, case: Case, dtype: str
) -> Iterator[float]:
    bound = TOLERANCES[dtype]

    def measure(what: str, found: Array | None, values: Any) -> float:
        return close(what, found, np.array(values, float), rtol=bound, atol=bound)

    if "dy" not in case:
        found = through(program, state, x) if case.get("training", True) else outside(program, state, x)
    elif case.get("training", True):
        found = through(program, state, x, {"main": np.array(case["dy"], dtype)})
    else:
        found = through(program, state, x, {"main": np.array(case["dy"], dtype)})
        yield measure("y outside training", outside(program, state, x).outputs["main"], case["y"])
        return
    yield measure("y", found.outputs["main"], case["y"])
    for key, values in case.get("buffers", {}).items():
        yield measure(key, found.buffers.get(f"{name}.{key}"), values)
    if "dy" not in case:
        return
    expected = [np.array(dx, float) for dx in case.get("dxs", [case.get("dx")])]
    yield measure("dx", found.dx, joined(expected))
    same_names("parameters", found.dparams, (f"{name}.{key}" for key in case.get("dparams", {})))
    for key, values in case.get("dparams", {}).items():
        yield measure(f"d{key}", found.dparams[f"{name}.{key}"], values)


def network(keyword: str, attrs: Mapping[str, Any], xs: list[Array]) -> tuple[Graph, str]:
    """A network of that layer, for inputs of these shapes, and the layer's name in it."""
    if len(xs) == 1 and xs[0].ndim == 4:
        depth, height, width = xs[0].shape[1:]
        net = Net(height, width, depth)
        name = net(keyword, **attrs)
        return net.graph(), name
    net = Net(1, 1, sum(x[0].size for x in xs))
    net("FLATTEN")
    inputs, start = [], 0
    for x in xs:
        size = x[0].size
        part = net("TAKE", "flatten1", start=start, stop=start + size)
        start += size
        inputs.append(part if x.ndim == 2 else net("RESHAPE", part, size=(*x.shape[2:], x.shape[1])))
    name = net(keyword, *inputs, **attrs)
    return net.graph(), name


def joined(xs: list[Array]) -> Array:
    """The inputs of a case as the one of its network."""
    if len(xs) == 1 and xs[0].ndim == 4:
        return xs[0]
    return np.concatenate([x.reshape(len(x), -1) for x in xs], axis=1)[:, :, None, None]


SECTION = Section("cases", "layers against numbers worked out by hand: float64 to 1e-12, float32 to 1e-6", trials)
