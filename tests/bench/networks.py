"""The networks that benchmarks run."""

VGG = """
block pair(n) {{ [ CONV 3x3 *n pad 1{norm} -> RELU ]*2 -> POOL max 2 }}
INPUT 32x32x3
pair(32); pair(64); pair(128)
FC 128 relu; FC 10
"""

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
    "vgg_small": VGG.format(norm=""),
    "vgg_small_bn": VGG.format(norm=" -> BN"),
    "resnet18_32": """
set CONV nobias floor
block basic(n) { ADD( CONV 3x3 *n pad 1 -> BN -> RELU -> CONV 3x3 *n pad 1 -> BN | ID ); RELU }
block down(n) {
  ADD( CONV 3x3 *n stride 2 pad 1 -> BN -> RELU -> CONV 3x3 *n pad 1 -> BN | CONV 1x1 *n stride 2 -> BN ); RELU
}
INPUT 32x32x3
CONV 3x3 *64 pad 1 -> BN -> RELU
[ basic(64) ]*2
down(128) -> basic(128) -> down(256) -> basic(256) -> down(512) -> basic(512)
POOL mean global; FC 10
""",
}
"""Name to program."""

BATCHES = {"resnet18_32": 32}
"""Batch of a network where it is not 64."""
