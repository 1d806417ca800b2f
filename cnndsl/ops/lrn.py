"""LRN: local response normalization, over neighbouring channels."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import LARGEST_WINDOW
from cnndsl.ops.spec import Change, Op, Reject, input_only, number, option, same_type


@dataclass(frozen=True, slots=True, kw_only=True)
class LRN:
    channels: int = number(
        schema={"type": "integer", "minimum": 1, "maximum": LARGEST_WINDOW},
        doc="channels that are summed, an odd number: the channel itself stands in the middle",
    )
    alpha: float = option(
        1e-4, schema={"type": "number", "minimum": 0, "maximum": 1000}, doc="weight of the mean square"
    )
    beta: float = option(0.75, schema={"type": "number", "minimum": 0, "maximum": 10}, doc="the power divided by")
    k: float = option(
        1.0, schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1000}, doc="added to the mean square"
    )


def check(a: LRN) -> None:
    """Raises Reject (E204) for an even number of channels."""
    if a.channels % 2 == 0:
        near = [n for n in (a.channels - 1, a.channels + 1) if n <= LARGEST_WINDOW]
        raise Reject(
            "E204",
            f"needs an odd number of channels, found {a.channels}",
            blame="channels",
            label="has no middle",
            help=tuple(Change(f"write `LRN {n}`", {"channels": str(n)}) for n in near),
        )


OP = Op(
    "LRN",
    LRN,
    same_type,
    kind="norm",
    summary="each value divided by the strength of its neighbours in depth",
    doc="""y[d] = x[d] / (k + alpha/n * sum(x[c]**2))**beta, the sum over the n channels c around d at the same
position, fewer at the first and the last channels. Alpha is divided by n, also where fewer are summed, as Caffe and
PyTorch do it; Krizhevsky, Sutskever and Hinton 2012, section 3.3, do not divide it: their k = 2, n = 5, alpha = 1e-4 is
`LRN 5 alpha 5e-4 k 2`. No parameters.""",
    examples=("LRN 5", "LRN 5 alpha 5e-4 k 2", "LRN 3 beta 0.5"),
    check=check,
    reads=input_only,
)
