"""RESHAPE, worked by hand. Arrays are samples, depth, rows, columns; vectors samples, values."""

CASES = [
    {
        # First the depth, then rows, then columns: the first four values are channel 0, in rows of 2.
        "name": "a vector to a map",
        "attrs": {"size": (2, 2, 2)},
        "x": [[1, 2, 3, 4, 5, 6, 7, 8]],
        "y": [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]],
        "dy": [[[[8, 7], [6, 5]], [[4, 3], [2, 1]]]],
        "dx": [[8, 7, 6, 5, 4, 3, 2, 1]],
    },
    {
        # 1x3x2 read as 1 2 3 4 5 6, then written as rows of 2.
        "name": "a map to a map, two samples",
        "attrs": {"size": (3, 2, 1)},
        "x": [[[[1, 2, 3]], [[4, 5, 6]]], [[[7, 8, 9]], [[10, 11, 12]]]],
        "y": [[[[1, 2], [3, 4], [5, 6]]], [[[7, 8], [9, 10], [11, 12]]]],
        "dy": [[[[1, 2], [3, 4], [5, 6]]], [[[0, 0], [0, 0], [0, 1]]]],
        "dx": [[[[1, 2, 3]], [[4, 5, 6]]], [[[0, 0, 0]], [[0, 0, 1]]]],
    },
]
