"""LN, worked by hand: 7 11 11 11 has mean 10 and variance (9 + 1 + 1 + 1)/4 = 3; with eps 1 the root is 2."""

from math import sqrt

CASES = [
    {
        # n = -1.5 0.5 0.5 0.5; dn = scale*dy = 4 8 8 12 has the mean 8, dn*n = -6 4 4 6 the mean 2;
        # dx = (dn - 8 - 2*n)/2. The second sample is constant: n = 0, the root is 1, dn = 4 4 0 0, dx = dn - 2.
        "name": "vectors, two samples",
        "attrs": {"eps": 1.0},
        "x": [[7, 11, 11, 11], [3, 3, 3, 3]],
        "params": {"weight": [4, 4, 2, 2], "bias": [1, 2, 3, 4]},
        "y": [[-5, 4, 4, 5], [1, 2, 3, 4]],
        "dy": [[1, 2, 4, 6], [1, 1, 0, 0]],
        "dx": [[-0.5, -0.5, -0.5, 1.5], [2, 2, -2, -2]],
        "dparams": {"weight": [-1.5, 1, 2, 3], "bias": [2, 3, 4, 6]},
    },
    {
        # Two positions, 7 11 11 11 and 22 22 22 14, which is -2 times the first and 36 more: mean 20, variance 12, and
        # with eps 4 the root is 4, n = 0.5 0.5 0.5 -1.5. At the first position, eps 4: the root is sqrt(7).
        # dy is 0 at the first; at the second dn = 4 0 0 0 has the mean 1, dn*n = 2 0 0 0 the mean 0.5;
        # dx = (dn - 1 - 0.5*n)/4 = (3 - 0.25, -1 - 0.25, -1 - 0.25, -1 + 0.75)/4.
        "name": "a map: each position by itself",
        "attrs": {"eps": 4.0},
        "x": [[[[7, 22]], [[11, 22]], [[11, 22]], [[11, 14]]]],
        "params": {"weight": [2, 1, 1, 1], "bias": [0, 0, 0, 10]},
        "y": [[[[-6 / sqrt(7), 1]], [[1 / sqrt(7), 0.5]], [[1 / sqrt(7), 0.5]], [[1 / sqrt(7) + 10, 8.5]]]],
        "dy": [[[[0, 2]], [[0, 0]], [[0, 0]], [[0, 0]]]],
        "dx": [[[[0, 0.6875]], [[0, -0.3125]], [[0, -0.3125]], [[0, -0.0625]]]],
        "dparams": {"weight": [1, 0, 0, 0], "bias": [2, 0, 0, 0]},
    },
    {
        # 1 and 3 have mean 2 and variance 1; the root is sqrt(1 + 1e-5).
        "name": "the default eps",
        "training": False,
        "x": [[1, 3]],
        "params": {"weight": [1, 1], "bias": [0, 0]},
        "y": [[-1 / sqrt(1.00001), 1 / sqrt(1.00001)]],
    },
]
