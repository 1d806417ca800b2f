"""BN, worked by hand: 7 11 11 11 has mean 10 and variance (9 + 1 + 1 + 1)/4 = 3; with eps 1 the root is 2."""

from math import sqrt

CASES = [
    {
        # n = -1.5 0.5 0.5 0.5, y = 4*n + 1. Unbiased variance 12/3 = 4: running 0.9*0 + 0.1*10 and 0.9*1 + 0.1*4.
        # dshift = 1 + 2 + 3 + 6 = 12, dscale = -1.5 + 1 + 1.5 + 3 = 4,
        # dx = 4/2 * (dy - 12/4 - n*4/4) = 2*(1 - 3 + 1.5, 2 - 3 - 0.5, 3 - 3 - 0.5, 6 - 3 - 0.5).
        # The second channel is constant: n = 0 and the root is 1, dx = 3 * (dy - 2), variance 0.
        "name": "training, over samples and positions",
        "attrs": {"eps": 1.0},
        "x": [[[[7, 11]], [[2, 2]]], [[[11, 11]], [[2, 2]]]],
        "params": {"weight": [4, 3], "bias": [1, 5], "running_mean": [0, 0], "running_var": [1, 1]},
        "y": [[[[-5, 3]], [[5, 5]]], [[[3, 3]], [[5, 5]]]],
        "dy": [[[[1, 2]], [[1, 1]]], [[[3, 6]], [[1, 5]]]],
        "dx": [[[[-1, -3]], [[-3, -3]]], [[[-1, 5]], [[-3, 9]]]],
        "dparams": {"weight": [4, 0], "bias": [12, 8]},
        "buffers": {"running_mean": [1, 0.2], "running_var": [1.3, 0.9]},
    },
    {
        # The same values as vectors, n itself; running 0.5*2 + 0.5*10 and 0.5*2 + 0.5*4.
        "name": "training, a vector without scale",
        "attrs": {"eps": 1.0, "momentum": 0.5, "scale": False},
        "x": [[7], [11], [11], [11]],
        "params": {"running_mean": [2], "running_var": [2]},
        "y": [[-1.5], [0.5], [0.5], [0.5]],
        "dy": [[1], [2], [3], [6]],
        "dx": [[-0.25], [-0.75], [-0.25], [1.25]],
        "dparams": {},
        "buffers": {"running_mean": [6], "running_var": [3]},
    },
    {
        # (6 - 2)/sqrt(3 + 1) = 2, 3*2 + 1 = 7: one value a channel is enough here.
        "name": "outside training",
        "attrs": {"eps": 1.0},
        "training": False,
        "x": [[[[6]]]],
        "params": {"weight": [3], "bias": [1], "running_mean": [2], "running_var": [3]},
        "y": [[[[7]]]],
    },
    {
        # 1 and 3 have mean 2 and variance 1; the root is sqrt(1 + 1e-5).
        "name": "the default eps",
        "attrs": {"scale": False},
        "x": [[1], [3]],
        "params": {"running_mean": [0], "running_var": [1]},
        "y": [[-1 / sqrt(1.00001)], [1 / sqrt(1.00001)]],
        "buffers": {"running_mean": [0.2], "running_var": [1.1]},
    },
]
