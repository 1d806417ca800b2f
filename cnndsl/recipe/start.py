"""How weights start, and which of them stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import NoArguments, choice, number, text
from cnndsl.recipe.spec import Entry, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    deviation: float = number(
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1000}, doc="standard deviation"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    file: str = text(doc="a checkpoint; its arrays are taken by name")
    partial: bool = choice({"partial": True}, default=False, doc="take those that fit, and let the others start anew")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    names: str = text(doc="parameters that are not trained; `*` stands for any letters")


INIT = Key(
    "init",
    (
        Entry("init", "auto", NoArguments, "He before the ReLU family, else Xavier", ("init auto",)),
        Entry("init", "he", NoArguments, "normal, deviation sqrt(2/fan in)", ("init he",)),
        Entry("init", "xavier", NoArguments, "uniform, bound sqrt(6/(fan in + fan out))", ("init xavier",)),
        Entry("init", "normal", Normal, "normal, of the given deviation", ("init normal 0.01",)),
        Entry(
            "init",
            "zeros",
            NoArguments,
            "all zero: more than one layer cannot learn from there",
            ("init zeros",),
        ),
    ),
    default="auto",
    about="how weights start",
)
WEIGHTS = Key(
    "weights",
    (Entry("weights", "", Weights, "start from a checkpoint", ('weights "runs/net-1/weights.safetensors" partial',)),),
)
FREEZE = Key(
    "freeze",
    (Entry("freeze", "", Freeze, "leave some parameters as they start", ('freeze "conv*"',)),),
    takes="several",
)
