"""Our own plugin, written as an outsider would write it. Layers and kernels are found by looking into their
folders; what trains is fetched when it is asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import cnndsl.ops
from cnndsl.interchange.torch import module
from cnndsl.ops.spec import Op
from cnndsl.plugins.record import KernelTables, Plugin
from cnndsl.recipe import data, losses, optimizers, pixels
from cnndsl.recipe.spec import Key

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend


def _layers() -> tuple[Op, ...]:
    modules = (import_module(f"cnndsl.ops.{found.name}") for found in iter_modules(cnndsl.ops.__path__))
    return tuple(module.OP for module in modules if hasattr(module, "OP"))


def _kernels() -> KernelTables:
    from cnndsl.backends import naive, vectorized
    from cnndsl.backends.table import kernels_in

    return {"naive": kernels_in(naive), "vectorized": kernels_in(vectorized)}


def _naive(tables: KernelTables) -> Backend:
    from cnndsl.backends.table import TableBackend

    return TableBackend("naive", tables["naive"])


def _vectorized(tables: KernelTables) -> Backend:
    from cnndsl.backends.table import TableBackend
    from cnndsl.backends.vectorized.fused import kernel
    from cnndsl.backends.vectorized.need import workspace

    return TableBackend("vectorized", tables["vectorized"], fallback=tables["naive"], fused=kernel, need=workspace)


def _entries(key: Key) -> tuple[Any, ...]:
    """The entries of a key of ours, with their makers."""
    return tuple(replace(entry, make=partial(_made, key.name, entry.word)) for entry in key.entries)


def _made(key: str, word: str, attrs: Any) -> Any:
    from cnndsl.training.makers import MAKERS

    return MAKERS[key][word](attrs)


PLUGIN = Plugin(
    name="cnndsl",
    layers=_layers(),
    kernels=_kernels,
    backends={"naive": _naive, "vectorized": _vectorized},
    data=_entries(data.KEY),
    losses=_entries(losses.LOSS),
    optimizers=_entries(optimizers.OPTIMIZER),
    schedules=_entries(optimizers.SCHEDULE),
    augmentations=_entries(pixels.AUGMENT),
    metrics=_entries(losses.METRIC),
    formats=(module.FORMAT,),
)
