"""GELU by the tables of the normal distribution.

Of its values 68.27 % lie within one deviation, 95.45 % within two: erf(1/sqrt 2) = 0.682689492137085897...,
erf(2/sqrt 2) = 0.954499736103641585...; P(x) = (1 + erf(x/sqrt 2))/2. Its density is 0.398942... * exp(-x*x/2).
"""

from math import exp, pi, sqrt

WITHIN_1, WITHIN_2 = 0.682689492137085897, 0.954499736103641585
P1, P2 = (1 + WITHIN_1) / 2, (1 + WITHIN_2) / 2
D1, D2 = exp(-0.5) / sqrt(2 * pi), exp(-2) / sqrt(2 * pi)

CASES = [
    {
        # f' = P(x) + x*density(x).
        "name": "one and two deviations",
        "x": [[0, 1, -1, 2, -2]],
        "y": [[0, P1, -(1 - P1), 2 * P2, -2 * (1 - P2)]],
        "dy": [[2, 1, 10, 1, 10]],
        "dx": [[1, P1 + D1, 10 * (1 - P1 - D1), P2 + 2 * D2, 10 * (1 - P2 - 2 * D2)]],
    },
    {"name": "far from 0", "x": [[1000, -1000]], "y": [[1000, 0]], "dy": [[3, 5]], "dx": [[3, 0]]},
    {"name": "a map", "x": [[[[0, 1000]]]], "y": [[[[0, 1000]]]], "dy": [[[[2, 2]]]], "dx": [[[[1, 2]]]]},
]
