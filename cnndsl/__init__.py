"""cnndsl: describe, check and train convolutional networks.

>>> import cnndsl
>>> network = cnndsl.loads("INPUT 7x7x3; CONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10")
>>> network.graph.parameter_count
146
"""

from cnndsl.api import Network, check, compile, load, loads, train
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.plugins import Plugin

__version__ = "0.1.0"

__all__ = ["CnnError", "Diagnostic", "Network", "Plugin", "check", "compile", "load", "loads", "train"]
