"""DWCONV: every channel has filters of its own (depthwise convolution)."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops import window
from cnndsl.ops.axis import Fit
from cnndsl.ops.conv import BIAS_DOC, BIASES, bias
from cnndsl.ops.spec import Cost, Inputs, Op, ParamSpec, Reach, TensorType, choice, input_only, option, size
from cnndsl.ops.window import FIT_DOC, FITS


@dataclass(frozen=True, slots=True, kw_only=True)
class DWConv:
    window: tuple[int, int] = size(ranks=(2,), doc="filter: height x width")
    times: int = option(1, minimum=1, maximum=9_999_999_999, doc="filters of each channel")
    stride: tuple[int, int] = option(1, axes=2, minimum=1, doc="rows and columns from one window to the next")
    pad: tuple[int, int, int, int] = option(0, axes=4, doc="zeros around the input: top, left, bottom, right")
    dilate: tuple[int, int] = option(1, axes=2, minimum=1, doc="distance of neighbouring taps")
    fit: Fit = choice(FITS, default="exact", doc=FIT_DOC)
    bias: str = choice(BIASES, default="filter", doc=BIAS_DOC)


def infer(a: DWConv, inputs: Inputs) -> TensorType:
    (x,) = inputs
    rows, columns = window.axes(a, x)
    return TensorType(rows.output, columns.output, x.depth * a.times)


def params(a: DWConv, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Weights N, 1, F, F and a bias a filter, N = D*times: (F*F + 1)*D*times."""
    taps = a.window[0] * a.window[1]
    shape = (inputs[0].depth * a.times, 1, *a.window)
    weight = ParamSpec("weight", shape, init="weight", fan=(taps, taps * a.times), decays=True)
    return (weight, *bias(a.bias, infer(a, inputs)))


def cost(a: DWConv, inputs: Inputs, output: TensorType) -> Cost:
    return Cost(macs=output.count * a.window[0] * a.window[1])


def arithmetic(a: DWConv, inputs: Inputs, output: TensorType) -> str:
    return window.arithmetic(a, inputs[0])


def reach(a: DWConv, inputs: Inputs, output: TensorType) -> Reach:
    return window.reach(a)


OP = Op(
    "DWCONV",
    DWConv,
    infer,
    kind="conv",
    summary="depthwise convolution: filters of its own for every channel",
    doc="""Each filter sees one channel: CONV with as many groups as channels (Sifre 2014; Howard and others 2017,
MobileNet). Channel d gives the channels d*times to d*times + times - 1 of the output. Size rule, pads and words are
CONV's. Weights are laid out N, 1, F, F with N = D*times. Parameters: (F*F + 1)*N; multiplications: F*F for each value
of the output. A CONV 1x1 behind it mixes the channels.""",
    examples=("DWCONV 3x3 pad 1 relu", "DWCONV 3 times 2 stride 2 same", "DWCONV 3x3 stride 2 pad 1 floor nobias"),
    check=window.check,
    params=params,
    cost=cost,
    arithmetic=arithmetic,
    reach=reach,
    void=window.void,
    fills=lambda a, inputs: window.fills(a, inputs[0]),
    lost=lambda a, inputs: window.lost(a, inputs[0]),
    takes_activation=True,
    reads=input_only,
)
