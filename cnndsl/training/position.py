"""Position: where a training stands, besides its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from cnndsl.schema import complaints
from cnndsl.training.score import Sums


@dataclass(frozen=True, slots=True)
class Position:
    """`epoch` epochs are done, and `step` steps of the next one, of which `sums` are the figures so far and `norms` the
    sums of gradient lengths by parameter. `cut` is whether that epoch was told as done all the same, because there
    were no steps left. `last` is what validation gave at the last end of an epoch, `best` what it gave in `best_epoch`.
    `seconds`: time spent."""

    epoch: int = 0
    step: int = 0
    sums: Sums = field(default_factory=Sums)
    norms: Mapping[str, float] = field(default_factory=dict)
    cut: bool = False
    last: Mapping[str, Any] = field(default_factory=dict)
    best_epoch: int | None = None
    best: Mapping[str, Any] | None = None
    seconds: float = 0.0

    @property
    def told(self) -> int:
        """How many epochs were told as done."""
        return self.epoch + self.cut

    def plain(self) -> dict[str, Any]:
        """As plain JSON values, from which `load` makes the same again: numbers keep all their digits."""
        return asdict(self)


_COUNT = {"type": "integer", "minimum": 0, "maximum": 2**63}
_NUMBERS = {"type": "object", "additionalProperties": {"type": "number"}}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "epoch": _COUNT,
        "step": _COUNT,
        "sums": {
            "type": "object",
            "properties": {
                "samples": _COUNT,
                "loss_sum": {"type": "number"},
                "losses": _NUMBERS,
                "right": {"type": "object", "additionalProperties": _COUNT},
            },
            "required": ["samples", "loss_sum", "losses", "right"],
            "additionalProperties": False,
        },
        "norms": _NUMBERS,
        "cut": {"type": "boolean"},
        "last": _NUMBERS,
        "best_epoch": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**63},
        "best": {**_NUMBERS, "type": ["object", "null"]},
        "seconds": {"type": "number", "minimum": 0},
    },
    "required": ["epoch", "step", "sums", "norms", "cut", "last", "best_epoch", "best", "seconds"],
    "additionalProperties": False,
}
"""JSON Schema of `Position.plain`."""


def load(plain: Any) -> Position:
    """The position of plain JSON values. Raises ValueError, naming what is wrong."""
    for complaint in complaints(SCHEMA, plain):
        raise ValueError(f"{'.'.join(map(str, complaint.path)) or 'position'} {complaint.text}")
    sums = plain["sums"]
    counts = (plain["epoch"], plain["step"], plain["best_epoch"] or 0, sums["samples"], *sums["right"].values())
    if not all(isinstance(count, int) for count in counts):  # JSON Schema takes 1.0 for a whole number
        raise ValueError("a count is no whole number")
    figures = (sums["loss_sum"], plain["seconds"], *sums["losses"].values(), *plain["norms"].values())
    if not all(map(_finite, (*figures, *plain["last"].values(), *(plain["best"] or {}).values()))):
        raise ValueError("a number is not finite")
    return Position(**{**plain, "sums": Sums(**sums)})


def _finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:
        return False
