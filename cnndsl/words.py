"""Did you mean: the nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

ELSEWHERE = {
    "avg": "mean",
    "average": "mean",
    "avgpool": "pool",
    "averagepooling": "pool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "concatenate": "concat",
    "conv2d": "conv",
    "convolution": "conv",
    "convtranspose": "deconv",
    "dense": "fc",
    "depthwise": "dwconv",
    "dilation": "dilate",
    "fullyconnected": "fc",
    "gemm": "fc",
    "groupnorm": "gn",
    "innerproduct": "fc",
    "layernorm": "ln",
    "leakyrelu": "leaky",
    "learningrate": "lr",
    "linear": "fc",
    "maxpool": "pool",
    "padding": "pad",
    "strides": "stride",
    "sum": "add",
    "swish": "silu",
    "weightdecay": "decay",
    "zeropad": "pad",
}
"""What other systems call it, without `_` and in small letters."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that another one most likely stands for, or None where nothing is near. Capitals and `_` count
    for little: people carry them over from elsewhere."""
    if len(word) > 128:
        return None
    plain = {_plain(name): name for name in known}
    if _plain(word) in plain:
        return plain[_plain(word)]
    meant = ELSEWHERE.get(_plain(word), ELSEWHERE.get(_plain(word).removesuffix("2d")))
    if meant in plain:
        return plain[meant]
    found = get_close_matches(_plain(word), plain, n=1, cutoff=0.55)
    return plain[found[0]] if found else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "")
