"""What a trace is told in: cells, grids of numbers, and the terms of a sum."""

from __future__ import annotations

from dataclasses import dataclass

Cell = tuple[int, ...]
"""Row, column, channel, as sizes are written; one number for a vector."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers in rows, under a title. None stands for a cell of the pad."""

    title: str
    rows: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """weight * value, with the cell that the value is from; None for one of the pad."""

    weight: float
    value: float
    source: str | None

    @property
    def product(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Origin:
    """What a cell came from. `rule` says it in letters; where it is a sum, of `terms` and a `bias`, they add up to the
    value. `grids` are windows, each with its filter after it. `notes` say what is no sum."""

    rule: str
    grids: tuple[Grid, ...] = ()
    terms: tuple[Term, ...] = ()
    bias: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Back:
    """The part of a cell's error term that comes through one layer: `terms` are its weights times error terms. `grids`
    are the maps of error terms that the cell lies under, each with its filter after it."""

    layer: str
    rule: str
    terms: tuple[Term, ...]
    grids: tuple[Grid, ...] = ()

    @property
    def total(self) -> float:
        return sum(term.product for term in self.terms)


def named(node: str, cell: Cell) -> str:
    """conv1[0,0,1]"""
    return f"{node}[{','.join(map(str, cell))}]"


def index(cell: Cell) -> tuple[int, ...]:
    """Where a cell lies in an array 1, D, H, W or 1, N."""
    return (0, cell[0]) if len(cell) == 1 else (0, cell[2], cell[0], cell[1])


def cell_at(place: tuple[int, ...]) -> Cell:
    """The cell of a place in an array 1, D, H, W or 1, N."""
    return (place[1],) if len(place) == 2 else (place[2], place[3], place[1])
