"""Layers that split the depth into groups: the groups must divide it."""

from __future__ import annotations

from math import isqrt

from cnndsl.ir.types import Change, Reject, TensorType


def check_groups(keyword: str, field: str, groups: int, x: TensorType, useful: range) -> None:
    """Raises Reject (E306) where the groups do not divide the depth; its ways out are the nearest numbers of `useful`
    that do."""
    if x.depth % groups == 0:
        return
    right = [g for g in divisors(x.depth) if g in useful]
    near = [*[g for g in right if g < groups][-1:], *[g for g in right if g > groups][:1]]
    raise Reject(
        "E306",
        f"{groups} does not divide the input's depth {x.depth}",
        blame=field,
        label=f"must divide {x.depth}",
        help=tuple(Change(f"write `{keyword} {g}`", {field: str(g)}) for g in near)
        or (f"no number of groups suits a depth of {x.depth}: leave the layer out, or give its input another depth",),
    )


def divisors(n: int) -> list[int]:
    """All numbers that divide n, the smallest first."""
    small = [k for k in range(1, isqrt(n) + 1) if n % k == 0]
    return sorted({*small, *(n // k for k in small)})
