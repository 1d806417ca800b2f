"""PAD: zeros around the map, or zero channels before and after its own."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops import window
from cnndsl.ops.spec import Inputs, Op, Reject, TensorType, neither, option, size


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    pad: tuple[int, int, int, int] = size(
        axes=4, minimum=0, default=0, doc="rows and columns of zeros around: top, left, bottom, right"
    )
    depth: tuple[int, int] = option(0, axes=2, doc="channels of zeros: one number for both sides, or before x after")


def check(a: Pad) -> None:
    """Raises Reject (E202) where there is nothing to add."""
    if not any(a.pad) and not any(a.depth):
        raise Reject(
            "E202",
            "needs a size or a depth above 0",
            blame="pad",
            label="how much?",
            help=("write `PAD 1` for rows and columns around, `PAD depth 8x8` for channels before and after",),
        )


def infer(a: Pad, inputs: Inputs) -> TensorType:
    (x,) = inputs
    top, left, bottom, right = a.pad
    if any(a.pad):
        window.reject_vector(x)
    return TensorType(x.height + top + bottom, x.width + left + right, x.depth + sum(a.depth), x.flat)


def arithmetic(a: Pad, inputs: Inputs, output: TensorType) -> str:
    """What is added to what, for each axis that grows; once where height and width agree."""
    (x,) = inputs
    top, left, bottom, right = a.pad
    height, width = (
        f"{n} + {f'2*{p}' if p == q else f'({p} + {q})'} = {n + p + q}" if p or q else ""
        for n, p, q in ((x.height, top, bottom), (x.width, left, right))
    )
    before, after = a.depth
    depth = f"D: {x.depth} + {before} + {after} = {output.depth}" if any(a.depth) else ""
    spatial = [height] if height == width else [height and f"H: {height}", width and f"W: {width}"]
    return "; ".join(part for part in (*spatial, depth) if part)


OP = Op(
    "PAD",
    Pad,
    infer,
    kind="shape",
    summary="zeros around the map, or zero channels before and after",
    doc="""`PAD 1` puts a row or column of zeros on each side, `PAD 1x2` height x width, `PAD 1x2x1x3` top, left, bottom
and right; a side may have none. `PAD depth 8x8` puts channels of zeros before and after the others: the shortcut of
the residual networks for small pictures (He and others 2015), which has no parameters. On a vector only the depth can
grow. A CONV pads by itself, with `pad`.""",
    examples=("PAD 1", "PAD 0x1x0x1", "PAD depth 8x8", "PAD 1x2 depth 4"),
    check=check,
    arithmetic=arithmetic,
    reads=neither,
)
