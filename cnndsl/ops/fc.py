"""FC: every output is a weighted sum of every input."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Cost, Inputs, Op, ParamSpec, TensorType, choice, count, input_only, whole_map


@dataclass(frozen=True, slots=True, kw_only=True)
class FC:
    units: int = count(doc="number of outputs")
    bias: str = choice({"nobias": "none", "bias filter": "unit"}, default="unit", doc="a bias for each output, or none")


def infer(a: FC, inputs: Inputs) -> TensorType:
    return TensorType.vector(a.units)


def params(a: FC, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Weights N, in and a bias an output: (in + 1)*N, the tutorial's section 3."""
    size = inputs[0].count
    weight = ParamSpec("weight", (a.units, size), init="weight", fan=(size, a.units), decays=True)
    return (weight, ParamSpec("bias", (a.units,))) if a.bias == "unit" else (weight,)


def cost(a: FC, inputs: Inputs, output: TensorType) -> Cost:
    return Cost(macs=inputs[0].count * a.units)


def arithmetic(a: FC, inputs: Inputs, output: TensorType) -> str:
    x = inputs[0]
    return str(x.count) if x.flat else f"{x.height}*{x.width}*{x.depth} = {x.count}"


OP = Op(
    "FC",
    FC,
    infer,
    kind="dense",
    summary="fully connected layer with N outputs",
    doc="""Takes its input flattened in D, H, W order and gives a vector of N. Weights are laid out N, in.
Parameters: (in + 1)*N; on a 1000x1000 image `FC 100` has 100,000,100, which is why convolutions share theirs.""",
    examples=("FC 10", "FC 120 tanh", "FC 10 nobias"),
    params=params,
    cost=cost,
    arithmetic=arithmetic,
    reach=whole_map,
    regardless=lambda a: TensorType.vector(a.units),
    takes_activation=True,
    reads=input_only,
)
