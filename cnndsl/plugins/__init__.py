"""The plugin door: everything that can be added to the compiler comes in through a `Plugin` record.

Our own layers, backends, losses and the rest do too (`cnndsl.builtin`). A package of someone else's names its record in
the entry point group ``cnndsl.plugins``::

    [project.entry-points."cnndsl.plugins"]
    sample = "cnndsl_sample:PLUGIN"

Kernels, backends and what trains are given as functions that fetch them, so that checking a file does not import NumPy.
"""

from cnndsl.plugins.found import load, survey
from cnndsl.plugins.record import GROUP, KernelTables, Plugin, PluginError
from cnndsl.plugins.registry import Registry, registry

__all__ = ["GROUP", "KernelTables", "Plugin", "PluginError", "Registry", "load", "registry", "survey"]
