"""DECONV, worked by hand. Arrays are samples, depth, rows, columns; what is left out of `attrs` has its default."""

from typing import Any


def row(*values: Any) -> Any:
    """One sample of one row."""
    return [[[list(values)]]]


CASES = [
    {
        # 1 lays (1 10 100) down at column 0, 2 lays (2 20 200) down at column 1.
        # dx: 1*1 + 10*2 + 100*3, 1*2 + 10*3 + 100*4; dW[n] = 1*dy[n] + 2*dy[n + 1].
        "name": "stride 1",
        "attrs": {"window": (1, 3), "filters": 1},
        "x": row(1, 2),
        "params": {"weight": row(1, 10, 100), "bias": [5]},
        "y": row(6, 17, 125, 205),
        "dy": row(1, 2, 3, 4),
        "dx": row(321, 432),
        "dparams": {"weight": row(5, 8, 11), "bias": [10]},
    },
    {
        # Dumoulin and Visin's picture in small: each cell becomes a square of its own where F = S.
        # dx[i, j] is the square of dy weighed by the filter: 1*1 + 2*1 + 3*1 + 4*1 = 10.
        # dW: x weighs the four squares of dy, each of which is all ones but the last, which is 2: 1 + 2 + 3 + 2*4.
        "name": "stride 2, filters that touch",
        "attrs": {"window": (2, 2), "filters": 1, "stride": (2, 2), "bias": "none"},
        "x": [[[[1, 2], [3, 4]]]],
        "params": {"weight": [[[[1, 2], [3, 4]]]]},
        "y": [[[[1, 2, 2, 4], [3, 4, 6, 8], [3, 6, 4, 8], [9, 12, 12, 16]]]],
        "dy": [[[[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 2, 2], [1, 1, 2, 2]]]],
        "dx": [[[[10, 10], [10, 20]]]],
        "dparams": {"weight": [[[[14, 14], [14, 14]]]]},
    },
    {
        # Uncut, 2 columns apart: 1 10 (100 + 2) 20 200; the pad takes the first and the last.
        # dx: W = (1 10 100) over dy at columns -1, 0, 1 and 1, 2, 3: 10*1 + 100*2, 1*2 + 10*3.
        # dW = x against dy at -1, 1 and 0, 2 and 1, 3: 2*2, 1*1 + 2*3, 1*2.
        "name": "stride 2, windows that overlap, pad",
        "attrs": {"window": (1, 3), "filters": 1, "stride": (1, 2), "pad": (0, 1, 0, 1), "bias": "none"},
        "x": row(1, 2),
        "params": {"weight": row(1, 10, 100)},
        "y": row(10, 102, 20),
        "dy": row(1, 2, 3),
        "dx": row(210, 32),
        "dparams": {"weight": row(4, 7, 2)},
    },
    {
        # The same with a column more at the end: 200 comes back; `extra` 2 would not be below the stride.
        # dx[1] = 1*2 + 10*3 + 100*4; dW[2] = 1*2 + 2*4.
        "name": "extra gives back what the pad cut off",
        "attrs": {
            "window": (1, 3),
            "filters": 1,
            "stride": (1, 2),
            "pad": (0, 1, 0, 1),
            "extra": (0, 1),
            "bias": "none",
        },
        "x": row(1, 2),
        "params": {"weight": row(1, 10, 100)},
        "y": row(10, 102, 20, 200),
        "dy": row(1, 2, 3, 4),
        "dx": row(210, 432),
        "dparams": {"weight": row(4, 7, 10)},
    },
    {
        # Without a pad the extra column lies under no window: it has the bias alone. Only the left end is cut off.
        # Uncut 1 10 2 20, then 10 2 20 and the extra 0.
        "name": "a pad on one side, an extra column that no window reaches",
        "attrs": {"window": (1, 2), "filters": 1, "stride": (1, 2), "pad": (0, 1, 0, 0), "extra": (0, 1)},
        "x": row(1, 2),
        "params": {"weight": row(1, 10), "bias": [5]},
        "y": row(15, 7, 25, 5),
        "dy": row(1, 2, 3, 4),
        "dx": row(10, 32),
        "dparams": {"weight": row(4, 7), "bias": [10]},
    },
    {
        # Taps two columns apart: 1 0 10 and, a column on, 2 0 20.
        # dx: 1*1 + 10*3, 1*2 + 10*4; dW: 1*1 + 2*2, 1*3 + 2*4.
        "name": "dilation, a bias for each position",
        "attrs": {"window": (1, 2), "filters": 1, "dilate": (1, 2), "bias": "position"},
        "x": row(1, 2),
        "params": {"weight": row(1, 10), "bias": [[[100, 200, 300, 400]]]},
        "y": row(101, 202, 310, 420),
        "dy": row(1, 2, 3, 4),
        "dx": row(31, 42),
        "dparams": {"weight": row(5, 11), "bias": [[[1, 2, 3, 4]]]},
    },
    {
        # Depth 2, two filters: y[k] = W[0, k]*2 + W[1, k]*3; dx[d] = W[d, 0]*1 + W[d, 1]*2; dW[d, k] = x[d]*dy[k].
        "name": "depth and filters",
        "attrs": {"window": (1, 1), "filters": 2},
        "x": [[[[2]], [[3]]]],
        "params": {"weight": [[[[1]], [[10]]], [[[100]], [[1000]]]], "bias": [5, 6]},
        "y": [[[[307]], [[3026]]]],
        "dy": [[[[1]], [[2]]]],
        "dx": [[[[21]], [[2100]]]],
        "dparams": {"weight": [[[[2]], [[4]]], [[[3]], [[6]]]], "bias": [1, 2]},
    },
    {
        # Channel 0 reaches maps 0 and 1, channel 1 maps 2 and 3.
        "name": "two groups",
        "attrs": {"window": (1, 1), "filters": 4, "groups": 2, "bias": "none"},
        "x": [[[[2]], [[3]]]],
        "params": {"weight": [[[[1]], [[10]]], [[[100]], [[1000]]]]},
        "y": [[[[2]], [[20]], [[300]], [[3000]]]],
        "dy": [[[[1]], [[2]], [[3]], [[4]]]],
        "dx": [[[[21]], [[4300]]]],
        "dparams": {"weight": [[[[2]], [[4]]], [[[9]], [[12]]]]},
    },
]
