"""SIGMOID, worked by hand: 1/(1 + exp(-log 3)) = 1/(1 + 1/3) = 3/4, with the slope 3/4 * 1/4."""

from math import log

CASES = [
    {
        "name": "the slope is at most 1/4",
        "x": [[0, log(3), -log(3)]],
        "y": [[0.5, 0.75, 0.25]],
        "dy": [[4, 16, 16]],
        "dx": [[1, 3, 3]],
    },
    {"name": "far from 0", "x": [[1000, -1000]], "y": [[1, 0]], "dy": [[1, 1]], "dx": [[0, 0]]},
]
