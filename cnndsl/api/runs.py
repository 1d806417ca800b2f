"""Runs: the folder that a training leaves, taken up again or asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cnndsl.api import compiling
from cnndsl.api.compiling import backend_name, no_data, sized, trainer
from cnndsl.api.given import folder_of
from cnndsl.api.programs import Network, network, read_file
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.lang.lower import Choices
from cnndsl.plugins import Registry
from cnndsl.recipe.compare import said
from cnndsl.recipe.spec import Recipe
from cnndsl.source import Source

if TYPE_CHECKING:
    from cnndsl.data.dataset import Dataset
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.saved import Run
    from cnndsl.training.trainer import Trainer


def run_folder(ready: Network, teacher: Trainer, out: Path | None = None) -> RunFolder:
    """A fresh folder for a training: `out`, or the next free one in runs/. Raises CnnError (E803, E806)."""
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.identity import identity

    about = {
        "base": str(ready.base),
        "data_folder": None if ready.data is None else str(ready.data.resolve()),
        "data": identity(teacher.dataset),
        "backend": teacher.backend.name,
    }
    return RunFolder.create(ready.name, ready.text, out=out, about=about)


def saved(
    folder: Path,
    data: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
    settings: tuple[Source, ...] = (),
) -> Network:
    """The network of a run's folder, with paths in it relative to where the run began, and `settings` as in Choices.
    Raises CnnError: E806 for a folder that is no run, and all that is wrong with its program."""
    from cnndsl.runs.saved import about

    told, _ = about(folder)
    known = told.get("base"), told.get("data_folder"), told.get("network")
    base, before, name = (value if isinstance(value, str) and _is_path(value) else None for value in known)
    at = Path(base) if base is not None else folder
    path = at / f"{Path(name).name if name else 'network'}.cnn"
    chosen = Choices(settings=settings)
    return network(read_file(folder / "program.cnn"), chosen, path, data if data is not None else before, registry)


def _is_path(text: str) -> bool:
    """Whether a text may name a file at all."""
    try:
        return bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def take_up(
    folder: str | os.PathLike[str],
    *,
    backend: str | None = None,
    data: str | os.PathLike[str] | None = None,
    registry: Registry | None = None,
    settings: tuple[Source, ...] = (),
) -> tuple[Network, Trainer, RunFolder]:
    """A run that ended early, or was given more to do, ready to go on from its last checkpoint.

    `backend` is the one that it began on where left out, `data` where to look for its data set, `settings` what its
    train block says otherwise from here on, as in Choices. Raises CnnError as
    `trainer`, and: E806 for a folder that is no run or that another process writes to, E701 or E702 where no checkpoint
    can be read or fits, E605 where the data are others.
    """
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.identity import check
    from cnndsl.runs.saved import about

    place = folder_of(folder, "folder")
    if place is None:
        raise CnnError(Diagnostic("E806", "a run is taken up again from the path of its folder"))
    ready = saved(place, data, registry, settings)
    if settings:
        _check_same(saved(place, data, registry).recipe, ready.recipe)
    told, _ = about(place)
    before = told.get("backend")
    teacher = trainer(ready, backend=backend or (before if isinstance(before, str) else None))
    check(teacher.dataset, told)
    reopened = RunFolder.reopen(place, ready.name, ready.text)
    try:
        found, warnings = reopened.checkpoint()
        if found is not None:
            teacher.resume(found, warnings)
        reopened.go_on(teacher.done, teacher.position.told)
    except BaseException:
        reopened.close()
        raise
    return ready, teacher, reopened


KEPT = ("data", "split", "seed")
"""What a run keeps to its end: which samples are trained on, and which are not."""


def _check_same(before: Recipe, after: Recipe) -> None:
    """Raises CnnError (E806) where a run that is taken up again would train on what it validated on before."""
    for key in KEPT:
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            help = ("begin a new run, with `weights` to start from this one's",)
            message = f"a run keeps its `{key}` to the end: it began with {said(old)}"
            raise CnnError(Diagnostic("E806", message, after.spans.get(key), help=help))


def load_run(
    folder: str | os.PathLike[str],
    *,
    backend: str | None = None,
    data: str | os.PathLike[str] | None = None,
    weights: str = "last",
    registry: Registry | None = None,
) -> Run:
    """The run in a folder that `cnndsl run` or `train` left: its model with the weights that were saved, what was
    measured on the way, and its data, to evaluate it on.

    `weights` are the ``last`` ones, or those of the ``best`` epoch, which `save best` keeps. `backend` is the one of
    its train block where left out: a run may go on on another one. `data` is where to look for its data set; files of
    one's own are looked for from where the run began. Raises CnnError: E806 for a folder that is no run, or that has no
    best weights, E805, E701, E702 for weights that cannot be read, are damaged or another network's, and all that is
    wrong with its program."""
    from cnndsl.data import sets
    from cnndsl.runs.saved import Run, about, weights_file

    place = folder_of(folder, "folder")
    if place is None:
        raise CnnError(Diagnostic("E806", "a run is loaded from the path of its folder"))
    told, history = about(place)
    network = saved(place, data, registry)
    recipe = network.recipe
    model = compiling.compile(network, backend=backend or recipe.backend).load(weights_file(place, weights))
    runner = network.registry.backend(backend_name(backend or recipe.backend))

    def dataset() -> Dataset:
        if recipe.data is None:
            raise CnnError(no_data(network))
        return sets.load(recipe.data, network.base, network.data, sized(network))

    return Run(place, model, recipe, told, history, dataset, runner)
