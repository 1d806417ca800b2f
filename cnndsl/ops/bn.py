"""BN: batch normalization."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Inputs, Op, ParamSpec, choice, input_only, option, same_type


@dataclass(frozen=True, slots=True, kw_only=True)
class BN:
    momentum: float = option(
        0.1,
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        doc="share of the batch in the running statistics",
    )
    eps: float = option(
        1e-5, schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1}, doc="added to the variance"
    )
    scale: bool = choice({"noscale": False}, default=True, doc="without the learned scale and shift")


def params(a: BN, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Scale and shift a channel, trained; running mean and variance a channel, not."""
    shape = (inputs[0].depth,)
    learned = (ParamSpec("weight", shape, init=1.0), ParamSpec("bias", shape)) if a.scale else ()
    return (
        *learned,
        ParamSpec("running_mean", shape, trained=False),
        ParamSpec("running_var", shape, init=1.0, trained=False),
    )


OP = Op(
    "BN",
    BN,
    same_type,
    kind="norm",
    summary="batch normalization, a mean and a deviation for each channel",
    doc="""In training y = scale*(x - mean)/sqrt(var + eps) + shift, with mean and biased variance over the batch
and all positions of a channel (Ioffe and Szegedy 2015). The running statistics, running = (1 - momentum)*running +
momentum*batch, keep the unbiased variance; outside training they take the batch's place. One value a channel has no
variance and is an error in training. Parameters: 2*D; buffers, counted apart: 2*D.""",
    examples=("BN", "BN momentum 0.01 eps 1e-3", "BN noscale"),
    params=params,
    reads=input_only,
)
