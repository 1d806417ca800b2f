"""How a layer is declared: an `Op` record around a frozen dataclass of arguments.

Everything the author of a layer needs can be imported from here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cnndsl.arguments import (
    Argument,
    NoArguments,
    arguments,
    choice,
    count,
    dump,
    load,
    number,
    option,
    size,
    times,
    word,
)
from cnndsl.ir.types import Change, Cost, Inputs, ParamSpec, Reach, Reject, TensorType

__all__ = [
    "Argument",
    "Change",
    "Cost",
    "Inputs",
    "NoArguments",
    "Op",
    "ParamSpec",
    "Reach",
    "Reject",
    "TensorType",
    "both_sides",
    "choice",
    "count",
    "input_only",
    "neither",
    "number",
    "one_cell",
    "option",
    "output_only",
    "same_type",
    "size",
    "times",
    "whole_map",
    "word",
]


def no_check(attrs: Any) -> None:
    """Check of a layer whose arguments are right whenever each is."""


def same_type(attrs: Any, inputs: Inputs) -> TensorType:
    """Size rule of a layer that changes values, not sizes."""
    return inputs[0]


def no_params(attrs: Any, inputs: Inputs) -> tuple[ParamSpec, ...]:
    return ()


def no_cost(attrs: Any, inputs: Inputs, output: TensorType) -> Cost:
    return Cost()


def no_arithmetic(attrs: Any, inputs: Inputs, output: TensorType) -> str:
    return ""


def no_output(attrs: Any) -> TensorType | None:
    """Of most layers the output's size is not known without the input's."""
    return None


def no_defaults(own: Mapping[str, Any], defaults: Mapping[str, Any]) -> Collection[str]:
    """Of most layers every argument that a step leaves out may come from a `set`."""
    return ()


def always_full(attrs: Any, inputs: Inputs) -> bool:
    """Most layers leave nothing of their input over."""
    return True


def nothing_lost(attrs: Any, inputs: Inputs) -> tuple[int, int]:
    """Most layers look at every row and column."""
    return 0, 0


def both_sides(attrs: Any) -> str:
    """Backward of most layers may look at the input and at the output."""
    return "xy"


def input_only(attrs: Any) -> str:
    """Backward looks at the input."""
    return "x"


def output_only(attrs: Any) -> str:
    """Backward looks at the output."""
    return "y"


def neither(attrs: Any) -> str:
    """Backward looks at the output's gradient alone, and at what forward put down for it."""
    return ""


def one_cell(attrs: Any, inputs: Inputs, output: TensorType) -> Reach:
    """Reach of a layer that works on each position by itself."""
    return Reach()


def whole_map(attrs: Any, inputs: Inputs, output: TensorType) -> Reach:
    """Reach of a layer each of whose outputs sees every position."""
    return Reach(extent=(inputs[0].height, inputs[0].width))


Kind = Literal["input", "conv", "pool", "dense", "norm", "activation", "noise", "shape", "join", "head", "empty"]


@dataclass(frozen=True, slots=True)
class Op:
    """One layer.

    `infer(attrs, inputs)` gives the output type or raises Reject; it knows no source text. `params` and `cost` are
    asked only after it. `check(attrs)` raises Reject for what is wrong whatever the input is. `kind` tells others what
    to expect: `match` passes over norms, activations and noise; a `join` takes several inputs and is written with
    branches; `head` and `empty` are read by the lowering and make no node. `reach` gives the receptive field's growth;
    `fills` is whether windows fill the input, nothing dropped and nothing hung over; `lost`
    the rows and columns of the input that no window sees, for `floor`;
    `regardless` the output's size where the input's is not known; `void(own, defaults)` names the fields of which a
    `set` cannot speak beside what a step says itself.
    What the memory plan goes by: `reads` says which of the input ``x`` and the output ``y`` backward looks at; no
    kernel may look at the other. `overwrites`: the output may be written where the input lies, and the input's gradient
    where the output's lies, value by value. `hands_on`: the ``gradient`` of the output is that of every input, as it
    is; ``all``: the output is the input as well, seen in another shape.
    `takes_activation`: a trailing ``relu`` may follow its arguments. `activation_word` is the word by which
    an activation trails. `rectifier`: weights before it start by He.
    """

    keyword: str
    attrs: type
    infer: Callable[[Any, Inputs], TensorType]
    kind: Kind
    summary: str
    doc: str
    examples: tuple[str, ...]
    check: Callable[[Any], None] = no_check
    params: Callable[[Any, Inputs], tuple[ParamSpec, ...]] = no_params
    cost: Callable[[Any, Inputs, TensorType], Cost] = no_cost
    arithmetic: Callable[[Any, Inputs, TensorType], str] = no_arithmetic
    reach: Callable[[Any, Inputs, TensorType], Reach] = one_cell
    fills: Callable[[Any, Inputs], bool] = always_full
    lost: Callable[[Any, Inputs], tuple[int, int]] = nothing_lost
    regardless: Callable[[Any], TensorType | None] = no_output
    void: Callable[[Mapping[str, Any], Mapping[str, Any]], Collection[str]] = no_defaults
    reads: Callable[[Any], str] = both_sides
    overwrites: bool = False
    hands_on: Literal["", "gradient", "all"] = ""
    takes_activation: bool = False
    activation_word: str = ""
    rectifier: bool = False

    @property
    def arguments(self) -> tuple[Argument, ...]:
        return arguments(self.attrs)

    def dump(self, attrs: Any) -> dict[str, Any]:
        """The arguments as plain JSON values."""
        return dump(attrs)

    def load(self, values: Mapping[str, Any]) -> Any:
        """Arguments from plain JSON values. Raises ValueError, naming the field."""
        return load(self.attrs, values)
