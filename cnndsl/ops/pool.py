"""POOL: the largest or the mean value of each window."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops import window
from cnndsl.ops.axis import Axis, Fit, Windows
from cnndsl.ops.spec import Change, Inputs, Op, Reach, Reject, TensorType, choice, option, size
from cnndsl.ops.window import FIT_DOC, FITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    mode: str = choice({"max": "max", "mean": "mean"}, doc="what a window gives")
    window: tuple[int, int] | None = size(ranks=(2,), default=None, doc="height x width of a window")
    reach: str = choice({"global": "global"}, default="window", doc="global: one window over the whole map")
    stride: tuple[int, int] | None = option(
        None, axes=2, minimum=1, doc="rows and columns from one window to the next; left out, the window's own size"
    )
    pad: tuple[int, int, int, int] = option(0, axes=4, doc="cells around the input: top, left, bottom, right")
    fit: Fit = choice(FITS, default="exact", doc=FIT_DOC)
    countpad: bool = choice({"countpad": True}, default=False, doc="mean: divide by padded cells too")

    def __post_init__(self) -> None:
        if self.stride is None and self.window is not None:
            object.__setattr__(self, "stride", self.window)


def check(a: Pool) -> None:
    """What is wrong whatever the input is. Raises Reject (E202, E207, E305)."""
    if a.countpad and a.mode != "mean":
        help = (Change("leave `countpad` out", {"countpad": ""}), Change("or use `mean`", {"mode": "mean"}))
        raise Reject("E207", "max divides by nothing; `countpad` belongs to `mean`", blame="countpad", help=help)
    if a.reach == "global":
        _check_global(a)
    elif a.window is None or a.stride is None:
        raise Reject(
            "E202",
            "needs a window",
            label="how large is the window?",
            help=(f"write `POOL {a.mode} 2`, or `POOL {a.mode} global` for the whole map",),
        )
    else:
        window.check(Windows(a.window, a.stride, a.pad, a.fit, follows=True))


def _check_global(a: Pool) -> None:
    """Raises Reject (E207) for arguments that one window over the whole map leaves nothing to say. `floor` and `ceil`
    are no contradiction: they may come from a `set`, and there is nothing to round."""
    given = [
        field
        for field, left_out in (("window", None), ("stride", None), ("pad", (0, 0, 0, 0)))
        if getattr(a, field) != left_out
    ]
    if not given:
        return
    if a.window is not None:
        said = "takes the whole map by `global`; a window cannot be given too"
        text = "leave the window out"
    else:
        said = f"has one window by `global`; `{given[0]}` has no meaning then"
        text = f"leave out {' and '.join(f'`{field}`' for field in given)}"
    raise Reject("E207", said, blame=given[0], help=(Change(text, dict.fromkeys(given, "")),))


def windows(a: Pool, x: TensorType) -> Windows:
    """The windows to slide; ``global`` takes the whole map as one. Raises Reject as `check`; E304."""
    window.reject_vector(x)
    check(a)
    if a.window is None or a.stride is None:
        return Windows((x.height, x.width), (x.height, x.width), a.pad, "exact")
    return Windows(a.window, a.stride, a.pad, a.fit, follows=True)


def axes(a: Pool, x: TensorType) -> tuple[Axis, Axis]:
    """Windows along height and width; what kernels read."""
    return window.axes(windows(a, x), x)


def infer(a: Pool, inputs: Inputs) -> TensorType:
    (x,) = inputs
    rows, columns = axes(a, x)
    return TensorType(rows.output, columns.output, x.depth)


def arithmetic(a: Pool, inputs: Inputs, output: TensorType) -> str:
    return window.arithmetic(windows(a, inputs[0]), inputs[0])


def fills(a: Pool, inputs: Inputs) -> bool:
    (x,) = inputs
    return window.fills(windows(a, x), x)


def lost(a: Pool, inputs: Inputs) -> tuple[int, int]:
    (x,) = inputs
    return window.lost(windows(a, x), x)


def reach(a: Pool, inputs: Inputs, output: TensorType) -> Reach:
    (x,) = inputs
    return window.reach(windows(a, x))


def reads(a: Pool) -> str:
    """The gradient of a maximum goes where the maximum was; that of a mean goes everywhere."""
    return "xy" if a.mode == "max" else ""


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
    reach=reach,
    void=window.void,
    fills=fills,
    lost=lost,
    reads=reads,
)
