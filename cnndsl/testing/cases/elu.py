"""ELU, worked by hand: exp(-log 2) - 1 = -1/2, with the slope 1/2; at 0 the slope is a."""

from math import log

CASES = [
    {
        "name": "a is 1",
        "x": [[-log(2), -log(4), 0, 3]],
        "y": [[-0.5, -0.75, 0, 3]],
        "dy": [[2, 4, 5, 6]],
        "dx": [[1, 1, 5, 6]],
    },
    {
        "name": "a is 2, a map, far from 0",
        "attrs": {"alpha": 2.0},
        "x": [[[[-log(2), 0]], [[1000, -1000]]]],
        "y": [[[[-1, 0]], [[1000, -2]]]],
        "dy": [[[[3, 4]], [[5, 6]]]],
        "dx": [[[[3, 8]], [[5, 0]]]],
    },
]
