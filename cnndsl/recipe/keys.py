"""Keys of the `train` block that take one value: batch, epochs, steps, seed, split, backend."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import LARGEST_COUNT, number, word
from cnndsl.recipe.spec import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    value: int = number(schema={"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}, doc="samples a step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Epochs:
    value: int = number(schema={"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}, doc="turns over the data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    value: int = number(schema={"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}, doc="steps in all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    value: int = number(
        schema={"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT},
        doc="of initial weights, order of samples and dropout masks",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    value: float = number(
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        doc="share of the training part that is trained on; the rest validates",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendName:
    value: str = word(doc="`auto`, or the name of a backend")


ENTRIES = (
    Entry("batch", "", Batch, "samples a step (64)", ("batch 64",)),
    Entry("epochs", "", Epochs, "turns over the training data (10)", ("epochs 10",)),
    Entry("steps", "", Steps, "steps in all, in place of epochs", ("steps 500",)),
    Entry("seed", "", Seed, "of everything random (0)", ("seed 1",)),
    Entry(
        "split", "", Split, "share of the training part that is trained on; the rest validates (0.9)", ("split 0.8",)
    ),
    Entry("backend", "", BackendName, "what runs the network (auto)", ("backend vectorized",)),
)
