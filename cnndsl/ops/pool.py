"""POOL: the largest or the mean value of each window."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops import window
from cnndsl.ops.spec import Inputs, Op, Reject, TensorType, choice, option, size
from cnndsl.ops.window import Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    mode: str = choice({"max": "max", "mean": "mean"}, doc="what a window gives")
    window: tuple[int, int] | None = size(ranks=(2,), default=None, doc="height x width of a window")
    reach: str = choice({"global": "global"}, default="window", doc="global: one window over the whole map")
    stride: tuple[int, int] | None = option(
        None, axes=2, minimum=1, doc="rows and columns from one window to the next; left out, the window's own size"
    )
    pad: tuple[int, int, int, int] = option(0, axes=4, doc="cells around the input: top, left, bottom, right")
    fit: Fit = choice(
        {"floor": "floor", "ceil": "ceil", "same": "same"},
        default="exact",
        doc="rows that fill no window: an error, dropped (floor), hung over (ceil); same pads to ceil(W1/S)",
    )
    countpad: bool = choice({"countpad": True}, default=False, doc="mean: divide by padded cells too")

    def __post_init__(self) -> None:
        if self.stride is None and self.window is not None:
            object.__setattr__(self, "stride", self.window)


@dataclass(frozen=True, slots=True)
class Windows:
    """A pool's windows over an input of known size."""

    window: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int, int, int]
    fit: Fit
    dilate: tuple[int, int] = (1, 1)


def check(a: Pool) -> None:
    """What is wrong whatever the input is. Raises Reject (E202, E207, E305)."""
    if a.countpad and a.mode != "mean":
        raise Reject("E207", "max divides by nothing; `countpad` belongs to `mean`", blame="countpad")
    if a.reach == "global":
        if a.window is not None:
            raise Reject("E207", "takes the whole map by `global`; a window cannot be given too", blame="window")
        for field, default in (("stride", None), ("pad", (0, 0, 0, 0)), ("fit", "exact")):
            if getattr(a, field) != default:
                raise Reject("E207", f"has one window by `global`; `{field}` has no meaning then", blame=field)
    elif a.window is None or a.stride is None:
        raise Reject(
            "E202",
            "needs a window",
            label="how large is the window?",
            help=(f"write `POOL {a.mode} 2`, or `POOL {a.mode} global` for the whole map",),
        )
    else:
        window.check(Windows(a.window, a.stride, a.pad, a.fit))


def windows(a: Pool, x: TensorType) -> Windows:
    """The windows to slide; ``global`` takes the whole map as one. Raises Reject as `check`; E304."""
    window.reject_vector(x)
    check(a)
    if a.window is None or a.stride is None:
        return Windows((x.height, x.width), (x.height, x.width), a.pad, a.fit)
    return Windows(a.window, a.stride, a.pad, a.fit)


def axes(a: Pool, x: TensorType) -> tuple[window.Axis, window.Axis]:
    """Windows along height and width; what kernels read."""
    return window.axes(windows(a, x), x)


def infer(a: Pool, inputs: Inputs) -> TensorType:
    (x,) = inputs
    rows, columns = axes(a, x)
    return TensorType(rows.output, columns.output, x.depth)


def arithmetic(a: Pool, inputs: Inputs, output: TensorType) -> str:
    return window.arithmetic(windows(a, inputs[0]), inputs[0])


OP = Op(
    "POOL",
    Pool,
    infer,
    kind="pool",
    summary="pooling layer: each window becomes one value",
    doc="""Every channel by itself: `max` takes a window's largest value, `mean` the mean of its cells (the
tutorial's section 5.2). The stride is the window's own size unless it is given; the size rule is CONV's. A pad of
`max` is never the largest; among equal values the first in row order counts, so its gradient goes to one cell.
`mean` divides by the cells that are really there; with `countpad` also by the pad that was written, never by what
`ceil` lets hang over.""",
    examples=("POOL max 2", "POOL max 3 stride 2 pad 1", "POOL mean 3 stride 1 same", "POOL mean global"),
    check=check,
    arithmetic=arithmetic,
)
