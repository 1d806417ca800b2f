"""UPSAMPLE, worked by hand. Arrays are samples, depth, rows, columns."""

from typing import Any


def row(*values: Any) -> Any:
    """One sample of one row."""
    return [[[list(values)]]]


CASES = [
    {
        # dx: the sums of the squares of dy: 1 + 2 + 5 + 6, 3 + 4 + 7 + 8.
        "name": "nearest, twice",
        "attrs": {"factor": (2, 2)},
        "x": row(1, 2),
        "y": [[[[1, 1, 2, 2], [1, 1, 2, 2]]]],
        "dy": [[[[1, 2, 3, 4], [5, 6, 7, 8]]]],
        "dx": row(14, 22),
    },
    {
        "name": "nearest, another number of rows than of columns, each channel by itself",
        "attrs": {"factor": (1, 3)},
        "x": [[[[1], [2]], [[3], [4]]]],
        "y": [[[[1, 1, 1], [2, 2, 2]], [[3, 3, 3], [4, 4, 4]]]],
        "dy": [[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]],
        "dx": [[[[6], [15]], [[24], [33]]]],
    },
    {
        # Outputs lie at -1/4, 1/4, 3/4, 5/4, 7/4, 9/4; the first and the last are moved to 0 and 2.
        # y: 0, 3/4*0 + 1/4*4, 1/4*0 + 3/4*4, 3/4*4 + 1/4*8, 1/4*4 + 3/4*8, 8.
        # dx[0] = 4 + 3/4*8 + 1/4*12 = 13, dx[1] = 1/4*8 + 3/4*12 + 3/4*16 + 1/4*20 = 28, dx[2] = 1/4*16 + 3/4*20 + 24.
        "name": "bilinear, twice",
        "attrs": {"factor": (1, 2), "method": "bilinear"},
        "x": row(0, 4, 8),
        "y": row(0, 1, 3, 5, 7, 8),
        "dy": row(4, 8, 12, 16, 20, 24),
        "dx": row(13, 28, 43),
    },
    {
        # Outputs lie at -1/3, 0, 1/3, 2/3, 1, 4/3: the middle one of each three is the cell itself.
        # dx[0] = 3 + 3 + 2/3*3 + 1/3*6 = 10, dx[1] = 1/3*3 + 2/3*6 + 9 + 12.
        "name": "bilinear, three times",
        "attrs": {"factor": (1, 3), "method": "bilinear"},
        "x": row(3, 6),
        "y": row(3, 3, 4, 5, 6, 6),
        "dy": row(3, 3, 3, 6, 9, 12),
        "dx": row(10, 26),
    },
    {
        # 0 4 / 8 12 is 8*row + 4*column at rows and columns 0, 1/4, 3/4, 1: rows 0 2 6 8 plus columns 0 1 3 4.
        # dy is 1 at row 1, column 2 (rows 3/4 1/4, columns 1/4 3/4) times 16.
        "name": "bilinear, both axes",
        "attrs": {"factor": (2, 2), "method": "bilinear"},
        "x": [[[[0, 4], [8, 12]]]],
        "y": [[[[0, 1, 3, 4], [2, 3, 5, 6], [6, 7, 9, 10], [8, 9, 11, 12]]]],
        "dy": [[[[0, 0, 0, 0], [0, 0, 16, 0], [0, 0, 0, 0], [0, 0, 0, 0]]]],
        "dx": [[[[3, 9], [1, 3]]]],
    },
    {
        "name": "bilinear, one cell is one value everywhere",
        "attrs": {"factor": (2, 2), "method": "bilinear"},
        "x": row(7),
        "y": [[[[7, 7], [7, 7]]]],
        "dy": [[[[1, 2], [3, 4]]]],
        "dx": row(10),
    },
]
