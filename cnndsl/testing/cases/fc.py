"""FC, worked by hand."""

CASES = [
    {
        # The map is read as 1 2 3 4: first the depth, then columns. y = 1 + 20 + 300 + 4000 + 5, 2 + 6;
        # dx[1] = 10*1 + 1*2.
        "name": "a map is flattened depth first",
        "attrs": {"units": 2},
        "x": [[[[1, 2]], [[3, 4]]]],
        "params": {"weight": [[1, 10, 100, 1000], [0, 1, 0, 0]], "bias": [5, 6]},
        "y": [[4326, 8]],
        "dy": [[1, 2]],
        "dx": [[[[1, 12]], [[100, 1000]]]],
        "dparams": {"weight": [[1, 2, 3, 4], [2, 4, 6, 8]], "bias": [1, 2]},
    },
    {
        # dW = 1*1 + 2*3, 1*2 + 2*4: gradients add over samples.
        "name": "two samples of a vector, no bias",
        "attrs": {"units": 1, "bias": "none"},
        "x": [[1, 2], [3, 4]],
        "params": {"weight": [[1, 1]]},
        "y": [[3], [7]],
        "dy": [[1], [2]],
        "dx": [[1, 1], [2, 2]],
        "dparams": {"weight": [[7, 10]]},
    },
]
