"""SILU, worked by hand: the sigmoid of log 3 is 3/4, its slope 3/16."""

from math import log

CASES = [
    {
        # f' = s + x*s*(1 - s): 1/2, 3/4 + 3/16*log 3, 1/4 - 3/16*log 3; f'(x) + f'(-x) = 1.
        "name": "around 0",
        "x": [[0, log(3), -log(3)]],
        "y": [[0, 0.75 * log(3), -0.25 * log(3)]],
        "dy": [[4, 16, 16]],
        "dx": [[2, 12 + 3 * log(3), 4 - 3 * log(3)]],
    },
    {"name": "far from 0", "x": [[1000, -1000]], "y": [[1000, 0]], "dy": [[3, 5]], "dx": [[3, 0]]},
    {"name": "a map", "x": [[[[0]], [[-1000]]]], "y": [[[[0]], [[0]]]], "dy": [[[[2]], [[2]]]], "dx": [[[[1]], [[0]]]]},
]
