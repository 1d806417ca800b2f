"""LRN, worked by hand."""

CASES = [
    {
        # alpha/n = 1: s = 1 + 1 + 4, 1 + 1 + 4 + 9, 1 + 4 + 9. dy*x/s^2 = 1 2 3, and summed over neighbours 3 6 5;
        # dx = dy/s - 2*x*that = 6 - 6, 15 - 24, 14 - 30.
        "name": "three of three channels, a vector",
        "attrs": {"channels": 3, "alpha": 3.0, "beta": 1.0},
        "x": [[1, 2, 3]],
        "y": [[1 / 6, 2 / 15, 3 / 14]],
        "dy": [[36, 225, 196]],
        "dx": [[0, -9, -16]],
    },
    {
        # The same at the first position, nothing but k at the second, where s = 1 and dx = dy.
        "name": "each position by itself",
        "attrs": {"channels": 3, "alpha": 3.0, "beta": 1.0},
        "x": [[[[1, 0]], [[2, 0]], [[3, 0]]]],
        "y": [[[[1 / 6, 0]], [[2 / 15, 0]], [[3 / 14, 0]]]],
        "dy": [[[[36, 5]], [[225, 6]], [[196, 7]]]],
        "dx": [[[[0, 5]], [[-9, 6]], [[-16, 7]]]],
    },
    {
        # s = 9 + 16 and 9 + 0; y = 4/5. dy*x/s^1.5 = 125*4/125 = 4; dx = 125/5 - 2*1/2*4*4 and 6/3.
        "name": "a root, each channel by itself",
        "attrs": {"channels": 1, "alpha": 1.0, "beta": 0.5, "k": 9.0},
        "x": [[4, 0]],
        "y": [[0.8, 0]],
        "dy": [[125, 6]],
        "dx": [[9, 2]],
    },
    {
        # x*x is 10^4, alpha/5 of it 0.2: 1 + 0.2 a channel, 3 channels at the ends, 5 in the middle.
        "name": "the defaults, cut off at the ends",
        "attrs": {"channels": 5},
        "x": [[100, 100, 100, -100, 100, 100]],
        "y": [[100 / 1.6**0.75, 100 / 1.8**0.75, 100 / 2**0.75, -100 / 2**0.75, 100 / 1.8**0.75, 100 / 1.6**0.75]],
    },
]
