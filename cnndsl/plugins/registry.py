"""Registry: everything that came in through the door."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.interchange.spec import Format
from cnndsl.ops.spec import Op
from cnndsl.passes.lists import FUSING, INFERENCE_UNFUSED
from cnndsl.passes.run import Pass
from cnndsl.plugins import admission, guards
from cnndsl.plugins.record import KernelTables, Plugin, PluginError
from cnndsl.recipe.block import keys_of
from cnndsl.recipe.spec import Key

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend, Kernel

OURS = "cnndsl"
"""The name of our own plugin, whose definitions are trusted: its tests stand for them."""


@dataclass(frozen=True)
class Registry:
    """Everything that came in through the door; build one with `registry`, several can live side by side."""

    plugins: tuple[Plugin, ...]
    layers: Mapping[str, Op]

    @property
    def backends(self) -> Mapping[str, Callable[[KernelTables], Backend]]:
        return {name: make for plugin in self.plugins for name, make in plugin.backends.items()}

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """The keys of the train block, with all that may be said behind them."""
        return keys_of(entry for plugin in self.plugins for entry in plugin.entries())

    @property
    def passes(self) -> tuple[Pass, ...]:
        """The passes that plugins add."""
        return tuple(step for plugin in self.plugins for step in plugin.passes)

    @property
    def formats(self) -> Mapping[str, Format]:
        """What networks can be written in, by name."""
        return {form.name: form for plugin in self.plugins for form in plugin.formats}

    @property
    def inference(self) -> tuple[Pass, ...]:
        """All passes of a network that is only asked, in their order."""
        return (*INFERENCE_UNFUSED, *self.passes, *FUSING)

    def kernel_tables(self) -> dict[str, dict[str, Kernel]]:
        """All kernels of all plugins, by backend and keyword. Imports NumPy. Raises PluginError."""
        tables: dict[str, dict[str, Kernel]] = {}
        for plugin in self.plugins:
            found = _fetched(plugin)
            if plugin.name != OURS:
                admission.check_kernels(plugin, found, self.layers)
            for backend, kernels in found.items():
                table = tables.setdefault(backend, {})
                for keyword, kernel in kernels.items():
                    if keyword in table:
                        raise PluginError(f"plugin {plugin.name}: a {backend} kernel for {keyword} is already there")
                    table[keyword] = kernel if plugin.name == OURS else kernel._replace(origin=f"plugin {plugin.name}")
        return tables

    def backend(self, name: str) -> Backend:
        """The backend of that name. Raises CnnError: E801 where there is none, E808 where its plugin cannot make it."""
        known = self.backends
        if name not in known:
            raise CnnError(
                Diagnostic(
                    "E801", f"there is no backend `{name}`", help=(f"backends here: {', '.join(sorted(known))}",)
                )
            )
        owner = next(plugin.name for plugin in self.plugins if name in plugin.backends)
        if owner == OURS:
            return known[name](self.kernel_tables())
        return guards.made_backend(owner, name, known[name], self.kernel_tables())


def _fetched(plugin: Plugin) -> KernelTables:
    try:
        return plugin.kernels()
    except (Exception, SystemExit) as error:
        raise PluginError(f"plugin {plugin.name}: its kernels cannot be fetched: {error!r}") from error


def registry(plugins: Iterable[Plugin]) -> Registry:
    """Checks each plugin as it enters; what others bring is wrapped, so that what goes wrong in it later is named.
    Raises PluginError."""
    taken: dict[str, Op] = {}
    entered: list[Plugin] = []
    for plugin in plugins:
        admission.check(plugin, entered, taken)
        if plugin.name != OURS:
            plugin = guards.guarded(plugin)
        taken.update((op.keyword, op) for op in plugin.layers)
        if plugin.name != OURS:
            admission.try_examples(plugin, taken)
        entered.append(plugin)
    return Registry(tuple(entered), taken)
