"""RESHAPE: the same values as a map of another size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt

from cnndsl.arguments import LARGEST_COUNT
from cnndsl.ops.spec import Change, Inputs, Op, Reject, TensorType, neither, size, whole_map
from cnndsl.ops.window import as_map


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshape:
    size: tuple[int, int, int] = size(ranks=(3,), maximum=LARGEST_COUNT, doc="height x width x depth of the output")


def infer(a: Reshape, inputs: Inputs) -> TensorType:
    (x,) = inputs
    y = TensorType(*a.size)
    if y.count != x.count:
        raise Reject(
            "E309",
            f"to {y} needs {y.count} values, and its input has {x.count}",
            blame="size",
            label=f"must have {x.count} values",
            notes=tuple(f"{t.height}*{t.width}*{t.depth} = {t.count}" for t in (y, x) if not t.flat),
            help=tuple(_sizes(y, x.count)),
        )
    return y


def _sizes(y: TensorType, count: int) -> Iterator[Change]:
    """A size of so many values: with the height and width written, else a square with the depth written, else any."""
    side = isqrt(count // y.depth)
    if count % (y.height * y.width) == 0:
        found = f"{y.height}x{y.width}x{count // (y.height * y.width)}"
    elif side and side * side * y.depth == count:
        found = f"{side}x{side}x{y.depth}"
    else:
        found = as_map(count)
    yield Change(f"use `RESHAPE {found}`", {"size": found})


def arithmetic(a: Reshape, inputs: Inputs, output: TensorType) -> str:
    return f"{output.height}*{output.width}*{output.depth} = {output.count}"


OP = Op(
    "RESHAPE",
    Reshape,
    infer,
    kind="shape",
    summary="the same values as a map of another size",
    doc="""Makes a vector a map again, or gives a map another size. Values keep their order, first the depth, then rows,
then columns, so it undoes FLATTEN; their number must stay the same. No parameters.""",
    examples=("RESHAPE 16x4x3", "FC 64 -> RESHAPE 4x4x4"),
    arithmetic=arithmetic,
    reach=whole_map,
    regardless=lambda a: TensorType(*a.size),
    reads=neither,
    hands_on="all",
)
