"""LEAKY, worked by hand: the slope at 0 is that of the part below."""

CASES = [
    {
        "name": "the default slope",
        "x": [[-100, 0, 2, 1000, -1000]],
        "y": [[-1, 0, 2, 1000, -10]],
        "dy": [[100, 200, 3, 4, 500]],
        "dx": [[1, 2, 3, 4, 5]],
    },
    {
        "name": "a slope of 1/4, a map",
        "attrs": {"slope": 0.25},
        "x": [[[[-4, 2]], [[3, -8]]]],
        "y": [[[[-1, 2]], [[3, -2]]]],
        "dy": [[[[4, 5]], [[6, 8]]]],
        "dx": [[[[1, 5]], [[6, 2]]]],
    },
]
