"""Calling a kernel, which may come from anybody: what it raises, and what it gives that is none of what was agreed,
becomes a diagnostic (E808) that names it and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends import border
from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.diagnostics import CnnError
from cnndsl.ir.graph import Node


def forward(
    kernel: Kernel, node: Node, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Any, Any, Mapping[str, Array]]:
    """The kernel's forward: its output, what it saves, and its new buffers. Raises CnnError (E808)."""
    try:
        given = kernel.forward(node.attrs, params, xs, ctx)
    except Exception as error:
        raise raised(kernel, node, "forward", error) from error
    if not isinstance(given, tuple) or len(given) != 3 or not isinstance(given[2], Mapping):
        raise wrong(kernel, node, f"forward gives {_shown(given)}, not (y, saved, new buffers)")
    y, saved, buffers = given
    if ctx.training:
        for spec in node.params:
            if not spec.trained and getattr(buffers.get(spec.name), "shape", None) != spec.shape:
                raise wrong(kernel, node, f"its new {spec.name} is {_shown(buffers.get(spec.name))}, not {spec.shape}")
    if _breaks(kernel, (y,), (*xs, *params.values())):
        raise wrong(kernel, node, "its output has values that are not finite, and what it was given has none")
    return y, saved, buffers


def backward(
    kernel: Kernel, node: Node, params: Mapping[str, Array], saved: Any, dy: Array, ctx: Context
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The kernel's backward: gradients of inputs and parameters. Raises CnnError (E808)."""
    try:
        given = kernel.backward(node.attrs, params, saved, dy, ctx)
    except Exception as error:
        raise raised(kernel, node, "backward", error) from error
    fits = (
        isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], tuple) and isinstance(given[1], Mapping)
    )
    if not fits:
        raise wrong(kernel, node, f"backward gives {_shown(given)}, not (gradients of inputs, of parameters by name)")
    if len(given[0]) != len(node.inputs):
        raise wrong(kernel, node, f"{len(given[0])} gradients for {len(node.inputs)} inputs")
    if _breaks(kernel, (*given[0], *given[1].values()), (dy, *params.values())):
        raise wrong(kernel, node, "a gradient has values that are not finite, and what it was given has none")
    return given


def _breaks(kernel: Kernel, made: tuple[Any, ...], given: tuple[Array, ...]) -> bool:
    """Whether a plugin's kernel made what is not finite of what is; ours are looked at by the loss."""
    if not kernel.origin.startswith("plugin"):
        return False
    with np.errstate(all="ignore"):
        return not _finite(made) and _finite(given)


def _finite(arrays: tuple[Any, ...]) -> bool:
    return all(np.isfinite(a).all() for a in arrays if isinstance(a, np.ndarray) and a.dtype.kind == "f")


def raised(kernel: Kernel, node: Node, direction: str, error: Exception) -> Exception:
    """What to raise for an error from inside a kernel; one that is a diagnostic or no memory stays what it is."""
    if isinstance(error, (CnnError, MemoryError)):
        return error
    return wrong(kernel, node, f"{direction} raises {type(error).__name__}: {error}")


def wrong(kernel: Kernel, node: Node, what: str) -> CnnError:
    """E808 for a kernel that does not keep to what was agreed."""
    origin = f"{kernel.origin}: " if kernel.origin else ""
    help = (f"`cnndsl plugins` says where {kernel.origin} comes from",) if kernel.origin.startswith("plugin") else ()
    return border.refuse("E808", f"{origin}the kernel of {node.keyword} is not right: at {node.name}, {what}", *help)


def _shown(given: Any) -> str:
    """What came instead, for a person."""
    if isinstance(given, tuple):
        return f"a tuple of {len(given)}"
    shape = getattr(given, "shape", None)
    return f"an array of shape {shape}" if shape is not None else type(given).__name__
