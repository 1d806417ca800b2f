"""Our own plugin, written as an outsider would write it. Layers and kernels are found by looking into their folders."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import cnndsl.ops
from cnndsl.ops.spec import Op
from cnndsl.plugins import KernelTables, Plugin

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

    return TableBackend("vectorized", tables["vectorized"], fallback=tables["naive"], fused=kernel)


PLUGIN = Plugin(
    name="cnndsl", layers=_layers(), kernels=_kernels, backends={"naive": _naive, "vectorized": _vectorized}
)
