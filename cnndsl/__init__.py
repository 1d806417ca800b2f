"""cnndsl: describe, check and train convolutional networks.

>>> import cnndsl
>>> network = cnndsl.loads("INPUT 7x7x3; CONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10")
>>> network.graph.parameter_count
146
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnndsl.version import __version__

if TYPE_CHECKING:
    from cnndsl.api import Network, check, compile, load, load_run, loads, resume, train
    from cnndsl.diagnostics import CnnError, Diagnostic
    from cnndsl.plugins import Plugin

__all__ = [
    "CnnError",
    "Diagnostic",
    "Network",
    "Plugin",
    "__version__",
    "check",
    "compile",
    "load",
    "load_run",
    "loads",
    "resume",
    "train",
]

_HOMES = {"CnnError": "diagnostics", "Diagnostic": "diagnostics", "Plugin": "plugins"}
_ROOMS = ("api", "diagnostics", "plugins")


def __getattr__(name: str) -> Any:
    """Fetched when it is asked for, so that the command line is there to be interrupted before the compiler is."""
    if name in _ROOMS:
        return import_module(f"cnndsl.{name}")
    if name in __all__:
        return getattr(import_module(f"cnndsl.{_HOMES.get(name, 'api')}"), name)
    raise AttributeError(f"module 'cnndsl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
