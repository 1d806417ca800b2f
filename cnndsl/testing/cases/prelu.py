"""PRELU, worked by hand: a slope a channel below 0, at 0 too; dw = sum of dy*x there."""

CASES = [
    {
        # dw = 10*-4 + 4*-8, 7*-2 + 8*0.
        "name": "maps of two channels, two samples",
        "x": [[[[-4, 3]], [[5, -2]]], [[[-8, 1]], [[0, 6]]]],
        "params": {"weight": [0.25, 3]},
        "y": [[[[-1, 3]], [[5, -6]]], [[[-2, 1]], [[0, 6]]]],
        "dy": [[[[10, 2]], [[3, 7]]], [[[4, 5]], [[8, 9]]]],
        "dx": [[[[2.5, 2]], [[3, 21]]], [[[1, 5]], [[24, 9]]]],
        "dparams": {"weight": [-72, -14]},
    },
    {
        "name": "a vector: every value is a channel",
        "x": [[-2, 4, -1000]],
        "params": {"weight": [0.5, 0.5, -1]},
        "y": [[-1, 4, 1000]],
        "dy": [[3, 4, 5]],
        "dx": [[1.5, 4, -5]],
        "dparams": {"weight": [-6, 0, -5000]},
    },
]
