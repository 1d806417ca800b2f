"""UPSAMPLE: a finer map, by repeating or by interpolating."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnndsl.ops import window
from cnndsl.ops.spec import Inputs, Op, Reach, TensorType, choice, neither, size


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsample:
    factor: tuple[int, int] = size(ranks=(2,), doc="how many rows x columns become of one")
    method: str = choice(
        {"nearest": "nearest", "bilinear": "bilinear"},
        default="nearest",
        doc="`nearest` (the default) repeats cells, `bilinear` interpolates between the nearest two of each axis",
    )


def infer(a: Upsample, inputs: Inputs) -> TensorType:
    (x,) = inputs
    window.reject_vector(x)
    return TensorType(x.height * a.factor[0], x.width * a.factor[1], x.depth)


def arithmetic(a: Upsample, inputs: Inputs, output: TensorType) -> str:
    (x,) = inputs
    height, width = f"{x.height}*{a.factor[0]} = {output.height}", f"{x.width}*{a.factor[1]} = {output.width}"
    return height if height == width else f"H: {height}; W: {width}"


def reach(a: Upsample, inputs: Inputs, output: TensorType) -> Reach:
    """`bilinear` looks at two cells along an axis that grows."""
    height, width = (2 if a.method == "bilinear" and k > 1 else 1 for k in a.factor)
    return Reach((height, width), (Fraction(1, a.factor[0]), Fraction(1, a.factor[1])))


OP = Op(
    "UPSAMPLE",
    Upsample,
    infer,
    kind="shape",
    summary="k times as many rows and columns",
    doc="""Every channel by itself, k*H x k*W from H x W. `nearest` repeats each cell. `bilinear` takes the cells as
points in the middle of squares: row i of the output lies at (i + 1/2)/k - 1/2 of the input, between two rows, and is
their mean weighted by nearness; beyond the outermost rows it is the outermost one (half-pixel centres, corners not
aligned). No parameters and no multiplications that are counted.""",
    examples=("UPSAMPLE 2", "UPSAMPLE 2x3 bilinear"),
    arithmetic=arithmetic,
    reach=reach,
    reads=neither,
)
