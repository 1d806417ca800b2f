"""Did you mean: the nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import NamedTuple

ELSEWHERE = {
    "avg": "mean",
    "average": "mean",
    "avgpool": "pool mean",
    "averagepooling": "pool mean",
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
    "lrelu": "leaky",
    "maxpool": "pool max",
    "maxpooling": "pool max",
    "padding": "pad",
    "strides": "stride",
    "sum": "add",
    "swish": "silu",
    "weightdecay": "decay",
    "zeropad": "pad",
}
"""What other systems call it, without `_` and in small letters: the same thing by another name."""
OTHERS = frozenset(
    (
        *(
            "adamax",
            "adamp",
            "adams",
            "adan",
            "atanh",
            "celu",
            "cifar100",
            "crelu",
            "dconv",
            "emnist",
            "fmnist",
            "gconv",
        ),
        *("hardtanh", "htanh", "kmnist", "mae", "min", "nadam", "pwconv", "qmnist", "radam", "rrelu", "selu", "sgdm"),
        *("sgdw", "softmin", "tan", "unpool"),
    )
)
"""Things of other systems that are not here, and look like a slip of the pen for something that is."""
SHORT = 3
"""Another letter in a word of so many letters makes another word."""


class Guess(NamedTuple):
    """A known word that another one may stand for. `sure` is whether it can only have been meant."""

    word: str
    sure: bool


def guess(word: str, known: Iterable[str]) -> Guess | None:
    """The known word that another one most likely stands for, or None where nothing is near.

    It is sure where capitals and `_` alone differ (people carry them over from elsewhere), where other systems say
    the one for the other, and where one slip lies between them: a letter left out, one too many, another one, or two
    exchanged; the first letter right, no digit touched, and no other word as near.
    """
    if len(word) > 128:
        return None
    written = _plain(word)
    names = list(known)
    plain = {_plain(name): name for name in names}
    if written in plain:
        return Guess(plain[written], sum(_plain(name) == written for name in names) == 1)
    meant, _, behind = ELSEWHERE.get(written, ELSEWHERE.get(written.removesuffix("2d"), "")).partition(" ")
    if meant in plain:
        return Guess(f"{plain[meant]} {behind}".rstrip(), True)
    if written in OTHERS:
        return None
    found = get_close_matches(written, plain, n=1, cutoff=0.55)
    if not found:
        return None
    return Guess(plain[found[0]], _is_slip(written, found[0], plain))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `guess`."""
    found = guess(word, known)
    return found.word if found else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "")


def _is_slip(written: str, meant: str, known: Collection[str]) -> bool:
    """Whether one slip made the one of the other, and of no other word that is known."""
    if sum(_digits(other) == _digits(written) and _near(written, other) for other in known) != 1:
        return False
    if _digits(written) != _digits(meant) or not _near(written, meant):
        return False
    if sorted(written) == sorted(meant):
        return True
    if len(written) == len(meant) and (len(meant) <= SHORT or written[:-1] == meant[:-1]):
        return False  # a last letter is often all that tells two names apart
    return written[0] == meant[0]


def _digits(word: str) -> str:
    return "".join(c for c in word if c.isdigit())


def _near(a: str, b: str) -> bool:
    """Whether a letter more, a letter less, another letter, or two exchanged beside each other, make b of a."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return a == b
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) != len(b):
        longer, shorter = (a, b) if len(a) > len(b) else (b, a)
        return longer[at + 1 :] == shorter[at:]
    return a[at + 1 :] == b[at + 1 :] or (a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :])
