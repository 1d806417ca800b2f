"""SHUFFLE, written out: 0 1 2 | 3 4 5 is dealt as 0 3, 1 4, 2 5."""

CASES = [
    {
        "name": "two groups of three, a vector",
        "attrs": {"groups": 2},
        "x": [[0, 1, 2, 3, 4, 5]],
        "y": [[0, 3, 1, 4, 2, 5]],
        "dy": [[0, 30, 10, 40, 20, 50]],
        "dx": [[0, 10, 20, 30, 40, 50]],
    },
    {
        "name": "three groups of two, maps of two samples",
        "attrs": {"groups": 3},
        "x": [[[[0, 1]], [[10, 11]], [[20, 21]], [[30, 31]], [[40, 41]], [[50, 51]]], [[[n, n]] for n in range(6)]],
        "y": [
            [[[0, 1]], [[20, 21]], [[40, 41]], [[10, 11]], [[30, 31]], [[50, 51]]],
            [[[n, n]] for n in (0, 2, 4, 1, 3, 5)],
        ],
        "dy": [[[[n, n]] for n in (0, 2, 4, 1, 3, 5)], [[[n, -n]] for n in (5, 4, 3, 2, 1, 0)]],
        "dx": [[[[n, n]] for n in range(6)], [[[n, -n]] for n in (5, 2, 4, 1, 3, 0)]],
    },
]
