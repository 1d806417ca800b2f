"""Update rules against numbers worked by hand."""

from __future__ import annotations

import tracemalloc
from math import sqrt

import numpy as np
import pytest

from cnndsl.recipe import optimizers
from cnndsl.recipe.spec import Setting
from cnndsl.training import optim
from cnndsl.training.optim import SGD, Adam, AdamW, RMSProp, make_optimizer


def slots_of(rule, shape, dtype=np.float64):
    return {name: np.zeros(shape, dtype) for name in rule.slots}


def walk(rule, start, gradients, *, lr, decay=True):
    """A single weight after each step."""
    w, slots, seen = np.array([start]), slots_of(rule, 1), []
    for step, g in enumerate(gradients, 1):
        rule.update(w, np.array([g]), slots, step=step, lr=lr, decay=decay)
        seen.append(w[0])
    return seen


def test_plain_sgd_by_hand() -> None:
    # 1 - 0.1*2 = 0.8; 0.8 - 0.1*(-3) = 1.1
    assert walk(SGD(), 1.0, [2.0, -3.0], lr=0.1) == pytest.approx([0.8, 1.1], rel=1e-15)
    assert SGD().slots == ()


def test_momentum_by_hand() -> None:
    # v = 2, w = 1 - 0.2 = 0.8; v = 0.5*2 + 4 = 5, w = 0.8 - 0.5 = 0.3; v = 0.5*5 + 0 = 2.5, w = 0.05
    assert walk(SGD(momentum=0.5), 1.0, [2.0, 4.0, 0.0], lr=0.1) == pytest.approx([0.8, 0.3, 0.05], rel=1e-12)


def test_nesterov_by_hand() -> None:
    # v = 2, step g + 0.5*v = 3: w = 1 - 0.3 = 0.7; v = 1 + 4 = 5, step 4 + 2.5 = 6.5: w = 0.7 - 0.65 = 0.05
    assert walk(SGD(momentum=0.5, nesterov=True), 1.0, [2.0, 4.0], lr=0.1) == pytest.approx([0.7, 0.05], rel=1e-12)


def test_decay_is_in_the_gradient_by_hand() -> None:
    # g = 2 + 0.5*4 = 4, v = 4: w = 4 - 0.1*4 = 3.6; g = 0 + 0.5*3.6 = 1.8, v = 0.5*4 + 1.8 = 3.8: w = 3.6 - 0.38 = 3.22
    rule = SGD(momentum=0.5, decay=0.5)
    assert walk(rule, 4.0, [2.0, 0.0], lr=0.1) == pytest.approx([3.6, 3.22], rel=1e-12)
    # Where decay does not touch: g = 2, w = 4 - 0.2 = 3.8; v = 1, w = 3.7
    assert walk(rule, 4.0, [2.0, 0.0], lr=0.1, decay=False) == pytest.approx([3.8, 3.7], rel=1e-12)


def test_adam_by_hand() -> None:
    # beta1 = 0.5, beta2 = 0.75, eps = 0, lr = 0.1, from w = 1.
    # t=1, g=2: m = 1, v = 1; m^ = 1/0.5 = 2, v^ = 1/0.25 = 4; w = 1 - 0.1*2/2 = 0.9
    # t=2, g=-4: m = 0.5 - 2 = -1.5, v = 0.75 + 4 = 4.75; m^ = -1.5/0.75 = -2, v^ = 4.75/0.4375 = 76/7;
    #      w = 0.9 + 0.2/sqrt(76/7)
    seen = walk(Adam(beta1=0.5, beta2=0.75, eps=0.0), 1.0, [2.0, -4.0], lr=0.1)
    assert seen == pytest.approx([0.9, 0.9 + 0.2 / sqrt(76 / 7)], rel=1e-14)


def test_adam_eps_is_beside_the_unbiased_root() -> None:
    # t=1: m^ = g, sqrt(v^) = |g|, so w = -lr*g/(|g| + eps): with g = 1, eps = 1: -0.5*lr
    assert walk(Adam(eps=1.0), 0.0, [1.0], lr=0.2) == pytest.approx([-0.1], rel=1e-13)


def test_adam_decay_by_hand() -> None:
    # g = 1 + 0.5*2 = 2 in place of 1; with eps = 2, t = 1: w = 2 - 0.1*2/(2 + 2) = 1.95
    assert walk(Adam(eps=2.0, decay=0.5), 2.0, [1.0], lr=0.1) == pytest.approx([1.95], rel=1e-13)
    # untouched: w = 2 - 0.1*1/(1 + 2)
    assert walk(Adam(eps=2.0, decay=0.5), 2.0, [1.0], lr=0.1, decay=False) == pytest.approx([2 - 0.1 / 3], rel=1e-13)


def test_adamw_decays_beside_the_gradient_by_hand() -> None:
    # From w = 2, decay 0.5, lr 0.1: 2*(1 - 0.05) = 1.9 first. Then Adam with eps = 1: at t = 1 the step is
    # lr*g/(|g| + eps) = 0.1*3/4, so w = 1.825; the gradient itself knows of no decay.
    rule = AdamW(eps=1.0, decay=0.5)
    assert walk(rule, 2.0, [3.0], lr=0.1) == pytest.approx([1.825], rel=1e-13)
    assert walk(rule, 2.0, [3.0], lr=0.1, decay=False) == pytest.approx([1.925], rel=1e-13)


def test_adamw_without_decay_is_adam() -> None:
    gradients = [2.0, -4.0, 0.5]
    assert walk(AdamW(decay=0.0), 1.0, gradients, lr=0.1) == walk(Adam(), 1.0, gradients, lr=0.1)


def test_rmsprop_by_hand() -> None:
    # rho = 0.75, eps = 0.5, lr = 0.1, from w = 1.
    # g=2: s = 0.25*4 = 1; w = 1 - 0.1*2/(1 + 0.5) = 13/15
    # g=-1: s = 0.75 + 0.25 = 1; w = 13/15 + 0.1/1.5 = 14/15
    seen = walk(RMSProp(rho=0.75, eps=0.5), 1.0, [2.0, -1.0], lr=0.1)
    assert seen == pytest.approx([13 / 15, 14 / 15], rel=1e-13)


def test_rmsprop_decay_is_in_the_gradient_by_hand() -> None:
    # g = 1 + 0.5*2 = 2 in place of 1; rho = 0.75: s = 1, w = 2 - 0.1*2/(1 + 1) = 1.9
    rule = RMSProp(rho=0.75, eps=1.0, decay=0.5)
    assert walk(rule, 2.0, [1.0], lr=0.1) == pytest.approx([1.9], rel=1e-13)
    # untouched: s = 0.25, w = 2 - 0.1*1/(0.5 + 1)
    assert walk(rule, 2.0, [1.0], lr=0.1, decay=False) == pytest.approx([2 - 0.1 / 1.5], rel=1e-13)


RULES = [SGD(), SGD(0.9), SGD(0.9, True, 1e-2), Adam(), Adam(decay=1e-2), AdamW(), RMSProp(), RMSProp(decay=1e-2)]


@pytest.mark.parametrize("rule", RULES)
def test_blocks_change_no_bits(rule, monkeypatch) -> None:
    random = np.random.default_rng(3)
    w, gs = random.standard_normal((7, 11)), random.standard_normal((3, 7, 11))
    results = []
    for block in (1 << 20, 10):
        monkeypatch.setattr(optim, "BLOCK", block)
        mine, slots = w.copy(), slots_of(rule, w.shape)
        for step, g in enumerate(gs, 1):
            rule.update(mine, g.copy(), slots, step=step, lr=0.1, decay=True)
        results.append(mine)
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("rule", RULES)
def test_types_stay_and_no_large_array_is_made(rule) -> None:
    shape = (1000, 1000)
    w, g, slots = np.ones(shape, np.float32), np.ones(shape, np.float32), slots_of(rule, shape, np.float32)
    tracemalloc.start()
    rule.update(w, g, slots, step=1, lr=0.1, decay=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * optim.BLOCK < w.nbytes / 8
    assert w.dtype == np.float32
    assert (w < 1).all()


def test_arrays_that_are_not_contiguous_are_refused() -> None:
    w = np.ones((4, 4)).T[::2]
    with pytest.raises(ValueError, match="contiguous"):
        SGD().update(w, np.ones((2, 4)), {}, step=1, lr=0.1, decay=False)


def test_made_from_settings() -> None:
    sgd = make_optimizer(Setting("sgd", optimizers.SGD(momentum=0.9, nesterov=True, decay=0.25)))
    assert isinstance(sgd, SGD)
    assert (sgd.name, sgd.slots, sgd.momentum, sgd.nesterov, sgd.decay) == ("sgd", ("velocity",), 0.9, True, 0.25)
    adam = make_optimizer(Setting("adam", optimizers.Adam(beta1=0.5, beta2=0.25, eps=0.1, decay=0.2)))
    assert isinstance(adam, Adam)
    assert (adam.beta1, adam.beta2, adam.eps, adam.decay, adam.slots) == (0.5, 0.25, 0.1, 0.2, ("mean", "square"))
    adamw = make_optimizer(Setting("adamw", optimizers.AdamW(beta1=0.5, beta2=0.25, eps=0.1, decay=0.2)))
    assert isinstance(adamw, AdamW)
    assert (adamw.decay, adamw.slots) == (0.2, ("mean", "square"))
    rmsprop = make_optimizer(Setting("rmsprop", optimizers.RMSProp(rho=0.5, eps=0.1, decay=0.2)))
    assert isinstance(rmsprop, RMSProp)
    assert (rmsprop.rho, rmsprop.eps, rmsprop.decay, rmsprop.slots) == (0.5, 0.1, 0.2, ("square",))
