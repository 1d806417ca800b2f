"""POOL, worked by hand. Arrays are samples, depth, rows, columns."""

from typing import Any


def row(*values: Any) -> Any:
    """One sample of one row."""
    return [[[list(values)]]]


CASES = [
    {
        # The tutorial's section 6.2.1: dy goes to the largest cell of its block as it is.
        "name": "max 2x2",
        "attrs": {"mode": "max", "window": (2, 2)},
        "x": [[[[1, 2, 5, 3], [4, 3, 6, 2], [7, 0, 1, 1], [2, 8, 1, 9]]]],
        "y": [[[[4, 6], [8, 9]]]],
        "dy": [[[[1, 2], [3, 4]]]],
        "dx": [[[[0, 0, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, 4]]]],
    },
    {
        "name": "max: the first of equal values in row order has the gradient",
        "attrs": {"mode": "max", "window": (2, 2)},
        "x": [[[[5, 5, 0, 7], [5, 5, 7, 7]]]],
        "y": [[[[5, 7]]]],
        "dy": [[[[1, 2]]]],
        "dx": [[[[1, 0, 0, 2], [0, 0, 0, 0]]]],
    },
    {
        "name": "max: windows that overlap, one cell largest in both",
        "attrs": {"mode": "max", "window": (1, 2), "stride": (1, 1)},
        "x": row(1, 3, 2),
        "y": row(3, 3),
        "dy": row(1, 10),
        "dx": row(0, 11, 0),
    },
    {
        "name": "max: ties in windows that overlap",
        "attrs": {"mode": "max", "window": (1, 2), "stride": (1, 1)},
        "x": row(2, 2, 2),
        "y": row(2, 2),
        "dy": row(1, 10),
        "dx": row(1, 10, 0),
    },
    {
        # Every window has one cell and three of pad; a pad of 0 would win.
        "name": "max: the pad is never the largest",
        "attrs": {"mode": "max", "window": (2, 2), "pad": (1, 1, 1, 1)},
        "x": [[[[-1, -2], [-3, -4]]]],
        "y": [[[[-1, -2], [-3, -4]]]],
        "dy": [[[[1, 2], [3, 4]]]],
        "dx": [[[[1, 2], [3, 4]]]],
    },
    {
        "name": "max: the window that hangs over has what is there",
        "attrs": {"mode": "max", "window": (1, 2), "fit": "ceil"},
        "x": row(1, 2, -5),
        "y": row(2, -5),
        "dy": row(1, 10),
        "dx": row(0, 1, 10),
    },
    {
        "name": "max: floor drops what fills no window",
        "attrs": {"mode": "max", "window": (1, 2), "fit": "floor"},
        "x": row(1, 2, 9),
        "y": row(2),
        "dy": row(1),
        "dx": row(0, 1, 0),
    },
    {
        "name": "max global, each channel by itself",
        "attrs": {"mode": "max", "reach": "global"},
        "x": [[[[1, 2], [3, 0]], [[-1, -2], [-3, -1]]]],
        "y": [[[[3]], [[-1]]]],
        "dy": [[[[5]], [[6]]]],
        "dx": [[[[0, 0], [5, 0]], [[6, 0], [0, 0]]]],
    },
    {
        # Section 6.2.2: a quarter of dy to each cell, and of the sum to y: (1 + 2 + 5 + 6)/4 = 3.5.
        "name": "mean 2x2",
        "attrs": {"mode": "mean", "window": (2, 2)},
        "x": [[[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]]],
        "y": [[[[3.5, 5.5], [11.5, 13.5]]]],
        "dy": [[[[4, 8], [12, 16]]]],
        "dx": [[[[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]]],
    },
    {
        # The middle cell has a half of both: 1 + 2.
        "name": "mean: shares add where windows overlap",
        "attrs": {"mode": "mean", "window": (1, 2), "stride": (1, 1)},
        "x": row(2, 4, 8),
        "y": row(3, 6),
        "dy": row(2, 4),
        "dx": row(1, 3, 2),
    },
    {
        # Windows (pad, 2), (2, 4), (4, pad): divided by 1, 2, 1.
        "name": "mean: the pad does not count",
        "attrs": {"mode": "mean", "window": (1, 2), "stride": (1, 1), "pad": (0, 1, 0, 1)},
        "x": row(2, 4),
        "y": row(2, 3, 4),
        "dy": row(1, 2, 3),
        "dx": row(2, 4),
    },
    {
        # The same windows, each divided by 2: dx[0] = 1/2 + 2/2.
        "name": "mean countpad: the pad counts",
        "attrs": {"mode": "mean", "window": (1, 2), "stride": (1, 1), "pad": (0, 1, 0, 1), "countpad": True},
        "x": row(2, 4),
        "y": row(1, 3, 2),
        "dy": row(1, 2, 3),
        "dx": row(1.5, 2.5),
    },
    {
        # (pad, 2), (4, 6) and 8 with what hangs over: divided by 2, 2, 1.
        "name": "mean countpad: what hangs over never counts",
        "attrs": {"mode": "mean", "window": (1, 2), "pad": (0, 1, 0, 0), "fit": "ceil", "countpad": True},
        "x": row(2, 4, 6, 8),
        "y": row(1, 5, 8),
        "dy": row(2, 4, 6),
        "dx": row(1, 2, 2, 6),
    },
    {
        # (2, 4), (4, pad): the computed pad of `same` does not count either.
        "name": "mean same",
        "attrs": {"mode": "mean", "window": (1, 2), "stride": (1, 1), "fit": "same"},
        "x": row(2, 4),
        "y": row(3, 4),
        "dy": row(2, 3),
        "dx": row(1, 4),
    },
    {
        "name": "mean global of two samples",
        "attrs": {"mode": "mean", "reach": "global"},
        "x": [[[[1, 2], [3, 6]]], [[[0, 0], [0, 4]]]],
        "y": [[[[3]]], [[[1]]]],
        "dy": [[[[4]]], [[[8]]]],
        "dx": [[[[1, 1], [1, 1]]], [[[2, 2], [2, 2]]]],
    },
]
