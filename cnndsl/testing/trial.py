"""What the kit is made of: sections of trials, each of which measures how far off it is, or finds a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.testing.subject import Subject


class Fault(Exception):  # noqa: N818 - what it is called
    """The backend does not do what it should. Says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing to try. `run` gives the largest difference it saw, as a share of the one allowed, or raises Fault."""

    what: str
    run: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Section:
    """Trials with one thought behind them. `doc` says what must hold, and how closely; `needs` is a package they
    cannot do without."""

    name: str
    doc: str
    trials: Callable[[Subject], Iterator[Trial]]
    needs: str = ""


def close(what: str, found: Array | None, expected: Array, *, rtol: float, atol: float) -> float:
    """The largest |found - expected| / (atol + rtol*|expected|). Raises Fault where that is above 1, naming the cell,
    and where there is nothing, another shape, or not a number that is not expected."""
    if found is None:
        raise Fault(f"{what}: there is none")
    if not isinstance(found, np.ndarray):
        raise Fault(f"{what} is a {type(found).__name__}, not an array")
    if found.shape != expected.shape:
        raise Fault(f"{what} has shape {found.shape}, expected {expected.shape}")
    if not expected.size:
        return 0.0
    difference = np.abs(found.astype(np.float64) - expected) / (atol + rtol * np.abs(expected))
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(difference), np.inf, difference))), difference.shape)
    share = float(difference[worst])
    if not share <= 1:
        at = ", ".join(map(str, worst))
        raise Fault(f"{what}[{at}] is {found[worst]:.9g}, expected {expected[worst]:.9g}")
    return share


def same_names(what: str, found: object, expected: object) -> None:
    """Raises Fault where two sets of names differ."""
    have, want = set(found), set(expected)  # type: ignore[call-overload]
    if have != want:
        parts = [f"lacks {', '.join(sorted(want - have))}"] * bool(want - have)
        parts += [f"has {', '.join(sorted(have - want))} too much"] * bool(have - want)
        raise Fault(f"{what}: {'; '.join(parts)}")


def same_bits(what: str, found: Array, expected: Array) -> None:
    """Raises Fault where two arrays are not equal bit by bit."""
    if found.dtype != expected.dtype or found.shape != expected.shape or found.tobytes() != expected.tobytes():
        raise Fault(f"{what}: other bits than before")
