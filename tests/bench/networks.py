"""The networks that benchmarks run."""

BATCHES = {"resnet18_32": 32}
"""Batch of a network where it is not 64."""


def _vgg(norm: str) -> str:
    stages = (f"[ CONV 3x3 *{n} pad 1 {norm} -> RELU ]*2 -> POOL max 2" for n in (32, 64, 128))
    return "\n".join(("INPUT 32x32x3", *stages, "FC 128 relu; FC 10"))


def _resnet() -> str:
    """ResNet-18 for small images: a 3x3 stem, no first POOL."""
    steps = ["INPUT 32x32x3", "CONV 3x3 *64 pad 1 nobias -> BN -> RELU"]
    depth = 64
    for n in (64, 64, 128, 128, 256, 256, 512, 512):
        stride = 1 if n == depth else 2
        shortcut = "ID" if n == depth else f"CONV 1x1 *{n} stride 2 nobias floor -> BN"
        first = f"CONV 3x3 *{n} stride {stride} pad 1 nobias floor -> BN -> RELU"
        steps.append(f"ADD( {first} -> CONV 3x3 *{n} pad 1 nobias -> BN | {shortcut} ) -> RELU")
        depth = n
    return "\n".join((*steps, "POOL mean global; FC 10"))


NETWORKS = {
    "lenet5": """
INPUT 28x28x1
CONV 5x5 *6 pad 2 relu; POOL max 2; CONV 5x5 *16 relu; POOL max 2
FC 120 relu; FC 84 relu; FC 10
""",
    "caffe_lenet": """
INPUT 28x28x1
CONV 5x5 *20; POOL max 2; CONV 5x5 *50; POOL max 2
FC 500 relu; FC 10
""",
    "vgg_small": _vgg(""),
    "vgg_small_bn": _vgg("-> BN"),
    "resnet18_32": _resnet(),
}
"""Name to program."""
