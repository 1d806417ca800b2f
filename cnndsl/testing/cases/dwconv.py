"""DWCONV, worked by hand. Arrays are samples, depth, rows, columns; what is left out of `attrs` has its default."""

from typing import Any


def row(*values: Any) -> Any:
    """One sample of one row."""
    return [[[list(values)]]]


CASES = [
    {
        # Channel 0: 1*1 + 10*2 + 5 = 26, 1*2 + 10*3 + 5 = 37; channel 1: 100*4 + 0*5 + 6 = 406, 100*5 + 6 = 506.
        # dx[0] = 1*1, 10*1 + 1*2, 10*2; dx[1] = 100*3, 0*3 + 100*4, 0*4.
        # dW[0] = 1*1 + 2*2, 1*2 + 2*3; dW[1] = 3*4 + 4*5, 3*5 + 4*6.
        "name": "each channel by itself",
        "attrs": {"window": (1, 2)},
        "x": [[[[1, 2, 3]], [[4, 5, 6]]]],
        "params": {"weight": [[[[1, 10]]], [[[100, 0]]]], "bias": [5, 6]},
        "y": [[[[26, 37]], [[406, 506]]]],
        "dy": [[[[1, 2]], [[3, 4]]]],
        "dx": [[[[1, 12, 20]], [[300, 400, 0]]]],
        "dparams": {"weight": [[[[5, 8]]], [[[32, 39]]]], "bias": [3, 7]},
    },
    {
        # Outputs 0 and 1 see channel 0, which is 2; 2 and 3 see channel 1, which is 3. dx[0] = 1*1 + 10*2.
        "name": "times 2: output d*2 + t sees channel d",
        "attrs": {"window": (1, 1), "times": 2, "bias": "none"},
        "x": [[[[2]], [[3]]]],
        "params": {"weight": [[[[1]]], [[[10]]], [[[100]]], [[[1000]]]]},
        "y": [[[[2]], [[20]], [[300]], [[3000]]]],
        "dy": [[[[1]], [[2]], [[3]], [[4]]]],
        "dx": [[[[21]], [[4300]]]],
        "dparams": {"weight": [[[[2]]], [[[4]]], [[[9]]], [[[12]]]]},
    },
    {
        # The filter is not the same when turned. y[0, 0] = 1*1 + 2*2 + 3*4 + 4*5 = 37, as CONV with one channel.
        "name": "an unsymmetric filter",
        "attrs": {"window": (2, 2), "bias": "none"},
        "x": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]],
        "params": {"weight": [[[[1, 2], [3, 4]]]]},
        "y": [[[[37, 47], [67, 77]]]],
        "dy": [[[[1, 10], [100, 1000]]]],
        "dx": [[[[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]]]],
        "dparams": {"weight": [[[[5421, 6532], [8754, 9865]]]]},
    },
    {
        # A column of zeros at the left and windows two apart: (0, 1), (2, 3); the 4 lies in none.
        # y = 10*1, 1*2 + 10*3; dW = 0*1 + 2*2, 1*1 + 3*2.
        "name": "stride, a pad on one side, floor",
        "attrs": {"window": (1, 2), "stride": (1, 2), "pad": (0, 1, 0, 0), "fit": "floor", "bias": "none"},
        "x": row(1, 2, 3, 4),
        "params": {"weight": row(1, 10)},
        "y": row(10, 32),
        "dy": row(1, 2),
        "dx": row(10, 2, 20, 0),
        "dparams": {"weight": row(4, 7)},
    },
    {
        # Taps two columns apart: y = 1*1 + 10*3 + 100, 1*2 + 10*4 + 200; dW = 1*1 + 2*2, 1*3 + 2*4.
        "name": "dilation, and a bias for each position",
        "attrs": {"window": (1, 2), "dilate": (1, 2), "bias": "position"},
        "x": row(1, 2, 3, 4),
        "params": {"weight": row(1, 10), "bias": [[[100, 200]]]},
        "y": row(131, 242),
        "dy": row(1, 2),
        "dx": row(1, 2, 10, 20),
        "dparams": {"weight": row(5, 11), "bias": [[[1, 2]]]},
    },
]
