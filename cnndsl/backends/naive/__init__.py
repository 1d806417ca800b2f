"""The definition of every layer: loops that read like the tutorial's formulas. What is fast is compared with this.

One file a layer; they are found by looking into this folder. Shapes are given without the samples' axis where a
formula is about one sample.
"""

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
