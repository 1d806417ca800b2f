"""RELU6, worked by hand: the slope at 0 and at 6 is taken as 0."""

CASES = [
    {
        "name": "below, between, above, and both ends",
        "x": [[-1, 0, 2, 6, 7, 1000, -1000]],
        "y": [[0, 0, 2, 6, 6, 6, 0]],
        "dy": [[1, 2, 3, 4, 5, 6, 7]],
        "dx": [[0, 0, 3, 0, 0, 0, 0]],
    },
    {
        "name": "a map",
        "x": [[[[-1, 2]], [[5, 9]]]],
        "y": [[[[0, 2]], [[5, 6]]]],
        "dy": [[[[1, 2]], [[3, 4]]]],
        "dx": [[[[0, 2]], [[3, 0]]]],
    },
]
