"""DROPOUT where it leaves nothing out; its masks are in tests/backends/test_random.py."""

CASES = [
    {"name": "a share of 0", "attrs": {"rate": 0.0}, "x": [[1, 2]], "y": [[1, 2]], "dy": [[3, 4]], "dx": [[3, 4]]},
    {"name": "outside training", "attrs": {"rate": 0.9}, "training": False, "x": [[1, 2]], "y": [[1, 2]]},
]
