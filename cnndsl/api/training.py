"""Networks trained from Python: train, resume."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cnndsl.api.compiling import network_of, trainer
from cnndsl.api.given import Setting, folder_of, settings_of
from cnndsl.api.programs import Network
from cnndsl.api.runs import run_folder, take_up
from cnndsl.diagnostics import CnnError, Diagnostic

if TYPE_CHECKING:
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.result import Trained
    from cnndsl.training.events import Event
    from cnndsl.training.trainer import Trainer


def train(
    network: Network | str,
    *,
    backend: str | None = None,
    out: str | os.PathLike[str] | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Trained:
    """Trains a network by its `train` block, and gives the trained model with what was measured on the way.

    `network` is a Network or a program's text. With `out`, a folder is made there with weights, program and metrics.
    `on_event` is called with every event of the training (`cnndsl.training.events`). Raises CnnError as `trainer`, and
    E804 where the loss is no longer a number.
    """
    network = network_of(network)
    _check_listener(on_event)
    place = folder_of(out, "out")
    teacher = trainer(network, backend=backend)
    return _trained(network, teacher, None if place is None else run_folder(network, teacher, place), on_event)


def resume(
    folder: str | os.PathLike[str],
    *,
    backend: str | None = None,
    data: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Setting] | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Trained:
    """Goes on with a run from its last checkpoint to its end, as if it had never stopped; as `train`, and `take_up`.
    `settings` are what its train block says otherwise from here on, as of `load`: ``{"epochs": 20}``."""
    _check_listener(on_event)
    return _trained(*take_up(folder, backend=backend, data=data, settings=settings_of(settings)), on_event)


def _check_listener(on_event: object) -> None:
    if on_event is not None and not callable(on_event):
        message = f"`on_event` is a function that takes an event, found {type(on_event).__name__}"
        raise CnnError(Diagnostic("E806", message))


def _trained(
    network: Network, teacher: Trainer, folder: RunFolder | None, on_event: Callable[[Event], object] | None
) -> Trained:
    from cnndsl.backends.protocol import Options
    from cnndsl.runs.result import Trained, follow
    from cnndsl.training.model import Model

    history, finished = follow(teacher, folder, on_event)
    options = Options(seed=network.recipe.seed, passes=network.registry.passes)
    model = Model(teacher.backend.compile(network.graph, options), teacher.weights())
    return Trained(model, history, finished, folder.path if folder is not None else None)
