"""A run's folder: weights, the program's text, metrics as JSON lines, and what the run was."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from cnndsl.backends.protocol import State
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.state import atomic, weights
from cnndsl.state.atomic import unwritable
from cnndsl.state.weights import WEIGHTS as WEIGHTS
from cnndsl.version import __version__

PROGRAM, METRICS, RUN = "program.cnn", "metrics.jsonl", "run.json"
ROOT = Path("runs")


class RunFolder:
    """The folder of one run, made by `create`.

    weights.safetensors   parameters and buffers, replaced at every save
    program.cnn           the canonical text of the program
    metrics.jsonl         a JSON object a line, readable while the run goes on
    run.json              versions, network, backend, seed, how the run ended and what it reached
    """

    def __init__(self, path: Path, network: str, program: str, metrics: TextIO):
        self.path = path
        self._network, self._program, self._metrics = network, program, metrics
        self._about: dict[str, Any] = {}

    @classmethod
    def create(cls, network: str, program: str, *, out: Path | None = None, root: Path = ROOT) -> RunFolder:
        """Makes the folder and writes the program's text.

        `out` is the folder itself; left out, it is the next free ``<network>-<n>`` in `root`. Raises CnnError: E806
        where `out` holds a run already, E803 where nothing can be written.
        """
        path = root / network if out is None else out
        try:
            path = _next(root, network) if out is None else _claim(out)
            atomic.write(path / PROGRAM, program.encode())
            metrics = (path / METRICS).open("x", encoding="utf-8")
        except OSError as error:
            raise unwritable(path, error) from error
        return cls(path, network, program, metrics)

    def save(self, state: State) -> None:
        """Replaces the weights, whole or not at all. Raises CnnError (E803)."""
        weights.save(self.path / WEIGHTS, state, network=self._network, program=self._program)

    def record(self, metrics: Mapping[str, Any]) -> None:
        """Adds a line of metrics and flushes it. Raises CnnError (E803)."""
        try:
            self._metrics.write(json.dumps(_plain(metrics), allow_nan=False) + "\n")
            self._metrics.flush()
        except OSError as error:
            raise unwritable(self.path / METRICS, error) from error

    def describe(self, **about: Any) -> None:
        """Adds to run.json and writes it: plain values by name. Raises CnnError (E803)."""
        self._about = {
            "format": 1,
            "cnndsl": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "network": self._network,
            **self._about,
            **about,
        }
        text = json.dumps(_plain(self._about), indent=2, allow_nan=False) + "\n"
        atomic.write(self.path / RUN, text.encode())

    def close(self) -> None:
        """Closes the metrics; the folder stays as it is."""
        self._metrics.close()


def _next(root: Path, network: str) -> Path:
    """Makes the next free folder; two runs that start at once get one each."""
    stem = re.sub(r"[^\w.-]+", "-", network).strip("-.") or "network"
    root.mkdir(parents=True, exist_ok=True)
    taken = [int(p.name[len(stem) + 1 :]) for p in root.iterdir() if re.fullmatch(rf"{re.escape(stem)}-[0-9]+", p.name)]
    number = max(taken, default=0) + 1
    while True:
        path = root / f"{stem}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def _claim(out: Path) -> Path:
    """A folder that was named: made if it is not there, refused if it is a run's."""
    held = [name for name in (WEIGHTS, PROGRAM, METRICS, RUN) if os.path.lexists(out / name)]
    if held:
        raise CnnError(
            Diagnostic(
                "E806",
                f"{out} holds a run already ({', '.join(held)})",
                help=("name another folder, or move that one away; leave `--out` out to get a fresh folder in runs/",),
            )
        )
    out.mkdir(parents=True, exist_ok=True)
    return out


def _plain(value: Any) -> Any:
    """The value as JSON can say it: numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
