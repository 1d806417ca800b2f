"""The backend `sliding`: convolutions over NumPy's view of all windows, everything else as naive does it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnndsl.backends.protocol import Array, Backend, Context, Kernel
from cnndsl.backends.table import TableBackend
from cnndsl.ops.axis import Axis
from cnndsl.ops.conv import Conv
from cnndsl.ops.window import axes
from cnndsl.plugins import KernelTables


def make(tables: KernelTables) -> Backend:
    return TableBackend("sliding", {"CONV": Kernel(forward, backward)}, fallback=tables["naive"])


def forward(
    a: Conv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y[k] = sum over the window of W[k]*x, group by group. x: N, D, H, W; y: N, K, H2, W2. Saves the padded x."""
    rows, columns = axes(a, ctx.inputs[0])
    x = np.pad(xs[0], ((0, 0), (0, 0), _pads(rows), _pads(columns)))
    seen = _grouped(a, _windows(x, rows, columns))
    W = params["weight"].reshape(a.groups, -1, *params["weight"].shape[1:])
    y = np.einsum("ngdhwij,gkdij->ngkhw", seen, W, optimize=True).reshape(
        len(x), a.filters, rows.output, columns.output
    )
    if a.bias != "none":
        y += params["bias"] if a.bias == "position" else params["bias"][:, None, None]
    return np.ascontiguousarray(y), x, {}


def backward(
    a: Conv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dW = sum of dy times the windows; dx the windows of W*dy, added up tap by tap."""
    rows, columns = axes(a, ctx.inputs[0])
    g = dy.reshape(len(dy), a.groups, -1, *dy.shape[2:])
    W = params["weight"].reshape(a.groups, -1, *params["weight"].shape[1:])
    dW = np.einsum("ngdhwij,ngkhw->gkdij", _grouped(a, _windows(x, rows, columns)), g, optimize=True)
    shares = np.einsum("gkdij,ngkhw->ijngdhw", W, g, optimize=True)
    dx = np.zeros_like(x)
    for i, j in np.ndindex(rows.window, columns.window):
        part = dx[:, :, _met(rows, i), _met(columns, j)]
        part += shares[i, j].reshape(part.shape)
    top, left = rows.before, columns.before
    inside = np.ascontiguousarray(dx[:, :, top : top + rows.input, left : left + columns.input])
    gradients = {"weight": dW.reshape(params["weight"].shape)}
    if a.bias != "none":
        gradients["bias"] = dy.sum(axis=0) if a.bias == "position" else dy.sum(axis=(0, 2, 3))
    return (inside,), gradients


def _pads(axis: Axis) -> tuple[int, int]:
    """Zeros before, and behind as far as the last window reaches."""
    reach = (axis.output - 1) * axis.stride + axis.extent
    return axis.before, max(0, reach - axis.before - axis.input)


def _windows(x: Array, rows: Axis, columns: Axis) -> Array:
    """N, D, H2, W2, F, F."""
    found = sliding_window_view(x, (rows.extent, columns.extent), axis=(2, 3))
    found = found[:, :, :: rows.stride, :: columns.stride, :: rows.dilate, :: columns.dilate]
    return found[:, :, : rows.output, : columns.output]


def _grouped(a: Conv, seen: Array) -> Array:
    """N, G, D/G, H2, W2, F, F."""
    return seen.reshape(len(seen), a.groups, -1, *seen.shape[2:])


def _met(axis: Axis, tap: int) -> slice:
    """The cells of the padded input that one tap of all windows meets."""
    start = tap * axis.dilate
    return slice(start, start + (axis.output - 1) * axis.stride + 1, axis.stride)
