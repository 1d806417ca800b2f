"""CONV, worked by hand. Arrays are samples, depth, rows, columns; what is left out of `attrs` has its default."""

from typing import Any


def digits(text: Any) -> Any:
    """Rows of one-digit numbers as one map of one sample."""
    return [[[[int(digit) for digit in row] for row in text.split()]]]


def row(*values: Any) -> Any:
    """One sample of one row."""
    return [[[list(values)]]]


IMAGE = digits("11100 01110 00111 00110 01100")
FILTER = digits("101 010 101")

CASES = [
    {
        # The tutorial's section 5.1.1. The first cell is 1+0+1 + 0+1+0 + 0+0+1 = 4, the next 1+0+0 + 0+1+0 + 0+0+1 = 3.
        # With dy = 1 everywhere, dx[i, j] is the sum of the weights that ever lie on cell i, j, and dW[m, n] is the sum
        # of the 3x3 block of the image that begins at m, n. Rows of the image, summed over columns 0-2, 1-3, 2-4:
        # 321 232 123 122 221; three of these at a time: 676 477 466.
        "name": "the tutorial's image and filter",
        "attrs": {"window": (3, 3), "filters": 1},
        "x": IMAGE,
        "params": {"weight": FILTER, "bias": [0]},
        "y": digits("434 243 234"),
        "dy": digits("111 111 111"),
        "dx": digits("11211 12321 23532 12321 11211"),
        "dparams": {"weight": digits("676 477 466"), "bias": [9]},
    },
    {
        # Section 5.1.2. dx: the filter times 1 at 0, 0, times 2 at 0, 2, times 3 at 2, 0, times 4 at 2, 2, added up.
        # dW[m, n] = x[m, n] + 2*x[m, n+2] + 3*x[m+2, n] + 4*x[m+2, n+2]; the first is 1 + 2*1 + 3*0 + 4*1 = 7.
        "name": "the tutorial's image at stride 2",
        "attrs": {"window": (3, 3), "filters": 1, "stride": (2, 2)},
        "x": IMAGE,
        "params": {"weight": FILTER, "bias": [0]},
        "y": digits("44 24"),
        "dy": digits("12 34"),
        "dx": [[[[1, 0, 3, 0, 2], [0, 1, 0, 2, 0], [4, 0, 10, 0, 6], [0, 3, 0, 4, 0], [3, 0, 7, 0, 4]]]],
        "dparams": {"weight": digits("758 674 656"), "bias": [10]},
    },
    {
        # The sizes of section 6.1.1, with a filter that is not the same when turned: a mirrored filter would show.
        # y[0, 0] = 1*1 + 2*2 + 3*4 + 4*5 + 10 = 47. Its three examples, with powers of ten for dy:
        # dx[0, 0] = w00*1, dx[0, 1] = w01*1 + w00*10 = 12, dx[1, 1] = w11*1 + w10*10 + w01*100 + w00*1000 = 1234.
        # dW[0, 0] = 1*1 + 10*2 + 100*4 + 1000*5 = 5421.
        "name": "an unsymmetric filter",
        "attrs": {"window": (2, 2), "filters": 1},
        "x": digits("123 456 789"),
        "params": {"weight": digits("12 34"), "bias": [10]},
        "y": [[[[47, 57], [77, 87]]]],
        "dy": [[[[1, 10], [100, 1000]]]],
        "dx": [[[[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]]]],
        "dparams": {"weight": [[[[5421, 6532], [8754, 9865]]]], "bias": [1111]},
    },
    {
        # Filter 0 sees (1 0 2) in channel 0 and (0 3 0) in channel 1; filter 1 (0 1 0) and (1 1 1).
        # y[0] = 1*1 + 2*3 + 3*1 + 10 = 20 and 1*3 + 2*5 + 3*2 + 10 = 29; y[1] = 2 + 1 + 20 = 23 and 4 + 2 + 20 = 26.
        # dx[0]: 1*(1 0 2) + 3*(0 1 0) at 0 and 2*(1 0 2) + 4*(0 1 0) at 2, which meet in column 2: 2 + 2 = 4.
        # dx[1]: 1*(0 3 0) + 3*(1 1 1) at 0 and 2*(0 3 0) + 4*(1 1 1) at 2: 3 6 (3 + 4) 10 4.
        # dW[k, d, n] = dy[k, 0]*x[d, n] + dy[k, 1]*x[d, n+2]: for k = 0, d = 0: 1+6 2+8 3+10.
        "name": "depth 2, two filters, stride 2, windows that overlap",
        "attrs": {"window": (1, 3), "filters": 2, "stride": (1, 2)},
        "x": [[[[1, 2, 3, 4, 5]], [[0, 1, 0, 2, 0]]]],
        "params": {"weight": [[[[1, 0, 2]], [[0, 3, 0]]], [[[0, 1, 0]], [[1, 1, 1]]]], "bias": [10, 20]},
        "y": [[[[20, 29]], [[23, 26]]]],
        "dy": [[[[1, 2]], [[3, 4]]]],
        "dx": [[[[1, 3, 4, 4, 4]], [[3, 6, 7, 10, 4]]]],
        "dparams": {"weight": [[[[7, 10, 13]], [[0, 5, 0]]], [[[15, 22, 29]], [[0, 11, 0]]]], "bias": [3, 7]},
    },
    {
        # Filter 0 sees channels 0 and 1, filter 1 channels 2 and 3: y = 1 + 10*2, 100*3 + 1000*4.
        "name": "two groups",
        "attrs": {"window": (1, 1), "filters": 2, "groups": 2, "bias": "none"},
        "x": [[[[1]], [[2]], [[3]], [[4]]]],
        "params": {"weight": [[[[1]], [[10]]], [[[100]], [[1000]]]]},
        "y": [[[[21]], [[4300]]]],
        "dy": [[[[1]], [[2]]]],
        "dx": [[[[1]], [[10]], [[200]], [[2000]]]],
        "dparams": {"weight": [[[[1]], [[2]]], [[[6]], [[8]]]]},
    },
    {
        # Taps two columns apart: y = 1*1 + 10*3, 1*2 + 10*4; dW = 1*1 + 2*2, 1*3 + 2*4.
        "name": "dilation",
        "attrs": {"window": (1, 2), "filters": 1, "dilate": (1, 2), "bias": "none"},
        "x": row(1, 2, 3, 4),
        "params": {"weight": row(1, 10)},
        "y": row(31, 42),
        "dy": row(1, 2),
        "dx": row(1, 2, 10, 20),
        "dparams": {"weight": row(5, 11)},
    },
    {
        # One column of zeros at the left: 0 1 2 3. y = 10*1, 1 + 10*2, 2 + 10*3; dx[0] = 10*1 + 1*2;
        # dW = 0*1 + 1*2 + 2*3, 1*1 + 2*2 + 3*3.
        "name": "a pad on one side",
        "attrs": {"window": (1, 2), "filters": 1, "pad": (0, 1, 0, 0)},
        "x": row(1, 2, 3),
        "params": {"weight": row(1, 10), "bias": [0]},
        "y": row(10, 21, 32),
        "dy": row(1, 2, 3),
        "dx": row(12, 23, 30),
        "dparams": {"weight": row(8, 14), "bias": [6]},
    },
    {
        # (6 - 2)/3 + 1 = 2.33: columns 2 and 5 lie in no window and get no gradient.
        "name": "floor drops what fills no window",
        "attrs": {"window": (1, 2), "filters": 1, "stride": (1, 3), "fit": "floor", "bias": "none"},
        "x": row(1, 2, 3, 4, 5, 6),
        "params": {"weight": row(1, 10)},
        "y": row(21, 54),
        "dy": row(1, 2),
        "dx": row(1, 10, 0, 2, 20, 0),
        "dparams": {"weight": row(9, 12)},
    },
    {
        # (4 - 2)/3 + 1 = 1.67: the second window is 4 and a zero that is not there.
        "name": "ceil reads zeros behind the edge",
        "attrs": {"window": (1, 2), "filters": 1, "stride": (1, 3), "fit": "ceil", "bias": "none"},
        "x": row(1, 2, 3, 4),
        "params": {"weight": row(1, 10)},
        "y": row(21, 4),
        "dy": row(1, 2),
        "dx": row(1, 10, 0, 2),
        "dparams": {"weight": row(9, 2)},
    },
    {
        # Three columns, three windows: one column of pad, at the end. dW = 1 + 4 + 9, 2 + 6 + 0.
        "name": "same puts the odd column at the end",
        "attrs": {"window": (1, 2), "filters": 1, "fit": "same"},
        "x": row(1, 2, 3),
        "params": {"weight": row(1, 10), "bias": [0]},
        "y": row(21, 32, 3),
        "dy": row(1, 2, 3),
        "dx": row(1, 12, 23),
        "dparams": {"weight": row(14, 8), "bias": [6]},
    },
    {
        # y = 5*2 + 1, 5*3 + 1; dW = 2*1 + 3*10.
        "name": "gradients of weights add over samples",
        "attrs": {"window": (1, 1), "filters": 1},
        "x": [[[[2]]], [[[3]]]],
        "params": {"weight": [[[[5]]]], "bias": [1]},
        "y": [[[[11]]], [[[16]]]],
        "dy": [[[[1]]], [[[10]]]],
        "dx": [[[[5]]], [[[50]]]],
        "dparams": {"weight": [[[[32]]]], "bias": [11]},
    },
    {
        # Each of the two outputs has a bias of its own: y = 1*1 + 10*2 + 100, 1*2 + 10*3 + 200 and the same of 4 5 6;
        # its gradient adds over samples only: 1 + 3, 2 + 4.
        "name": "a bias for each position",
        "attrs": {"window": (1, 2), "filters": 1, "bias": "position"},
        "x": [[[[1, 2, 3]]], [[[4, 5, 6]]]],
        "params": {"weight": row(1, 10), "bias": [[[100, 200]]]},
        "y": [[[[121, 232]]], [[[154, 265]]]],
        "dy": [[[[1, 2]]], [[[3, 4]]]],
        "dx": [[[[1, 12, 20]]], [[[3, 34, 40]]]],
        "dparams": {"weight": row(37, 47), "bias": [[[4, 6]]]},
    },
    {
        # Two maps of 1x2 positions: y[k, j] = W[k]*x[j] + b[k, j].
        "name": "a bias for each position of each map",
        "attrs": {"window": (1, 1), "filters": 2, "bias": "position"},
        "x": row(1, 2),
        "params": {"weight": [[[[1]]], [[[10]]]], "bias": [[[5, 6]], [[7, 8]]]},
        "y": [[[[6, 8]], [[17, 28]]]],
        "dy": [[[[1, 2]], [[3, 4]]]],
        "dx": row(31, 42),
        "dparams": {"weight": [[[[5]]], [[[11]]]], "bias": [[[1, 2]], [[3, 4]]]},
    },
]
