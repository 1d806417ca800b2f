"""INPUT: where the samples come in."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Inputs, Op, TensorType, neither, size


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    size: tuple[int, int, int] = size(ranks=(3,), doc="height x width x depth of one sample")


def infer(a: Input, inputs: Inputs) -> TensorType:
    return TensorType(*a.size)


OP = Op(
    "INPUT",
    Input,
    infer,
    kind="input",
    summary="the size of one sample",
    doc="""The first step of a network: height x width x depth of the samples it takes. Arrays are laid out
N, D, H, W. Left out, the file is a fragment: give the size with `--input 28x28x1`, or leave it to the data of the
`train` block. Bare, in a pattern, it stands for any input.""",
    examples=("INPUT 28x28x1", "INPUT 224x224x3"),
    reads=neither,
)
