"""Keys of the `train` block that need no word."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import LARGEST_COUNT, NoArguments, choice, number, option, word
from cnndsl.recipe.spec import Entry, Key

COUNT = {"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}
MAYBE = {"type": ["integer", "null"], "minimum": 1, "maximum": LARGEST_COUNT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    value: int = number(schema=COUNT, default=64, doc="samples a step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Epochs:
    value: int = number(schema=COUNT, default=10, doc="turns over the data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    value: int = number(schema=COUNT, doc="steps in all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    value: int = number(
        schema={"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT},
        default=0,
        doc="of initial weights, order of samples and dropout masks",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    value: float = number(
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        default=0.9,
        doc="share of the training part that is trained on; the rest validates",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    value: float = number(
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1e9}, doc="largest norm of all gradients together"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ema:
    value: float = number(
        schema={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        doc="share of the average that stays at each step",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    patience: int | None = option(None, schema=MAYBE, doc="after so many epochs without a better one")
    at: float | None = option(
        None,
        schema={"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
        doc="once the accuracy of validation is so high",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    every: int = option(1, schema=COUNT, doc="epochs between two checkpoints")
    keep: int = option(2, schema=COUNT, doc="checkpoints that are kept")
    best: bool = choice({"best": True}, default=False, doc="keep the best one too")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendName:
    value: str = word(default="auto", doc="`auto`, or the name of a backend")


def _key(name: str, attrs: type, summary: str, *examples: str, default: str | None = None) -> Key:
    return Key(name, (Entry(name, "", attrs, summary, examples),), default)


SPLIT = _key(
    "split",
    Split,
    "share of the training part that is trained on; the rest validates",
    "split 0.8",
    default="",
)
BATCH = _key("batch", Batch, "samples a step", "batch 64", default="")
EPOCHS = _key("epochs", Epochs, "turns over the training data", "epochs 10", default="")
STEPS = _key("steps", Steps, "steps in all, in place of epochs", "steps 500")
SEED = _key("seed", Seed, "of everything random", "seed 1", default="")
CLIP = _key("clip", Clip, "larger gradients are made as long as this, all together", "clip 1")
EMA = _key("ema", Ema, "averaged weights, for evaluation", "ema 0.999")
CLASSWEIGHT = Key(
    "classweight",
    (Entry("classweight", "auto", NoArguments, "rare classes count more, by their frequency", ("classweight auto",)),),
    about="what a class counts in the loss",
)
STOP = _key("stop", Stop, "end before the last epoch", "stop patience 5", "stop at 0.99")
SAVE = _key("save", Save, "when checkpoints are written", "save every 5 keep 2 best")
BACKEND = _key("backend", BackendName, "what runs the network", "backend vectorized", default="")
