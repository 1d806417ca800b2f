"""The normal distribution P(x) = erfc(-x/sqrt(2))/2, by rational functions.

The coefficients are those of Cody 1969, "Rational Chebyshev Approximations for the Error Function", Mathematics of
Computation 23, to 18 digits: in z = |x|/sqrt(2), one function for erf up to 15/32, one for erfc up to 4, one beyond.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from cnndsl.backends.protocol import Array, Memory

NEAR = 0.46875
FAR = 4.0
NOTHING = 40.0
"""From here on erfc(z) is 0 in float64."""
Coefficients = tuple[float, ...]
"""Of a polynomial, the highest power first."""

NEAR_OVER: Coefficients = (
    1.85777706184603153e-1,
    3.16112374387056560e0,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
)
NEAR_UNDER: Coefficients = (
    1.0,
    2.36012909523441209e1,
    2.44024637934444173e2,
    1.28261652607737228e3,
    2.84423683343917062e3,
)
MIDDLE_OVER: Coefficients = (
    2.15311535474403846e-8,
    5.64188496988670089e-1,
    8.88314979438837594e0,
    6.61191906371416295e1,
    2.98635138197400131e2,
    8.81952221241769090e2,
    1.71204761263407058e3,
    2.05107837782607147e3,
    1.23033935479799725e3,
)
MIDDLE_UNDER: Coefficients = (
    1.0,
    1.57449261107098347e1,
    1.17693950891312499e2,
    5.37181101862009858e2,
    1.62138957456669019e3,
    3.29079923573345963e3,
    4.36261909014324716e3,
    3.43936767414372164e3,
    1.23033935480374942e3,
)
FAR_OVER: Coefficients = (
    1.63153871373020978e-2,
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
)
FAR_UNDER: Coefficients = (
    1.0,
    2.56852019228982242e0,
    1.87295284992346725e0,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)


def normal(memory: Memory, x: Array) -> Array:
    """P(x) of a row of values, in scratch memory. Far below 0 no digits are lost."""
    z = np.abs(x, out=memory.scratch("z", x.shape))
    np.multiply(z, 1 / sqrt(2), out=z)
    np.minimum(z, NOTHING, out=z)
    upper = memory.scratch("upper", x.shape)  # erfc(z)
    _middle(memory, np.minimum(z, FAR, out=memory.scratch("inner", x.shape)), z, upper)
    for chosen, values in ((z < NEAR, _near), (z > FAR, _far)):
        if chosen.any():
            upper[chosen] = values(z[chosen])
    np.multiply(upper, 0.5, out=upper)
    return np.subtract(1, upper, out=upper, where=np.greater(x, 0, out=memory.scratch("above", x.shape, bool)))


def _middle(memory: Memory, inner: Array, z: Array, out: Array) -> None:
    """exp(-z^2) * N(z)/D(z), where the fraction takes `inner`."""
    under = memory.scratch("under", z.shape)
    _polynomial(MIDDLE_OVER, inner, out)
    _polynomial(MIDDLE_UNDER, inner, under)
    np.divide(out, under, out=out)
    np.multiply(z, z, out=under)
    np.negative(under, out=under)
    np.exp(under, out=under)
    np.multiply(out, under, out=out)


def _near(z: Array) -> Array:
    """1 - z * N(z^2)/D(z^2)."""
    square = z * z
    over, under = np.empty_like(z), np.empty_like(z)
    _polynomial(NEAR_OVER, square, over)
    _polynomial(NEAR_UNDER, square, under)
    return np.asarray(1 - z * over / under)


def _far(z: Array) -> Array:
    """exp(-z^2)/z * (1/sqrt(pi) - t*N(t)/D(t)) with t = 1/z^2; 0 where that is too small to be written."""
    t = 1 / (z * z)
    over, under = np.empty_like(z), np.empty_like(z)
    _polynomial(FAR_OVER, t, over)
    _polynomial(FAR_UNDER, t, under)
    return np.asarray(np.exp(-z * z) / z * (1 / sqrt(pi) - t * over / under))


def _polynomial(coefficients: Coefficients, x: Array, out: Array) -> None:
    out.fill(coefficients[0])
    for c in coefficients[1:]:
        np.multiply(out, x, out=out)
        np.add(out, c, out=out)
