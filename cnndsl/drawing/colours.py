"""Colours of layers by their kind, on light and on dark ground; letters on both are readable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Colour(NamedTuple):
    """Ground and edge of a box."""

    ground: str
    edge: str


LIGHT: Mapping[str, Colour] = {
    "input": Colour("#eef0f3", "#59636e"),
    "conv": Colour("#dcebff", "#1f6feb"),
    "pool": Colour("#ffe5d6", "#cc5a16"),
    "dense": Colour("#ecdfff", "#8250df"),
    "norm": Colour("#d8f5ee", "#0f8a72"),
    "activation": Colour("#fff3c4", "#9a6700"),
    "noise": Colour("#f3ead9", "#80673a"),
    "shape": Colour("#e8e6f0", "#6a6484"),
    "join": Colour("#ddf5d8", "#2c8a2c"),
}
DARK: Mapping[str, Colour] = {
    "input": Colour("#22272e", "#9198a1"),
    "conv": Colour("#12294a", "#4c94ff"),
    "pool": Colour("#43240f", "#f0883e"),
    "dense": Colour("#2f1f4f", "#b083f0"),
    "norm": Colour("#0d3a33", "#3fc7a8"),
    "activation": Colour("#3d3006", "#d4a72c"),
    "noise": Colour("#352b19", "#b99b62"),
    "shape": Colour("#2a2836", "#a8a1c8"),
    "join": Colour("#16371a", "#57c75c"),
}
OTHER = "shape"
"""Kind whose colours stand for one that is not known here."""


def known(kind: str) -> str:
    return kind if kind in LIGHT else OTHER
