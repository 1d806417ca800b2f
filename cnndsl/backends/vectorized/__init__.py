"""NumPy kernels without a loop over pixels or channels. One file a layer; they are found by looking into this folder."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from cnndsl.backends.protocol import Kernel


def kernels() -> Mapping[str, Kernel]:
    """Layer keyword to kernel."""
    found: dict[str, Kernel] = {}
    for entry in iter_modules(__path__):
        found.update(getattr(import_module(f"{__name__}.{entry.name}"), "KERNELS", {}))
    return found
