"""SCALE, worked by hand: dw = sum of dy*x over samples and positions."""

CASES = [
    {
        # dw = 1*1 + 1*2 + 2*5 + 0*6, 0*3 + 1*4 + 0*7 + 3*8.
        "name": "maps of two channels, two samples",
        "x": [[[[1, 2]], [[3, 4]]], [[[5, 6]], [[7, 8]]]],
        "params": {"weight": [10, -1]},
        "y": [[[[10, 20]], [[-3, -4]]], [[[50, 60]], [[-7, -8]]]],
        "dy": [[[[1, 1]], [[0, 1]]], [[[2, 0]], [[0, 3]]]],
        "dx": [[[[10, 10]], [[0, -1]]], [[[20, 0]], [[0, -3]]]],
        "dparams": {"weight": [13, 28]},
    },
    {
        "name": "a vector: every value is a channel",
        "x": [[1, 2], [3, 4]],
        "params": {"weight": [2, 0.5]},
        "y": [[2, 1], [6, 2]],
        "dy": [[5, 6], [7, 8]],
        "dx": [[10, 3], [14, 4]],
        "dparams": {"weight": [26, 44]},
    },
]
