"""Plugin: the record of what a package adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnndsl.interchange.spec import Format
from cnndsl.ops.spec import Op
from cnndsl.passes.run import Pass
from cnndsl.recipe.data import DataSet
from cnndsl.recipe.spec import Entry

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend, Kernel

GROUP = "cnndsl.plugins"
"""The entry point group that packages name their records in."""

KernelTables = Mapping[str, Mapping[str, "Kernel"]]
"""Backend name -> layer keyword -> kernel."""


class PluginError(Exception):
    """A plugin is not what it should be. Says which one, which of its definitions, and what is wrong."""


def _no_kernels() -> KernelTables:
    return {}


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a package adds. Nothing in it may stand for something that is there already.

    `layers` are Op records. `kernels()` gives kernels for backends that take a table: of a new layer at least one for
    ``naive``, which defines it; of any layer one for a backend that has none. `backends` maps a name to a function that
    makes the backend from the kernels of the registry. `passes` run outside training, before steps are fused, and
    change no output.

    `data`, `losses`, `optimizers`, `schedules`, `augmentations` and `metrics` are what the keys of the train block may
    say, each with its `make`: see `cnndsl.recipe.spec.Entry`. `formats` are what `cnndsl export` writes.
    """

    name: str
    layers: tuple[Op, ...] = ()
    kernels: Callable[[], KernelTables] = _no_kernels
    backends: Mapping[str, Callable[[KernelTables], Backend]] = field(default_factory=dict)
    passes: tuple[Pass, ...] = ()
    data: tuple[DataSet, ...] = ()
    losses: tuple[Entry, ...] = ()
    optimizers: tuple[Entry, ...] = ()
    schedules: tuple[Entry, ...] = ()
    augmentations: tuple[Entry, ...] = ()
    metrics: tuple[Entry, ...] = ()
    formats: tuple[Format, ...] = ()

    def entries(self) -> Iterator[Entry]:
        """All that it adds to the train block."""
        for field_name in KEYS:
            yield from getattr(self, field_name)


KEYS = {
    "data": "data",
    "losses": "loss",
    "optimizers": "optimizer",
    "schedules": "schedule",
    "augmentations": "augment",
    "metrics": "metric",
}
"""A Plugin's field, and the key of the train block that its entries belong to."""
