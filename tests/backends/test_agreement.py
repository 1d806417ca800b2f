"""A network is what its layers are. Backends against each other: the conformance kit, tests/testing."""

from __future__ import annotations

import numpy as np
import pytest

from .support import BACKENDS, Net, program, random_state


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_network_is_its_layers_one_after_the_other(backend: str) -> None:
    net = Net(5, 5, 2)
    net("CONV", window=(3, 3), filters=3, pad=(1, 1, 1, 1))
    net("SIGMOID")
    net("POOL", mode="max", window=(2, 2), fit="ceil")
    whole = net.graph()
    state = random_state(whole)
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 5))
    y = x
    for node in whole.nodes[1:]:
        before = whole.input_types(node)[0]
        single = Net(before.height, before.width, before.depth)
        made = single(node.keyword, **{f: getattr(node.attrs, f) for f in type(node.attrs).__dataclass_fields__})
        params = {name.replace(node.name, made): state[name] for name in node.param_names()}
        y = program(backend, single.graph()).forward(params, y).outputs["main"]
    np.testing.assert_allclose(program(backend, whole).forward(state, x).outputs["main"], y, rtol=1e-12)
