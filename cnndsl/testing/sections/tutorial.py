"""The identities that the tutorial derives, against SciPy's correlation and convolution and NumPy's Kronecker product.

Numbers of equations and sections are those of the tutorial that the language's arithmetic is taken from.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.testing.build import Net
from cnndsl.testing.subject import Pass, Subject, through
from cnndsl.testing.trial import Section, Trial, close

TOLERANCE = 1e-12


def trials(subject: Subject) -> Iterator[Trial]:
    tried = (
        ("equation 4: forward is the cross-correlation correlate2d(x, W)", _forward),
        ("equations 5 and 8: dx is the full convolution convolve2d(dy, W)", _full_convolution),
        ("equation 5: dx is dy padded, correlated with W turned by 180 degrees", _turned),
        ("section 6.1.2: dW is x correlated with dy, db the sum of dy", _weights),
        ("equation 6: maps add over the depth", _depth),
        ("equation 9: gradients of the input add over the filters", _filters),
        ("section 6.1.1: with a stride, dy with zeros put in, as at stride 1", _restored),
        ("section 6.2.2: mean pooling's gradient is kron(dy, 1/4)", _kronecker),
        ("section 6.2.1: max pooling's gradient stands where the maximum stood", _maximum),
    )
    for number, (what, identity) in enumerate(tried):
        yield Trial(what, partial(identity, subject, subject.rng(number)))


def _conv(subject: Subject, x: Array, W: Array, dy: Array, **attrs: Any) -> Pass:
    """x: D,H,W; W: N,D,F,F; dy: N,H2,W2."""
    depth, height, width = x.shape
    net = Net(height, width, depth)
    net("CONV", window=W.shape[2:], filters=len(W), **attrs)
    state = {"conv1.weight": W, "conv1.bias": np.zeros(len(W))}
    return through(subject.program(net.graph()), state, x[None], {"main": dy[None]})


def _one(subject: Subject, rng: np.random.Generator) -> tuple[Array, Array, Array, Pass]:
    x, W, dy = rng.normal(size=(7, 6)), rng.normal(size=(3, 2)), rng.normal(size=(5, 5))
    return x, W, dy, _conv(subject, x[None], W[None, None], dy[None])


def _same(what: str, found: Array | None, expected: Array) -> float:
    return close(what, found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def _forward(subject: Subject, rng: np.random.Generator) -> float:
    from scipy.signal import correlate2d

    x, W, _, found = _one(subject, rng)
    return _same("y", found.outputs["main"], correlate2d(x, W, "valid")[None, None])


def _full_convolution(subject: Subject, rng: np.random.Generator) -> float:
    from scipy.signal import convolve2d

    _, W, dy, found = _one(subject, rng)
    return _same("dx", found.dx, convolve2d(dy, W, "full")[None, None])


def _turned(subject: Subject, rng: np.random.Generator) -> float:
    from scipy.signal import correlate2d

    _, W, dy, found = _one(subject, rng)
    padded = np.pad(dy, ((2, 2), (1, 1)))
    return _same("dx", found.dx, correlate2d(padded, np.rot90(W, 2), "valid")[None, None])


def _weights(subject: Subject, rng: np.random.Generator) -> float:
    from scipy.signal import correlate2d

    x, _, dy, found = _one(subject, rng)
    of_bias = _same("db", found.dparams["conv1.bias"], np.array([dy.sum()]))
    return max(of_bias, _same("dW", found.dparams["conv1.weight"], correlate2d(x, dy, "valid")[None, None]))


def _several(subject: Subject, rng: np.random.Generator) -> tuple[Array, Array, Array, Pass]:
    x, W, dy = rng.normal(size=(3, 6, 6)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=(4, 4, 4))
    return x, W, dy, _conv(subject, x, W, dy)


def _depth(subject: Subject, rng: np.random.Generator) -> float:
    from scipy.signal import correlate2d

    x, W, _, found = _several(subject, rng)
    maps = [sum(correlate2d(x[d], W[k, d], "valid") for d in range(3)) for k in range(4)]
    return _same("y", found.outputs["main"], np.array([maps]))


def _filters(subject: Subject, rng: np.random.Generator) -> float:
    from scipy.signal import convolve2d

    _, W, dy, found = _several(subject, rng)
    maps = [sum(convolve2d(dy[k], W[k, d], "full") for k in range(4)) for d in range(3)]
    return _same("dx", found.dx, np.array([maps]))


def _restored(subject: Subject, rng: np.random.Generator) -> float:
    """A stride leaves out rows of the map of stride 1; (7 - 3) mod 3 = 1 row and column see no window."""
    from scipy.signal import convolve2d, correlate2d

    x, W, dy = rng.normal(size=(7, 7)), rng.normal(size=(3, 3)), rng.normal(size=(2, 2))
    found = _conv(subject, x[None], W[None, None], dy[None], stride=(3, 3), fit="floor")
    restored = np.zeros((5, 5))
    restored[::3, ::3] = dy
    of_y = _same("y", found.outputs["main"], correlate2d(x, W, "valid")[::3, ::3][None, None])
    of_W = _same("dW", found.dparams["conv1.weight"], correlate2d(x, restored, "valid")[None, None])
    return max(of_y, of_W, _same("dx", found.dx, convolve2d(restored, W, "full")[None, None]))


def _kronecker(subject: Subject, rng: np.random.Generator) -> float:
    x, dy = rng.normal(size=(4, 6)), rng.normal(size=(2, 3))
    net = Net(4, 6, 1)
    net("POOL", mode="mean", window=(2, 2))
    found = through(subject.program(net.graph()), {}, x[None, None], {"main": dy[None, None]})
    return _same("dx", found.dx, np.kron(dy, np.full((2, 2), 1 / 4))[None, None])


def _maximum(subject: Subject, rng: np.random.Generator) -> float:
    x, dy = rng.permutation(24.0 * np.arange(24)).reshape(4, 6), rng.normal(size=(2, 3))
    net = Net(4, 6, 1)
    net("POOL", mode="max", window=(2, 2))
    found = through(subject.program(net.graph()), {}, x[None, None], {"main": dy[None, None]})
    largest = np.kron(x.reshape(2, 2, 3, 2).max(axis=(1, 3)), np.ones((2, 2)))
    return _same("dx", found.dx, (np.kron(dy, np.ones((2, 2))) * (x == largest))[None, None])


SECTION = Section("tutorial", "the tutorial's identities against SciPy and NumPy, to 1e-12", trials, needs="scipy")
