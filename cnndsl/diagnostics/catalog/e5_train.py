"""E5: the train block."""

from cnndsl.diagnostics.catalog.record import Code

_NET = "INPUT 8x8x1\nFC 10\n"

CODES = (
    Code(
        "E501",
        "a second train block",
        "A file says once how it is trained.",
        _NET + "train { epochs 1 }\ntrain { epochs 2 }\n",
        _NET + "train { epochs 2 }\n",
    ),
    Code(
        "E502",
        "an unknown key",
        "The `train` block has no key of this name. `cnndsl explain train` lists them.",
        _NET + "train { epoch 3 }\n",
        _NET + "train { epochs 3 }\n",
    ),
    Code(
        "E503",
        "an unknown word",
        "The key does not take this word.",
        _NET + "train { optimizer sdg }\n",
        _NET + "train { optimizer sgd }\n",
    ),
    Code(
        "E504",
        "a value that the key cannot have",
        "The value is out of range, or of the wrong kind.",
        _NET + "train { batch 0 }\n",
        _NET + "train { batch 64 }\n",
    ),
    Code(
        "E505",
        "a key given twice",
        "Each key may be given once; `epochs` and `steps` answer the same question.",
        _NET + "train { batch 32; batch 64 }\n",
        _NET + "train { batch 64 }\n",
    ),
    Code(
        "E506",
        "a key without its value",
        "The key is followed by what it is set to.",
        _NET + "train { batch }\n",
        _NET + "train { batch 64 }\n",
    ),
    Code(
        "E507",
        "a loss for an output that is not there",
        "`loss NAME ...` is for the head of that name; without a name it is for the main output.",
    ),
    Code(
        "E508",
        "nothing to freeze, or nothing left to train",
        "`freeze` takes names of parameters, where `*` stands for any letters: `conv1.*` is one step, `conv*` all of "
        "its kind, `*.bias` every bias. Each has to name something, and something has to be left. `cnndsl explain "
        "names` says how parameters are called.",
        _NET + 'train { freeze "dense*" }\n',
        _NET + 'train { freeze "*.bias" }\n',
    ),
    Code(
        "E509",
        "nothing to validate on",
        "`stop` and `save best` look at what validation gives at the end of an epoch. With `split 1` every sample is "
        "trained on, and there is none to validate on.",
        _NET + "train { split 1; stop patience 3 }\n",
        _NET + "train { split 0.9; stop patience 3 }\n",
    ),
    Code(
        "W501",
        "an output that is not trained",
        "Of several outputs those are trained that have a `loss`; one without is trained only if it is the only one.",
    ),
)
