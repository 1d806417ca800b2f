"""SOFTMAX, worked by hand: exp(0) and exp(log 3) are 1 and 3."""

from math import log

CASES = [
    {
        # The sum of dy*y is 1: dx = 1/4 * (4 - 1), 3/4 * (0 - 1).
        "name": "a vector",
        "x": [[0, log(3)]],
        "y": [[0.25, 0.75]],
        "dy": [[4, 0]],
        "dx": [[0.75, -0.75]],
    },
    {
        # Along the depth, at each of two positions by itself; the sum of dy*y is 2 at the second.
        "name": "a map",
        "x": [[[[0, 1]], [[log(3), 1]]]],
        "y": [[[[0.25, 0.5]], [[0.75, 0.5]]]],
        "dy": [[[[4, 4]], [[0, 0]]]],
        "dx": [[[[0.75, 1]], [[-0.75, -1]]]],
    },
    {
        "name": "large values",
        "x": [[1000, 1000, -1000]],
        "y": [[0.5, 0.5, 0]],
        "dy": [[2, 0, 9]],
        "dx": [[0.5, -0.5, 0]],
    },
]
