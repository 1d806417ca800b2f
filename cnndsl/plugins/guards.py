"""What an outsider's definitions are wrapped in: what they raise, and what they give that is none of what was agreed,
is named (E808) with the plugin and the definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial, wraps
from json import dumps
from math import isfinite
from re import fullmatch
from typing import TYPE_CHECKING, Any, TypeVar

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.interchange.spec import Format
from cnndsl.ir.graph import Graph
from cnndsl.ir.verify import verify
from cnndsl.ops.spec import Cost, Op, ParamSpec, Reach, Reject, TensorType
from cnndsl.plugins.record import KernelTables, Plugin
from cnndsl.recipe.spec import Entry

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Array, Backend

E = TypeVar("E", bound=Entry)
Right = Callable[[Any], bool]
"""Whether what a function gave is what was agreed."""


def guarded(plugin: Plugin) -> Plugin:
    """The plugin with all its definitions wrapped."""
    return replace(
        plugin,
        layers=tuple(_layer(plugin.name, op) for op in plugin.layers),
        passes=tuple(_Pass(plugin.name, step) for step in plugin.passes),
        data=_entries(plugin.name, plugin.data),
        losses=_entries(plugin.name, plugin.losses),
        optimizers=_entries(plugin.name, plugin.optimizers),
        schedules=_entries(plugin.name, plugin.schedules),
        augmentations=_entries(plugin.name, plugin.augmentations),
        metrics=_entries(plugin.name, plugin.metrics),
        formats=tuple(_format(plugin.name, form) for form in plugin.formats),
    )


def fault(plugin: str, what: str, wrong: str) -> CnnError:
    """E808 for a definition of a plugin."""
    help = (f"`cnndsl plugins` says where {plugin} comes from",)
    return CnnError(Diagnostic("E808", f"plugin {plugin}: {what} {wrong}", help=help))


def call(plugin: str, what: str, function: Callable[..., Any], right: Right, *given: Any, **named: Any) -> Any:
    """What a plugin's function gives. Raises CnnError (E808) where it raises, or gives what is not right; a Reject or a
    diagnostic of its own goes through."""
    try:
        found = function(*given, **named)
    except (Reject, CnnError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        raise fault(plugin, what, f"raises {type(error).__name__}: {error}") from error
    if not right(found):
        raise fault(plugin, what, f"gives {type(found).__name__} {found!r:.80}, which is not what was agreed")
    return found


def _layer(plugin: str, op: Op) -> Op:
    def wrapped(name: str, right: Right) -> Any:
        function = getattr(op, name)
        return wraps(function)(partial(call, plugin, f"`{name}` of layer {op.keyword}", function, right))

    return replace(op, **{name: wrapped(name, right) for name, right in GIVES.items()})


def _type(t: Any) -> bool:
    return isinstance(t, TensorType) and all(isinstance(n, int) and n > 0 for n in (t.height, t.width, t.depth))


def _pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(n, int) for n in value)


def _specs(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(spec, ParamSpec) for spec in value)


GIVES: Mapping[str, Right] = {
    "check": lambda found: found is None,
    "infer": _type,
    "params": _specs,
    "cost": lambda found: isinstance(found, Cost),
    "arithmetic": lambda found: isinstance(found, str),
    "reach": lambda found: isinstance(found, Reach),
    "fills": lambda found: isinstance(found, bool),
    "lost": _pair,
    "regardless": lambda found: found is None or _type(found),
    "reads": lambda found: isinstance(found, str) and set(found) <= {"x", "y"},
}
"""The functions of an Op, and what is right for each to give."""


def _format(plugin: str, form: Format) -> Format:
    """Its files are written by their names into one folder, and nowhere else."""

    def right(found: Any) -> bool:
        return isinstance(found, Mapping) and all(
            isinstance(name, str) and fullmatch(r"\w[\w.-]*", name) and isinstance(content, str | bytes)
            for name, content in found.items()
        )

    return replace(form, write=partial(call, plugin, f"format {form.name}", form.write, right))


class _Pass:
    def __init__(self, plugin: str, step: Any):
        self.name, self._plugin, self._step = step.name, plugin, step

    def apply(self, graph: Graph) -> Any:
        what = f"pass `{self.name}`"

        def applied(graph: Graph) -> Graph:
            found = self._step.apply(graph)
            return verify(found) if isinstance(found, Graph) else found

        return call(self._plugin, what, applied, lambda found: isinstance(found, Graph), graph)


def _entries(plugin: str, entries: tuple[E, ...]) -> tuple[E, ...]:
    return tuple(e if e.make is None else replace(e, make=partial(_made, plugin, e)) for e in entries)


def _made(plugin: str, entry: Entry, attrs: Any) -> Any:
    """What an entry makes, wrapped as its key asks."""
    what = f"{entry.key} {entry.word}"
    assert entry.make is not None
    found = call(plugin, f"`make` of {what}", entry.make, WORKS[entry.key][0], attrs)
    wrapped = WORKS[entry.key][1]
    return found if wrapped is None else wrapped(plugin, what, found)


class _Loss:
    def __init__(self, plugin: str, what: str, loss: Any):
        self.name, self._plugin, self._what, self._loss = loss.name, plugin, what, loss

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        def right(found: Any) -> bool:
            return (
                isinstance(found, tuple)
                and len(found) == 2
                and getattr(found[1], "shape", None) == output.shape
                and getattr(found[1], "dtype", None) == output.dtype
                and hasattr(found[0], "__float__")
            )

        found: tuple[float, Array] = call(self._plugin, self._what, self._loss, right, output, target)
        return float(found[0]), found[1]


class _Optimizer:
    def __init__(self, plugin: str, what: str, optimizer: Any):
        self.name, self.slots = optimizer.name, tuple(optimizer.slots)
        self._plugin, self._what, self._optimizer = plugin, what, optimizer

    def update(self, *given: Any, **named: Any) -> None:
        call(self._plugin, self._what, self._optimizer.update, lambda found: found is None, *given, **named)


class _Augmentation:
    def __init__(self, plugin: str, what: str, vary: Any):
        self.numbers = int(vary.numbers)
        self._plugin, self._what, self._vary = plugin, what, vary

    def __call__(self, images: Array, random: Array) -> Array:
        from cnndsl.data.augment import is_alike

        right = partial(is_alike, images.shape, images.dtype)

        found: Array = call(self._plugin, self._what, self._vary, right, images, random)
        return found


def _is_metric(found: Any) -> bool:
    named = isinstance(getattr(found, "name", None), str)
    judges = getattr(found, "better", "") in ("higher", "lower", None)
    return named and judges and all(callable(getattr(found, method, None)) for method in ("add", "value"))


class _Metric:
    def __init__(self, plugin: str, what: str, metric: Any):
        self.name, self.better = metric.name, metric.better
        self._plugin, self._what, self._metric = plugin, what, metric

    def add(self, output: Array, target: Array) -> None:
        call(self._plugin, self._what, self._metric.add, lambda found: found is None, output, target)

    def value(self) -> Any:
        def right(found: Any) -> bool:
            if self.better is None:
                return _is_plain(found)
            return isinstance(found, int | float) and isfinite(found)

        return call(self._plugin, self._what, self._metric.value, right)


def _is_plain(value: Any) -> bool:
    """Whether JSON can say it."""
    try:
        dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _schedule(plugin: str, what: str, factor: Callable[[int, int, int], float]) -> Callable[[int, int, int], float]:
    def right(found: Any) -> bool:
        return isinstance(found, (int, float)) and isfinite(found) and found >= 0

    return partial(call, plugin, what, factor, right)


def _loader(plugin: str, what: str, load: Callable[..., Any]) -> Callable[..., Any]:
    def right(found: Any) -> bool:
        from cnndsl.data.dataset import Dataset

        return isinstance(found, Dataset)

    return partial(call, plugin, what, load, right)


WORKS: Mapping[str, tuple[Right, Callable[[str, str, Any], Any] | None]] = {
    "loss": (lambda found: callable(found) and isinstance(getattr(found, "name", None), str), _Loss),
    "optimizer": (lambda found: callable(getattr(found, "update", None)) and hasattr(found, "slots"), _Optimizer),
    "schedule": (callable, _schedule),
    "data": (callable, _loader),
    "augment": (lambda found: callable(found) and isinstance(getattr(found, "numbers", None), int), _Augmentation),
    "metric": (_is_metric, _Metric),
}
"""By key: whether what `make` gave can work, and what it is wrapped in."""


def made_backend(plugin: str, name: str, make: Callable[[KernelTables], Backend], tables: KernelTables) -> Backend:
    """A plugin's backend. Raises CnnError (E808) where it cannot be made, or lacks what a backend has."""

    def right(found: Any) -> bool:
        return all(callable(getattr(found, method, None)) for method in ("compile", "compile_training", "borrowed"))

    found: Backend = call(plugin, f"backend {name}", make, right, tables)
    if getattr(found, "name", None) != name:
        raise fault(plugin, f"backend {name}", f"calls itself {getattr(found, 'name', None)!r}")
    return found
