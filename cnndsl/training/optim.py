"""Update rules. Each changes a parameter and its slots in place.

Arrays are walked through in blocks that fit a processor's cache: a step reads and writes each value once, and needs
scratch memory of one block, however large the parameter. The block's size changes no result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import sqrt
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Optimizer
from cnndsl.recipe import optimizers
from cnndsl.recipe.spec import Setting

BLOCK = 32_768
"""Values in a block."""


class _Blocks:
    """Walks through arrays of one shape block by block, with a scratch array of a block's size."""

    def __init__(self) -> None:
        self._scratch: Array = np.empty(0)

    def __call__(self, *arrays: Array) -> Iterator[tuple[Array, ...]]:
        """Flat views of each array's next block, then scratch for it. The arrays must be C-contiguous."""
        flat = [_flat(array) for array in arrays]
        size, dtype = flat[0].size, flat[0].dtype
        width = min(size, BLOCK)
        if self._scratch.size < width or self._scratch.dtype != dtype:
            self._scratch = np.empty(width, dtype)
        for start in range(0, size, BLOCK):
            stop = min(start + BLOCK, size)
            yield (*(a[start:stop] for a in flat), self._scratch[: stop - start])


def _flat(array: Array) -> Array:
    if not array.flags.c_contiguous:
        raise ValueError("parameters, gradients and slots must be C-contiguous")
    return array.reshape(-1)


class SGD:
    """v <- momentum*v + g, w <- w - lr*v; with `nesterov` w <- w - lr*(g + momentum*v).

    Decay adds decay*w to the gradient. Without momentum there is no slot. The gradient is used up.
    """

    name = "sgd"

    def __init__(self, momentum: float = 0.0, nesterov: bool = False, decay: float = 0.0):
        attrs = optimizers.SGD(momentum=momentum, nesterov=nesterov, decay=decay)
        self.slots = attrs.slots
        self.momentum, self.nesterov, self.decay = momentum, nesterov, decay
        self._blocks = _Blocks()

    def update(
        self,
        w: Array,
        g: Array,
        slots: Mapping[str, Array],
        *,
        step: int,  # noqa: ARG002 (the same for every optimizer)
        lr: float,
        decay: bool,
    ) -> None:
        kept = (slots["velocity"],) if self.slots else ()
        for W, G, *v, scratch in self._blocks(w, g, *kept):
            if decay and self.decay:
                np.multiply(W, self.decay, out=scratch)
                G += scratch
            if v:
                v[0] *= self.momentum
                v[0] += G
                if self.nesterov:
                    np.multiply(v[0], self.momentum, out=scratch)
                    G += scratch
            np.multiply(v[0] if v and not self.nesterov else G, lr, out=scratch)
            W -= scratch


class Adam:
    """Kingma and Ba 2015, algorithm 1: m and v are running means of g and g*g, freed of their bias towards zero.

    m <- beta1*m + (1 - beta1)*g, v <- beta2*v + (1 - beta2)*g*g,
    w <- w - lr * m/(1 - beta1^t) / (sqrt(v/(1 - beta2^t)) + eps). Decay adds decay*w to the gradient. The gradient is
    used up.
    """

    name = "adam"

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, decay: float = 0.0):
        self.slots = optimizers.Adam().slots
        self.beta1, self.beta2, self.eps, self.decay = beta1, beta2, eps, decay
        self._blocks = _Blocks()

    def update(self, w: Array, g: Array, slots: Mapping[str, Array], *, step: int, lr: float, decay: bool) -> None:
        rate = lr / (1 - self.beta1**step)
        root = sqrt(1 - self.beta2**step)
        for W, G, m, v, scratch in self._blocks(w, g, slots["mean"], slots["square"]):
            if decay and self.decay:
                np.multiply(W, self.decay, out=scratch)
                G += scratch
            m *= self.beta1
            np.multiply(G, 1 - self.beta1, out=scratch)
            m += scratch
            G *= G
            G *= 1 - self.beta2
            v *= self.beta2
            v += G
            np.sqrt(v, out=scratch)
            scratch /= root
            scratch += self.eps
            np.divide(m, scratch, out=scratch)
            scratch *= rate
            W -= scratch


class AdamW:
    """Loshchilov and Hutter 2019, algorithm 2: first w <- w - lr*decay*w, then a step of Adam without decay."""

    name = "adamw"

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, decay: float = 0.01):
        self.slots = optimizers.AdamW().slots
        self.decay = decay
        self._adam = Adam(beta1, beta2, eps)

    def update(self, w: Array, g: Array, slots: Mapping[str, Array], *, step: int, lr: float, decay: bool) -> None:
        if decay and self.decay:
            w *= 1 - lr * self.decay
        self._adam.update(w, g, slots, step=step, lr=lr, decay=False)


class RMSProp:
    """s <- rho*s + (1 - rho)*g*g, w <- w - lr*g/(sqrt(s) + eps) (T. Tieleman and G. Hinton 2012, lecture 6.5).

    Decay adds decay*w to the gradient. The gradient is used up.
    """

    name = "rmsprop"

    def __init__(self, rho: float = 0.9, eps: float = 1e-8, decay: float = 0.0):
        self.slots = optimizers.RMSProp().slots
        self.rho, self.eps, self.decay = rho, eps, decay
        self._blocks = _Blocks()

    def update(
        self,
        w: Array,
        g: Array,
        slots: Mapping[str, Array],
        *,
        step: int,  # noqa: ARG002 (the same for every optimizer)
        lr: float,
        decay: bool,
    ) -> None:
        for W, G, s, scratch in self._blocks(w, g, slots["square"]):
            if decay and self.decay:
                np.multiply(W, self.decay, out=scratch)
                G += scratch
            np.multiply(G, G, out=scratch)
            scratch *= 1 - self.rho
            s *= self.rho
            s += scratch
            np.sqrt(s, out=scratch)
            scratch += self.eps
            np.divide(G, scratch, out=scratch)
            scratch *= lr
            W -= scratch


MAKERS: Mapping[str, Callable[[Any], Optimizer]] = {
    "sgd": lambda a: SGD(a.momentum, a.nesterov, a.decay),
    "adam": lambda a: Adam(a.beta1, a.beta2, a.eps, a.decay),
    "adamw": lambda a: AdamW(a.beta1, a.beta2, a.eps, a.decay),
    "rmsprop": lambda a: RMSProp(a.rho, a.eps, a.decay),
}
"""Word of the recipe to optimizer. The learning rate is no part of it: it is given at each step."""


def make_optimizer(setting: Setting) -> Optimizer:
    """The optimizer that a recipe's setting names."""
    made: Optimizer = setting.made(MAKERS)
    return made
