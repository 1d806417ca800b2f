"""GN, worked by hand: 7 11 11 11 has mean 10 and variance (9 + 1 + 1 + 1)/4 = 3; with eps 1 the root is 2."""

from math import sqrt

CASES = [
    {
        # First sample: the first group is 7 11 11 11, n = -1.5 0.5 0.5 0.5, y = 4*n + 1 and 2*n + 5; the second group
        # is constant, n = 0 and the root 1. The second sample has them the other way round.
        # dn = 4*(1, 2), 2*(4, 6) = 4 8 8 12 has the mean 8; dn*n = -6 4 4 6 the mean 2;
        # dx = (dn - 8 - 2*n)/2 = (-4 + 3, 0 - 1, 0 - 1, 4 - 1)/2. Second group: dn = 1*(1, 1), 3*(1, 3) = 1 1 3 9 has
        # the mean 3.5, dx = dn - 3.5. In the second sample dn = 4*(0, 1), 2*(1, 1) = 0 4 2 2 has the mean 2, and
        # 1*(3, 1), 3*(2, 2) = 3 1 6 6 the mean 4, dn*n = -4.5 0.5 3 3 the mean 0.5; dx = (dn - 4 - 0.5*n)/2.
        # dscale = -1.5 + 2*0.5, 4*0.5 + 6*0.5, 3*-1.5 + 1*0.5, 2*0.5 + 2*0.5; dshift = 3 + 1, 10 + 2, 2 + 4, 4 + 4.
        "name": "two groups of two channels, two samples",
        "attrs": {"groups": 2, "eps": 1.0},
        "x": [[[[7, 11]], [[11, 11]], [[2, 2]], [[2, 2]]], [[[5, 5]], [[5, 5]], [[7, 11]], [[11, 11]]]],
        "params": {"weight": [4, 2, 1, 3], "bias": [1, 5, 7, 9]},
        "y": [[[[-5, 3]], [[6, 6]], [[7, 7]], [[9, 9]]], [[[1, 1]], [[5, 5]], [[5.5, 7.5]], [[10.5, 10.5]]]],
        "dy": [[[[1, 2]], [[4, 6]], [[1, 1]], [[1, 3]]], [[[0, 1]], [[1, 1]], [[3, 1]], [[2, 2]]]],
        "dx": [
            [[[-0.5, -0.5]], [[-0.5, 1.5]], [[-2.5, -2.5]], [[-0.5, 5.5]]],
            [[[-2, 2]], [[0, 0]], [[-0.125, -1.625]], [[0.875, 0.875]]],
        ],
        "dparams": {"weight": [-0.5, 5, -4, 2], "bias": [4, 12, 6, 8]},
    },
    {
        # n itself; dn = dy = 1 2 3 6 has the mean 3, dn*n = -1.5 1 1.5 3 the mean 1: dx = (dy - 3 - n)/2.
        "name": "one group, a vector",
        "attrs": {"groups": 1, "eps": 1.0},
        "x": [[7, 11, 11, 11]],
        "params": {"weight": [1, 1, 1, 1], "bias": [0, 0, 0, 0]},
        "y": [[-1.5, 0.5, 0.5, 0.5]],
        "dy": [[1, 2, 3, 6]],
        "dx": [[-0.25, -0.75, -0.25, 1.25]],
        "dparams": {"weight": [-1.5, 1, 1.5, 3], "bias": [1, 2, 3, 6]},
    },
    {
        # 1 and 3 have mean 2 and variance 1; the root is sqrt(1 + 1e-5). Outside training nothing changes.
        "name": "the default eps, a group a channel",
        "attrs": {"groups": 2},
        "training": False,
        "x": [[[[1, 3]], [[30, 10]]]],
        "params": {"weight": [1, 2], "bias": [0, 0]},
        "y": [[[[-1 / sqrt(1.00001), 1 / sqrt(1.00001)]], [[20 / sqrt(100.00001), -20 / sqrt(100.00001)]]]],
    },
]
