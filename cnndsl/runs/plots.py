"""curves.png and confusion.png: pictures of a run for slides and papers, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from cnndsl.diagnostics import CnnError
from cnndsl.extras import extra
from cnndsl.runs.saved import Run
from cnndsl.state import atomic

CURVES, CONFUSION = "curves.png", "confusion.png"
NUMBERED = 20
"""Classes up to which every count stands in its cell, and every name at its side."""


def needed() -> None:
    """Raises CnnError (E813) where matplotlib is not there."""
    extra("matplotlib", "plot", "matplotlib", "drawing pictures")


def plot(run: Run) -> tuple[Path, ...]:
    """Draws a run's curves and, where its data are there and have labels, what is taken for what on the test part, into
    its folder. Raises CnnError: E813 without matplotlib, E803 where nothing can be written."""
    needed()
    written = []
    if run.history:
        written.append(_saved(_curves(run.history), run.folder / CURVES))
    try:
        found = run.evaluate()
    except CnnError:
        return tuple(written)
    if found.confusion is not None:
        names = found.names or tuple(map(str, range(len(found.confusion))))
        written.append(_saved(_confusion(found.confusion, names), run.folder / CONFUSION))
    return tuple(written)


def _figure(width: float, height: float) -> Any:
    """One that needs no display, whatever is set elsewhere."""
    figure = extra("matplotlib.figure", "plot", "matplotlib", "drawing pictures")
    return figure.Figure(figsize=(width, height), layout="constrained")


def _saved(figure: Any, path: Path) -> Path:
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=150)
    atomic.write(path, picture.getvalue())
    return path


def _curves(history: Sequence[Mapping[str, Any]]) -> Any:
    figure = _figure(9, 3.6)
    epochs = [line["epoch"] for line in history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for key, label in ((name, "training"), (f"validation_{name}", "validation")):
            values = [line.get(key) for line in history]
            if any(value is not None for value in values):
                axes.plot(epochs, [float("nan") if v is None else v for v in values], marker=".", label=label)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
    return figure


def _confusion(counts: Any, names: Sequence[str]) -> Any:
    side = min(12.0, 3 + 0.45 * len(counts))
    figure = _figure(side, side)
    axes = figure.subplots()
    shares = counts / counts.sum(axis=1, keepdims=True).clip(1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    names = [name.replace("$", r"\$") for name in names]  # what stands between two is a formula
    if len(counts) <= NUMBERED:
        axes.set_xticks(range(len(names)), names, rotation=60, ha="right")
        axes.set_yticks(range(len(names)), names)
        for i, row in enumerate(counts):
            for j, count in enumerate(row):
                if count:
                    axes.text(j, i, f"{count}", ha="center", va="center", color="w" if shares[i, j] > 0.5 else "k")
    return figure
