"""The plugin door: everything that can be added to the compiler comes in through a `Plugin` record.

Our own layers and backends do too (`cnndsl.builtin`). A package of someone else's names its record in the entry point
group ``cnndsl.plugins``::

    [project.entry-points."cnndsl.plugins"]
    sample = "cnndsl_sample:PLUGIN"

Kernels and backends are given as functions that fetch them, so that checking a file does not import NumPy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from cnndsl.arguments import arguments
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ops.spec import Op

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend, Kernel

GROUP = "cnndsl.plugins"

KernelTables = Mapping[str, Mapping[str, "Kernel"]]
"""Backend name -> layer keyword -> kernel."""


def _no_kernels() -> KernelTables:
    return {}


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a package adds.

    `layers` are Op records. `kernels()` gives their kernels for backends that take a table: at least ``naive``.
    `backends` maps a name to a function that makes the backend from the kernels of the registry.
    """

    name: str
    layers: tuple[Op, ...] = ()
    kernels: Callable[[], KernelTables] = _no_kernels
    backends: Mapping[str, Callable[[KernelTables], Backend]] = field(default_factory=dict)


class PluginError(Exception):
    """A plugin's record is not what it should be. Names the plugin and the definition."""


@dataclass(frozen=True)
class Registry:
    """Everything that came in through the door; build one with `registry`, several can live side by side."""

    plugins: tuple[Plugin, ...]
    layers: Mapping[str, Op]

    @property
    def backends(self) -> Mapping[str, Callable[[KernelTables], Backend]]:
        return {name: make for plugin in self.plugins for name, make in plugin.backends.items()}

    def kernel_tables(self) -> dict[str, dict[str, Kernel]]:
        """All kernels of all plugins, by backend and keyword. Imports NumPy."""
        tables: dict[str, dict[str, Kernel]] = {}
        for plugin in self.plugins:
            for backend, kernels in _fetched(plugin).items():
                table = tables.setdefault(backend, {})
                for keyword, kernel in kernels.items():
                    if keyword in table:
                        raise PluginError(f"plugin {plugin.name}: a {backend} kernel for {keyword} is already there")
                    table[keyword] = kernel
        return tables

    def backend(self, name: str) -> Backend:
        """The backend of that name. Raises CnnError (E801) where there is none."""
        known = self.backends
        if name not in known:
            raise CnnError(
                Diagnostic(
                    "E801", f"there is no backend `{name}`", help=(f"backends here: {', '.join(sorted(known))}",)
                )
            )
        return known[name](self.kernel_tables())


def _fetched(plugin: Plugin) -> KernelTables:
    try:
        return plugin.kernels()
    except Exception as error:
        raise PluginError(f"plugin {plugin.name}: its kernels cannot be fetched: {error!r}") from error


def registry(plugins: Iterable[Plugin]) -> Registry:
    """Checks each plugin as it enters. Raises PluginError."""
    taken: dict[str, Op] = {}
    entered: list[Plugin] = []
    names: set[str] = set()
    for plugin in plugins:
        if plugin.name in names:
            raise PluginError(f"plugin {plugin.name}: another plugin has this name")
        names.add(plugin.name)
        for backend in plugin.backends:
            if any(backend in other.backends for other in entered):
                raise PluginError(f"plugin {plugin.name}: a backend `{backend}` is already there")
        for op in plugin.layers:
            _check_layer(plugin, op, taken)
            taken[op.keyword] = op
        entered.append(plugin)
    return Registry(tuple(entered), taken)


def _check_layer(plugin: Plugin, op: Op, taken: Mapping[str, Op]) -> None:
    if not isinstance(op, Op):
        raise PluginError(f"plugin {plugin.name}: {op!r} is not an Op")
    where = f"plugin {plugin.name}: layer {op.keyword}"
    if op.keyword in taken:
        raise PluginError(f"{where}: a layer of this name is already there")
    if not re.fullmatch("[A-Z][A-Z0-9_]+", op.keyword):
        raise PluginError(f"{where}: a keyword is two or more of A-Z, 0-9 and _, first a capital")
    if op.activation_word and op.activation_word in {o.activation_word for o in taken.values()}:
        raise PluginError(f"{where}: the activation word `{op.activation_word}` is taken")
    if not (isinstance(op.summary, str) and isinstance(op.doc, str)):
        raise PluginError(f"{where}: its `summary` and `doc` are texts")
    if not op.examples:
        raise PluginError(f"{where}: it has no examples")
    try:
        arguments(op.attrs)
    except TypeError as error:
        raise PluginError(f"{where}: {error}") from error


@cache
def load() -> Registry:
    """The registry of everything installed: our own plugin first, then the entry points by name."""
    from cnndsl.builtin import PLUGIN

    found = [PLUGIN]
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            plugin = point.load()
        except Exception as error:
            raise PluginError(f"plugin {point.name} ({point.value}) cannot be imported: {error!r}") from error
        if not isinstance(plugin, Plugin):
            raise PluginError(f"plugin {point.name} ({point.value}) is a {type(plugin).__name__}, not a cnndsl.Plugin")
        found.append(plugin)
    return registry(found)
