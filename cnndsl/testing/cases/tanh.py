"""TANH, worked by hand: tanh(log 2) = (2 - 1/2)/(2 + 1/2) = 0.6, with the slope 1 - 0.36."""

from math import log

CASES = [
    {
        "name": "the slope is at most 1",
        "x": [[0, log(2), -log(2)]],
        "y": [[0, 0.6, -0.6]],
        "dy": [[3, 1, 100]],
        "dx": [[3, 0.64, 64]],
    },
    {"name": "far from 0", "x": [[1000, -1000]], "y": [[1, -1]], "dy": [[1, 1]], "dx": [[0, 0]]},
]
