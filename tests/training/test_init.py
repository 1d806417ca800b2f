"""Initial weights: their statistics, and what their numbers depend on."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from cnndsl.recipe.spec import Setting
from cnndsl.recipe.start import Normal
from cnndsl.training.init import initial_state, rectified

AUTO, HE, XAVIER, ZEROS = (Setting(word, None) for word in ("auto", "he", "xavier", "zeros"))
CONV = {"window": (3, 3), "filters": 64, "pad": (1, 1, 1, 1)}


@pytest.fixture
def chain(net):
    """Two convolutions of fan in 9*64 = 576, fan out 576, the second with what is given behind it."""

    def make(*behind):
        return net(("INPUT", {"size": (6, 6, 64)}), ("CONV", CONV), ("TANH",), ("CONV", CONV), *behind)

    return make


def is_he(w):
    """Normal of deviation sqrt(2/576): of 36,864 numbers the deviation is within 2 %, and some lie beyond 3."""
    deviation = sqrt(2 / 576)
    return abs(w.std() / deviation - 1) < 0.02 and abs(w.mean()) < 0.02 * deviation and abs(w).max() > 3 * deviation


def is_xavier(w):
    """Uniform between -b and b, b = sqrt(6/1152): nothing beyond b, something close to it, deviation b/sqrt(3)."""
    bound = sqrt(6 / 1152)
    return 0.999 * bound < abs(w).max() <= bound and abs(w.std() * sqrt(3) / bound - 1) < 0.02


def test_the_two_are_told_apart() -> None:
    random = np.random.default_rng(0)
    assert is_he(random.normal(0, sqrt(2 / 576), 36_864))
    assert is_xavier(random.uniform(-sqrt(6 / 1152), sqrt(6 / 1152), 36_864))
    assert not is_xavier(random.normal(0, sqrt(2 / 576), 36_864))
    assert not is_he(random.uniform(-sqrt(6 / 1152), sqrt(6 / 1152), 36_864))


def test_explicit(chain) -> None:
    graph = chain(("RELU",))
    for setting, check in ((HE, is_he), (XAVIER, is_xavier)):
        state = initial_state(graph, 1, setting)
        assert check(state["conv1.weight"])
        assert check(state["conv2.weight"])
    normal = initial_state(graph, 1, Setting("normal", Normal(deviation=0.01)))["conv1.weight"]
    assert normal.std() == pytest.approx(0.01, rel=0.02)
    assert not initial_state(graph, 1, ZEROS)["conv1.weight"].any()


@pytest.mark.parametrize(
    ("behind", "rectified"),
    [
        ([("RELU",)], True),
        ([("BN", {}), ("RELU",)], True),
        ([("POOL", {"mode": "max", "window": (2, 2)}), ("DROPOUT", {"rate": 0.5}), ("BN", {}), ("RELU",)], True),
        ([("BN", {}), ("TANH",), ("RELU",)], False),
        ([("SIGMOID",)], False),
        ([], False),
        ([("FLATTEN",), ("RELU",)], False),
        ([("CONV", CONV), ("RELU",)], False),
    ],
)
def test_auto_looks_at_what_follows(chain, behind, rectified) -> None:
    state = initial_state(chain(*behind), 5, AUTO)
    assert is_xavier(state["conv1.weight"])
    assert is_he(state["conv2.weight"]) == rectified
    assert is_xavier(state["conv2.weight"]) != rectified


def test_auto_with_branches_takes_any(net) -> None:
    graph = net(
        ("INPUT", {"size": (6, 6, 64)}),
        ("CONV", CONV),
        ("TANH", {}, ("conv1",)),
        ("RELU", {}, ("conv1",)),
        ("ADD", {}, ("tanh1", "relu1")),
    )
    assert is_he(initial_state(graph, 1, AUTO)["conv1.weight"])


def test_other_arrays_start_as_their_layer_says(net) -> None:
    graph = net(("INPUT", {"size": (4, 4, 3)}), ("BN", {}), ("FC", {"units": 2}))
    state = initial_state(graph, 0, HE)
    assert list(state) == ["bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "fc1.weight", "fc1.bias"]
    for name, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
        np.testing.assert_array_equal(state[f"bn1.{name}"], np.full(3, value))
    np.testing.assert_array_equal(state["fc1.bias"], [0, 0])


def test_numbers_depend_on_seed_and_name_only(net) -> None:
    short = net(("INPUT", {"size": (4, 4, 3)}), ("FC", {"units": 5}))
    long = net(("INPUT", {"size": (4, 4, 3)}), ("CONV", {"window": (1, 1), "filters": 3}), ("FC", {"units": 5}))
    one, other = initial_state(short, 3, HE), initial_state(long, 3, HE)
    np.testing.assert_array_equal(one["fc1.weight"], other["fc1.weight"])
    assert (initial_state(short, 4, HE)["fc1.weight"] != one["fc1.weight"]).any()
    two = net(("INPUT", {"size": (4, 4, 3)}), ("FC", {"units": 48}), ("FC", {"units": 48}))
    state = initial_state(two, 3, HE)
    assert (state["fc1.weight"] != state["fc2.weight"]).any()


def test_float32_is_float64_rounded(net) -> None:
    graph = net(("INPUT", {"size": (4, 4, 3)}), ("FC", {"units": 5}))
    single, double = (initial_state(graph, 2, XAVIER, dtype)["fc1.weight"] for dtype in ("float32", "float64"))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single, double.astype(np.float32))


def test_what_follows_is_found_however_far(net) -> None:
    far = [("DROPOUT", {"rate": 0.1})] * 3000
    start = (("INPUT", {"size": (1, 1, 2)}), ("CONV", {"window": (1, 1), "filters": 2}))
    for last, followed in ((("RELU", {}), True), (("TANH", {}), False)):
        graph = net(*start, *far, last)
        assert rectified(graph, graph["conv1"]) is followed
