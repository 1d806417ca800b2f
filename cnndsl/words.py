"""Did you mean: the nearest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import NamedTuple

ELSEWHERE = {
    "augmentation": "augment",
    "augmentations": "augment",
    "average": "mean",
    "averagepooling": "pool mean",
    "avg": "mean",
    "avgpool": "pool mean",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "batchsize": "batch",
    "bceloss": "bce",
    "bcewithlogits": "bce",
    "bcewithlogitsloss": "bce",
    "binarycrossentropy": "bce",
    "bs": "batch",
    "categoricalcrossentropy": "crossentropy",
    "classweights": "classweight",
    "clipgradnorm": "clip",
    "clipnorm": "clip",
    "concatenate": "concat",
    "conv2d": "conv",
    "convolution": "conv",
    "convtranspose": "deconv",
    "cosineannealing": "cosine",
    "cosineannealinglr": "cosine",
    "cosinedecay": "cosine",
    "criterion": "loss",
    "crossentropyloss": "crossentropy",
    "dataset": "data",
    "dense": "fc",
    "depthwise": "dwconv",
    "dilation": "dilate",
    "emadecay": "ema",
    "epsilon": "eps",
    "fullyconnected": "fc",
    "gamma": "factor",
    "gemm": "fc",
    "glorot": "xavier",
    "glorotuniform": "xavier",
    "gradclip": "clip",
    "gradientclip": "clip",
    "gradientclipping": "clip",
    "gradientclipval": "clip",
    "groupnorm": "gn",
    "henormal": "he",
    "hflip": "flip",
    "horizontalflip": "flip",
    "imagefolder": "images",
    "initialization": "init",
    "initializer": "init",
    "innerproduct": "fc",
    "iterations": "steps",
    "kaiming": "he",
    "kaimingnormal": "he",
    "kernelinitializer": "init",
    "l2": "decay",
    "labelsmoothing": "smooth",
    "layernorm": "ln",
    "leakyrelu": "leaky",
    "learningrate": "lr",
    "learningrateschedule": "schedule",
    "learningratescheduler": "schedule",
    "linear": "fc",
    "lossfn": "loss",
    "lossfunction": "loss",
    "lrelu": "leaky",
    "lrschedule": "schedule",
    "lrscheduler": "schedule",
    "maxepochs": "epochs",
    "maxgradnorm": "clip",
    "maxiter": "steps",
    "maxpool": "pool max",
    "maxpooling": "pool max",
    "maxsteps": "steps",
    "meansquarederror": "mse",
    "minibatch": "batch",
    "movingaverage": "ema",
    "mseloss": "mse",
    "nepochs": "epochs",
    "normalization": "normalize",
    "numepochs": "epochs",
    "numiterations": "steps",
    "numsteps": "steps",
    "numtrainepochs": "epochs",
    "objective": "loss",
    "onecyclelr": "onecycle",
    "optim": "optimizer",
    "optimiser": "optimizer",
    "padding": "pad",
    "pretrained": "weights",
    "pretrainedweights": "weights",
    "randomcrop": "crop",
    "randomflip": "flip",
    "randomhorizontalflip": "flip",
    "randomrotation": "rotate",
    "randomseed": "seed",
    "randomstate": "seed",
    "rotation": "rotate",
    "scheduler": "schedule",
    "softmaxcrossentropy": "crossentropy",
    "softmaxcrossentropywithlogits": "crossentropy",
    "solver": "optimizer",
    "sparsecategoricalcrossentropy": "crossentropy",
    "steplr": "step",
    "stepsize": "every",
    "strides": "stride",
    "sum": "add",
    "swish": "silu",
    "transform": "augment",
    "transforms": "augment",
    "translate": "shift",
    "warmupepochs": "warmup",
    "weightdecay": "decay",
    "weightinit": "init",
    "xavieruniform": "xavier",
    "zeropad": "pad",
}
"""What other systems call it, without `_` and in small letters: the same thing by another name."""
OPTIONS_ELSEWHERE = {
    "earlystop": "stop patience",
    "earlystopping": "stop patience",
    "initiallr": "optimizer lr",
    "keepbest": "save best",
    "l2": "optimizer decay",
    "labelsmoothing": "loss smooth",
    "learningrate": "optimizer lr",
    "lrdecay": "schedule factor",
    "gamma": "schedule factor",
    "savebest": "save best",
    "savebestonly": "save best",
    "saveevery": "save every",
    "savetotallimit": "save keep",
    "warmupepochs": "schedule warmup",
    "weightdecay": "optimizer decay",
}
"""What other systems have as a key of its own, and is an option here: of which key."""
NO_KEYS = {
    **dict.fromkeys(
        ("valfraction", "validationfraction", "validationsplit", "valratio", "valsize", "valsplit"),
        "`split` is the share that is trained on: to validate on 0.1 of the samples, write `split 0.9`",
    ),
    **dict.fromkeys(
        ("testfraction", "testratio", "testsize", "testsplit"),
        "every data set has a test part of its own; `split 0.9` keeps some of the others for validation",
    ),
    **dict.fromkeys(("dropout", "dropoutrate"), "it is a step of the network: `DROPOUT 0.5`"),
    **dict.fromkeys(("batchnorm", "batchnormalization"), "it is a step of the network: `BN`"),
    **dict.fromkeys(("activation", "nonlinearity"), "it stands behind its layer: `CONV 3x3 *8 relu`"),
    **dict.fromkeys(("imagesize", "inputshape", "inputsize"), "the network says it: `INPUT 28x28x1`"),
    **dict.fromkeys(("accelerator", "device", "devices", "gpus"), "what runs the network is a `backend`"),
    **dict.fromkeys(("numthreads", "numworkers", "pinmemory", "workers"), "leave it out: there is nothing to choose"),
    "shuffle": "leave it out: samples are shuffled in every epoch, by `seed`",
    **dict.fromkeys(("checkpointdir", "logdir", "outputdir", "savedir"), "`cnndsl run FILE --out FOLDER` says where"),
    **dict.fromkeys(("checkpoint", "checkpoints"), "`save every 5 keep 2` says when; `weights` starts from one"),
    **dict.fromkeys(("resume", "resumefrom"), "`cnndsl run --resume RUN` goes on with a run"),
}
"""What other systems have as a key, and is said in another place here, or need not be said: what to do."""
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
    written = plain(word)
    names = list(known)
    plainly = {plain(name): name for name in names}
    if written in plainly:
        return Guess(plainly[written], sum(plain(name) == written for name in names) == 1)
    meant, _, behind = ELSEWHERE.get(written, ELSEWHERE.get(written.removesuffix("2d"), "")).partition(" ")
    if meant in plainly:
        return Guess(f"{plainly[meant]} {behind}".rstrip(), True)
    if written in OTHERS:
        return None
    found = get_close_matches(written, plainly, n=1, cutoff=0.55)
    if not found:
        return None
    return Guess(plainly[found[0]], _is_slip(written, found[0], plainly))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `guess`."""
    found = guess(word, known)
    return found.word if found else None


def plain(word: str) -> str:
    """A word without what writers of other systems write otherwise: capitals and `_`."""
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
