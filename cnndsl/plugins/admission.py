"""What is looked at when a plugin comes in. Every function raises PluginError, naming plugin and definition."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args

from cnndsl.arguments import arguments
from cnndsl.interchange.spec import Format
from cnndsl.lang.lower import lower
from cnndsl.lang.parse import parse
from cnndsl.ops.spec import Kind, Op
from cnndsl.plugins.record import KEYS, KernelTables, Plugin, PluginError
from cnndsl.recipe.data import DataSet
from cnndsl.recipe.spec import Entry
from cnndsl.source import Source

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Kernel

INPUTS = ("5x5x3", "6x6x12", "8x8x8", "8x8x1", "8x8x3", "32x32x3", "224x224x3", "12", "3")
"""Inputs that an example is tried behind; a number alone is a vector."""

TAKES = {
    "check": 1,
    "infer": 2,
    "params": 2,
    "cost": 3,
    "arithmetic": 3,
    "reach": 3,
    "fills": 2,
    "lost": 2,
    "regardless": 1,
    "void": 2,
    "reads": 1,
}
"""The functions of an Op, and how many arguments each is called with."""


def check(plugin: Plugin, entered: Sequence[Plugin], taken: Mapping[str, Op]) -> None:
    """A record by itself, and beside those that are there; `taken` are the layers so far."""
    if not isinstance(plugin.name, str) or not re.fullmatch("[a-z][a-z0-9_-]*", plugin.name):
        raise PluginError(f"plugin {plugin.name!r}: a name is a-z, 0-9, _ and -, first a letter")
    if any(plugin.name == other.name for other in entered):
        raise PluginError(f"plugin {plugin.name}: another plugin has this name")
    _tuples(plugin)
    if not callable(plugin.kernels):
        raise PluginError(f"plugin {plugin.name}: `kernels` is a {type(plugin.kernels).__name__}, not a function")
    _backends(plugin, entered)
    seen = dict(taken)
    for op in plugin.layers:
        _layer(plugin, op, seen)
        seen[op.keyword] = op
    for step in plugin.passes:
        if not isinstance(getattr(step, "name", None), str) or not callable(getattr(step, "apply", None)):
            raise PluginError(f"plugin {plugin.name}: pass {step!r} has no name, or no `apply`")
        if any(step.name == other.name for them in entered for other in them.passes):
            raise PluginError(f"plugin {plugin.name}: a pass `{step.name}` is already there")
    for form in plugin.formats:
        if not isinstance(form, Format):
            raise PluginError(f"plugin {plugin.name}: {form!r} in `formats` is not a Format")
        if not isinstance(form.name, str) or not re.fullmatch("[a-z][a-z0-9_]*", form.name):
            raise PluginError(f"plugin {plugin.name}: format {form.name!r}: a name is a-z, 0-9 and _, first a letter")
        if any(form.name == other.name for them in entered for other in them.formats):
            raise PluginError(f"plugin {plugin.name}: a format `{form.name}` is already there")
        _signature(f"plugin {plugin.name}: format {form.name}: `write`", form.write, 2)
    for field_name, key in KEYS.items():
        for entry in getattr(plugin, field_name):
            _entry(plugin, field_name, key, entry, entered)


def _tuples(plugin: Plugin) -> None:
    for f in fields(plugin):
        value = getattr(plugin, f.name)
        if f.name in ("layers", "passes", "formats", *KEYS) and not isinstance(value, (tuple, list)):
            raise PluginError(f"plugin {plugin.name}: `{f.name}` is a {type(value).__name__}, not a tuple")


def _backends(plugin: Plugin, entered: Sequence[Plugin]) -> None:
    if not isinstance(plugin.backends, Mapping):
        raise PluginError(f"plugin {plugin.name}: `backends` is a {type(plugin.backends).__name__}, not a mapping")
    for name, make in plugin.backends.items():
        if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name) or name == "auto":
            raise PluginError(f"plugin {plugin.name}: backend {name!r}: a name is a-z, 0-9 and _, and not `auto`")
        if any(name in other.backends for other in entered):
            raise PluginError(f"plugin {plugin.name}: a backend `{name}` is already there")
        _signature(f"plugin {plugin.name}: backend {name}", make, 1)


def _layer(plugin: Plugin, op: Op, taken: Mapping[str, Op]) -> None:
    if not isinstance(op, Op):
        raise PluginError(f"plugin {plugin.name}: {op!r} is not an Op")
    where = f"plugin {plugin.name}: layer {op.keyword}"
    if op.keyword in taken:
        raise PluginError(f"{where}: a layer of this name is already there")
    if not re.fullmatch("[A-Z][A-Z0-9_]+", op.keyword):
        raise PluginError(f"{where}: a keyword is two or more of A-Z, 0-9 and _, first a capital")
    if op.activation_word and op.activation_word in {o.activation_word for o in taken.values()}:
        raise PluginError(f"{where}: the activation word `{op.activation_word}` is taken")
    if op.activation_word and not re.fullmatch("[a-z][a-z0-9_]*", op.activation_word):
        raise PluginError(f"{where}: the activation word `{op.activation_word}` is not a-z, 0-9 and _")
    if op.kind not in get_args(Kind):
        raise PluginError(f"{where}: there is no kind `{op.kind}`; kinds are {', '.join(get_args(Kind))}")
    for text in ("summary", "doc"):
        if not isinstance(getattr(op, text), str) or not getattr(op, text).strip():
            raise PluginError(f"{where}: it has no {text}")
    if not op.examples:
        raise PluginError(f"{where}: it has no examples")
    for name, count in TAKES.items():
        _signature(f"{where}: `{name}`", getattr(op, name), count)
    try:
        arguments(op.attrs)
    except TypeError as error:
        raise PluginError(f"{where}: {error}") from error


def _signature(what: str, function: Any, count: int) -> None:
    """A function that can be called with so many arguments."""
    if not callable(function):
        raise PluginError(f"{what} is a {type(function).__name__}, not a function")
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError as error:
        raise PluginError(f"{what} must take {count} argument{'s' if count > 1 else ''}: {error}") from error
    except ValueError:
        return  # a builtin that does not say what it takes


def _entry(plugin: Plugin, field_name: str, key: str, entry: Entry, entered: Sequence[Plugin]) -> None:
    if not isinstance(entry, Entry):
        raise PluginError(f"plugin {plugin.name}: {entry!r} in `{field_name}` is not an Entry")
    where = f"plugin {plugin.name}: {key} {entry.word}"
    if entry.key != key:
        raise PluginError(f"{where}: an entry of `{field_name}` has the key `{key}`, not `{entry.key}`")
    if entry.word and not re.fullmatch("[a-z][a-z0-9_]*", entry.word):
        raise PluginError(f"{where}: a word is a-z, 0-9 and _, first a letter")
    if any(entry.word == other.word for them in entered for other in getattr(them, field_name)):
        raise PluginError(f"{where}: it is already there")
    if not entry.examples or not entry.summary:
        raise PluginError(f"{where}: it has no {'summary' if entry.examples else 'examples'}")
    try:
        names = {a.field for a in arguments(entry.attrs)}
    except TypeError as error:
        raise PluginError(f"{where}: {error}") from error
    if entered and entry.make is None:  # ours, the first, has words that nothing follows yet
        raise PluginError(f"{where}: it has no `make`")
    if entry.make is not None:
        _signature(f"{where}: `make`", entry.make, 1)
    lacking = [name for name in NEEDS.get(key, ()) if name not in names and not hasattr(entry.attrs, name)]
    if lacking:
        raise PluginError(f"{where}: its attrs have no `{lacking[0]}`")
    if key == "data" and not isinstance(entry, DataSet):
        raise PluginError(f"{where}: an entry of `data` is a DataSet")


NEEDS = {
    "data": ("pad", "resize", "limit"),
    "loss": ("weight",),
    "optimizer": ("lr", "slots"),
    "schedule": ("warmup",),
}
"""What the attrs of an entry must have, by key."""


def try_examples(plugin: Plugin, layers: Mapping[str, Op]) -> None:
    """Each example is read as the language reads it, and its size rule takes one of INPUTS."""
    for op in plugin.layers:
        for example in op.examples:
            wrong = _tried(example, layers)
            if wrong:
                raise PluginError(
                    f"plugin {plugin.name}: layer {op.keyword}: its example `{example}` is wrong: {wrong}"
                )


def _tried(example: str, layers: Mapping[str, Op]) -> str:
    """What is wrong with an example behind the input where it comes nearest to being right."""
    first = ""
    for text in placed(example):
        module, found = parse(Source("example", text), layers)
        said = [*found, *(lower(module, layers).diagnostics if module is not None else ())]
        errors = [d for d in said if d.severity == "error"]
        if not errors:
            return ""
        first = first or errors[0].message
    return first


def placed(example: str) -> list[str]:
    """Programs of the example behind each of INPUTS."""
    starts = (f"INPUT {size}" if "x" in size else f"INPUT 1x1x{size}; FLATTEN" for size in INPUTS)
    return [f"{start}\n{example}" for start in starts]


def check_kernels(plugin: Plugin, tables: KernelTables, layers: Mapping[str, Op]) -> None:
    """Kernels of layers that there are, with the right signatures; one for naive of every new layer."""
    from cnndsl.backends.protocol import Kernel

    if not isinstance(tables, Mapping):
        raise PluginError(f"plugin {plugin.name}: its kernels are a {type(tables).__name__}, not a mapping of mappings")
    for backend, kernels in tables.items():
        if not isinstance(kernels, Mapping):
            raise PluginError(f"plugin {plugin.name}: its kernels for {backend} are not a mapping")
        for keyword, kernel in kernels.items():
            where = f"plugin {plugin.name}: the {backend} kernel of {keyword}"
            if keyword not in layers:
                raise PluginError(f"{where}: there is no such layer")
            if not isinstance(kernel, Kernel):
                raise PluginError(f"{where} is a {type(kernel).__name__}, not a Kernel")
            _kernel(where, kernel)
    for op in plugin.layers:
        if op.kind not in ("input", "empty", "head") and op.keyword not in tables.get("naive", {}):
            raise PluginError(f"plugin {plugin.name}: layer {op.keyword} has no kernel for naive, which defines it")


def _kernel(where: str, kernel: Kernel) -> None:
    given: tuple[tuple[str, Callable[..., Any], int], ...] = (
        ("forward", kernel.forward, 4),
        ("backward", kernel.backward, 5),
    )
    for name, function, count in given:
        _signature(f"{where}: `{name}`", function, count)
    if kernel.layout not in ("rows", "lanes", "either"):
        raise PluginError(f"{where}: there is no layout `{kernel.layout}`")
