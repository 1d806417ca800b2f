"""What is installed: our own plugin and the entry points."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple

from cnndsl.plugins.record import GROUP, Plugin, PluginError
from cnndsl.plugins.registry import Registry, registry
from cnndsl.version import __version__


class Installed(NamedTuple):
    """A plugin that is installed: its entry point's name, the package and version it came in, where its record lies,
    and the plugin, or what is wrong with it."""

    name: str
    package: str
    version: str
    place: str
    plugin: Plugin | None
    fault: str = ""


@cache
def load() -> Registry:
    """The registry of everything installed: our own plugin first, then the entry points by name. Raises PluginError."""
    from cnndsl.builtin import PLUGIN

    return registry([PLUGIN, *(_loaded(point) for point in _points())])


def survey() -> Iterator[Installed]:
    """What is installed, also what cannot be used; each is let in behind those before it that can be."""
    from cnndsl.builtin import PLUGIN

    yield Installed(PLUGIN.name, "cnndsl", __version__, "cnndsl.builtin:PLUGIN", PLUGIN)
    entered = [PLUGIN]
    for point in _points():
        where = (point.dist.name, point.dist.version) if point.dist else ("?", "?")
        try:
            plugin = _loaded(point)
            registry([*entered, plugin]).kernel_tables()
        except PluginError as error:
            yield Installed(point.name, *where, point.value, None, str(error))
        else:
            entered.append(plugin)
            yield Installed(point.name, *where, point.value, plugin)


def _points() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda p: p.name)


def _loaded(point: EntryPoint) -> Plugin:
    try:
        plugin = point.load()
    except (Exception, SystemExit) as error:
        raise PluginError(f"plugin {point.name} ({point.value}) cannot be imported: {error!r}") from error
    if not isinstance(plugin, Plugin):
        raise PluginError(f"plugin {point.name} ({point.value}) is a {type(plugin).__name__}, not a cnndsl.Plugin")
    return plugin
