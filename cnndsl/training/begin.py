"""The parameters that a training begins with: drawn, or some or all of them from a file."""

from __future__ import annotations

from pathlib import Path

from cnndsl.backends.protocol import Array
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph
from cnndsl.recipe.spec import Recipe
from cnndsl.state import weights


def begin(
    graph: Graph, recipe: Recipe, base: Path, drawn: dict[str, Array]
) -> tuple[dict[str, Array], tuple[Diagnostic, ...]]:
    """Parameters and buffers by full name, from those that were `drawn`; with warnings.

    Without `weights` in the recipe they stay. With it they are those of the file, by name: all of them, or with
    `partial` those that fit, the others drawn; a warning (W702) says then how many did not. `base` is the folder that
    the file's path is relative to. A run's folder is its weights. Raises CnnError: E805 for a file that cannot be
    opened, E701 for one that is damaged, E702 for the weights of another network, or where with `partial` none fits.
    """
    if recipe.weights is None:
        return drawn, ()
    said = recipe.weights.attrs
    path = base / said.file
    path = path / weights.WEIGHTS if path.is_dir() else path
    found = weights.load(path)
    dtype = next((array.dtype.name for array in drawn.values()), "float32")
    if not said.partial:
        return weights.fitted(graph, found, path, dtype), ()
    fits = {name: a.astype(dtype) for name, a in found.state.items() if name in drawn and a.shape == drawn[name].shape}
    if not fits:
        names = ", ".join(list(found.state)[: weights.SHOWN]) or "none"
        message = f"{path}: none of its {len(found.state)} arrays fits the network by name and shape"
        raise CnnError(Diagnostic("E702", message, recipe.weights.span, notes=(f"the file has {names}",)))
    left = [name for name in drawn if name not in fits]
    if not left:
        return {**drawn, **fits}, ()
    message = f"{path}: {len(fits)} of the network's {len(drawn)} arrays are in the file; the others start anew"
    more = f" and {len(left) - weights.SHOWN} more" * (len(left) > weights.SHOWN)
    notes = (f"anew: {', '.join(left[: weights.SHOWN])}{more}",)
    return {**drawn, **fits}, (Diagnostic("W702", message, recipe.weights.span, notes=notes),)
