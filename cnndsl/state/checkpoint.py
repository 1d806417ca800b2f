"""Checkpoint: everything that a training needs to go on as if it had never stopped, in one file.

The file is safetensors: parameters and buffers under their full names, the optimizer's arrays as
``conv1.weight/velocity``, averages as ``average/conv1.weight``. Where the training stands is JSON in the metadata.
Nothing in it depends on the backend.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from cnndsl.backends.protocol import State
from cnndsl.state import weights
from cnndsl.state.weights import damaged

AVERAGE = "average/"
POSITION = "cnndsl_position"
LONGEST = 1 << 20
"""How many characters the position may have."""
SHOWN = 40
"""How many digits a whole number has at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """`state`: parameters and buffers. `slots`: the optimizer's arrays. `averages`: averaged parameters. `position`:
    plain JSON values."""

    state: State
    slots: State
    averages: State
    position: Mapping[str, Any]


def save(path: Path, found: Checkpoint, *, network: str, program: str) -> None:
    """Writes a checkpoint, whole or not at all. Raises CnnError (E803)."""
    averages = {AVERAGE + name: array for name, array in found.averages.items()}
    more = {POSITION: json.dumps(found.position, allow_nan=False)}
    weights.save(path, {**found.state, **found.slots, **averages}, network=network, program=program, more=more)


def load(path: Path) -> Checkpoint:
    """Reads a checkpoint. Raises CnnError: E805 for a file that cannot be opened, E701 for one that is damaged, or
    holds weights alone."""
    found = weights.load(path)
    text = found.metadata.get(POSITION)
    if text is None:
        raise damaged(path, "holds weights alone, and nothing to go on from", "name the run's folder")
    if len(text) > LONGEST:
        raise damaged(path, "says too much about where the training stands")
    try:
        position = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"does not say where the training stands ({error})") from error
    averages = {name.removeprefix(AVERAGE): array for name, array in found.more.items() if name.startswith(AVERAGE)}
    slots = {name: array for name, array in found.more.items() if not name.startswith(AVERAGE)}
    return Checkpoint(found.state, slots, averages, position)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _finite(digits: str) -> float:
    found = float(digits)
    return found if isfinite(found) else _refuse(digits[:SHOWN])


def _fitting(digits: str) -> int:
    return int(digits) if len(digits) < SHOWN else _refuse(f"{digits[:SHOWN]}...")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, parse_int=_fitting, object_pairs_hook=_once)
"""JSON of numbers that are finite and names that are given once."""
