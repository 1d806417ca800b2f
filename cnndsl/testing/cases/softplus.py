"""SOFTPLUS, worked by hand: log(1 + exp(log 3)) = log 4; the slope is the sigmoid, 3/4 there."""

from math import log

CASES = [
    {
        "name": "around 0",
        "x": [[0, log(3), -log(3)]],
        "y": [[log(2), log(4), log(4 / 3)]],
        "dy": [[2, 4, 4]],
        "dx": [[1, 3, 1]],
    },
    {"name": "far from 0", "x": [[1000, -1000]], "y": [[1000, 0]], "dy": [[3, 5]], "dx": [[3, 0]]},
    {
        "name": "a map",
        "x": [[[[0]], [[1000]]]],
        "y": [[[[log(2)]], [[1000]]]],
        "dy": [[[[2]], [[2]]]],
        "dx": [[[[1]], [[2]]]],
    },
]
