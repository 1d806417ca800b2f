"""cnndsl: describe, check and train convolutional networks.

>>> import cnndsl
>>> network = cnndsl.loads("INPUT 7x7x3; CONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10")
>>> network.graph.parameter_count
146
"""

from cnndsl.api import Network, check, compile, load, loads, train
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.plugins import Plugin
from cnndsl.version import __version__

__all__ = [
    "CnnError",
    "Diagnostic",
    "Network",
    "Plugin",
    "__version__",
    "check",
    "compile",
    "load",
    "loads",
    "train",
]
