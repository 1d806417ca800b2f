# ruff: noqa: ARG005
"""Every layer by PyTorch's own functions, node by node: what our backends are held against.

Sizes come from the graph; pads, counts and masks are worked out here, from the arguments alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from cnndsl.backends.protocol import uniform
from cnndsl.ir.graph import Graph, Node

Tensor = torch.Tensor


@dataclass
class Pass:
    """Where a layer stands: its node, whether it is trained, the step and the seed of masks, and new buffers."""

    node: Node
    training: bool
    seed: int
    step: int
    buffers: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class Result:
    """What PyTorch computes: outputs, new buffers, gradients of the input and of the parameters."""

    outputs: dict[str, np.ndarray[Any, Any]]
    buffers: dict[str, np.ndarray[Any, Any]]
    dx: np.ndarray[Any, Any] | None
    dparams: dict[str, np.ndarray[Any, Any]]


def run(
    graph: Graph,
    state: Mapping[str, Any],
    x: Any,
    dys: Mapping[str, Any] | None,
    *,
    seed: int = 0,
    step: int = 0,
) -> Result:
    """A pass through the graph; in training and back where gradients of the outputs are given."""
    trained = {name for name, spec in graph.params.items() if spec.trained}
    arrays = {name: torch.tensor(array, requires_grad=name in trained) for name, array in state.items()}
    start = torch.tensor(x, requires_grad=True)
    with torch.set_grad_enabled(dys is not None):
        outputs, buffers = forward(graph, arrays, start, training=dys is not None, seed=seed, step=step)
    given = {name: y.detach().numpy().copy() for name, y in outputs.items()}
    kept = {name: array.numpy() for name, array in buffers.items()}
    if dys is None:
        return Result(given, kept, None, {})
    sum((torch.tensor(dys[name]) * y).sum() for name, y in outputs.items()).backward()  # type: ignore[union-attr]
    gradients = {
        name: np.zeros(arrays[name].shape) if arrays[name].grad is None else arrays[name].grad.numpy()  # type: ignore[union-attr]
        for name in sorted(trained)
    }
    dx = start.grad
    return Result(given, kept, np.zeros(x.shape) if dx is None else dx.numpy(), gradients)


def forward(
    graph: Graph, arrays: Mapping[str, Tensor], x: Tensor, *, training: bool, seed: int = 0, step: int = 0
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Outputs and new buffers, by name."""
    values = {graph.input.name: x}
    buffers: dict[str, Tensor] = {}
    for node in graph.nodes[1:]:
        own = {spec.name: arrays[f"{node.name}.{spec.name}"] for spec in node.params}
        at = Pass(node, training, seed, step)
        values[node.name] = LAYERS[node.keyword](node.attrs, own, [values[name] for name in node.inputs], at)
        buffers.update({f"{node.name}.{name}": array for name, array in at.buffers.items()})
    return {name: values[at] for name, at in graph.outputs.items()}, buffers


def _sides(a: Any, size: int, out: int, which: int) -> tuple[int, int, int]:
    """Zeros before, written zeros after, and what the last window hangs over, along height (0) or width (1)."""
    f, s = a.window[which], a.stride[which]
    extent = (f - 1) * getattr(a, "dilate", (1, 1))[which] + 1
    before, after = a.pad[which], a.pad[which + 2]
    if a.fit == "same":
        total = max(0, (-(-size // s) - 1) * s + extent - size)
        before, after = total // 2, total - total // 2
    return before, after, max(0, (out - 1) * s + extent - size - before - after)


def _padded(a: Any, x: Tensor, node: Node, value: float = 0.0) -> Tensor:
    top, bottom, below = _sides(a, x.shape[2], node.type.height, 0)
    left, right, beside = _sides(a, x.shape[3], node.type.width, 1)
    return F.pad(x, (left, right + beside, top, bottom + below), value=value)


def _cut(y: Tensor, node: Node) -> Tensor:
    return y[:, :, : node.type.height, : node.type.width]


def _biased(a: Any, y: Tensor, params: Mapping[str, Tensor]) -> Tensor:
    if a.bias == "none":
        return y
    return y + (params["bias"] if a.bias == "position" else params["bias"][:, None, None])


def conv(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    (x,) = xs
    groups = a.groups if at.node.keyword == "CONV" else x.shape[1]
    y = F.conv2d(_padded(a, x, at.node), params["weight"], None, a.stride, 0, a.dilate, groups)
    return _biased(a, _cut(y, at.node), params)


def deconv(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    y = F.conv_transpose2d(xs[0], params["weight"], None, a.stride, 0, 0, a.groups, a.dilate)
    y = F.pad(y, (0, a.extra[1], 0, a.extra[0]))
    top, left, bottom, right = a.pad
    return _biased(a, y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right], params)


def pool(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    (x,) = xs
    if a.reach == "global":
        return F.max_pool2d(x, x.shape[2:]) if a.mode == "max" else F.avg_pool2d(x, x.shape[2:])
    stride = a.stride or a.window
    a = _Windows(tuple(a.window), tuple(stride), a.pad, a.fit, a.mode, a.countpad)
    if a.mode == "max":
        return _cut(F.max_pool2d(_padded(a, x, at.node, -np.inf), a.window, a.stride), at.node)
    real = torch.ones_like(x[:1, :1])
    if a.countpad:
        top, bottom, _ = _sides(a, x.shape[2], at.node.type.height, 0)
        left, right, _ = _sides(a, x.shape[3], at.node.type.width, 1)
        counted = F.pad(real, (left, right, top, bottom), value=1.0)
        whole = _padded(a, real, at.node)
        counted = F.pad(counted, (0, whole.shape[3] - counted.shape[3], 0, whole.shape[2] - counted.shape[2]))
    else:
        counted = _padded(a, real, at.node)
    sums = F.avg_pool2d(_padded(a, x, at.node), a.window, a.stride, divisor_override=1)
    return _cut(sums / F.avg_pool2d(counted, a.window, a.stride, divisor_override=1), at.node)


@dataclass(frozen=True)
class _Windows:
    window: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    fit: str
    mode: str
    countpad: bool


def bn(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    mean, var = params["running_mean"].clone(), params["running_var"].clone()
    y = F.batch_norm(xs[0], mean, var, params.get("weight"), params.get("bias"), at.training, a.momentum, a.eps)
    if at.training:
        at.buffers = {"running_mean": mean, "running_var": var}
    return y


def lrn(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    x = xs[0] if xs[0].ndim == 4 else xs[0][:, :, None, None]
    return F.local_response_norm(x, a.channels, a.alpha, a.beta, a.k).reshape(xs[0].shape)


def gn(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    return F.group_norm(xs[0], a.groups, params["weight"], params["bias"], a.eps)


def ln(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    x = xs[0].movedim(1, -1)
    return F.layer_norm(x, x.shape[-1:], params["weight"], params["bias"], a.eps).movedim(-1, 1)


def dropout(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    """PyTorch draws other numbers: ours are put in its place."""
    if not at.training:
        return xs[0]
    keep = uniform(at.seed, at.step, at.node.name, tuple(xs[0].shape)) >= a.rate
    return xs[0] * torch.tensor(keep) / (1 - a.rate)


def upsample(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    size = (at.node.type.height, at.node.type.width)
    return F.interpolate(xs[0], size=size, mode=a.method, **({} if a.method == "nearest" else {"align_corners": False}))


def pad(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    top, left, bottom, right = a.pad
    return F.pad(xs[0], tuple(a.depth) if xs[0].ndim == 2 else (left, right, top, bottom, *a.depth))


def shuffle(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    (x,) = xs
    return x.unflatten(1, (a.groups, -1)).transpose(1, 2).reshape(x.shape)


def mul(a: Any, params: Mapping[str, Tensor], xs: list[Tensor], at: Pass) -> Tensor:
    rank = len(at.node.type.shape) + 1
    product = xs[0][(...,) + (None,) * (rank - xs[0].ndim)]
    for x in xs[1:]:
        product = product * x[(...,) + (None,) * (rank - x.ndim)]
    return product


def _joined(xs: list[Tensor], at: Pass) -> list[Tensor]:
    flat = len(at.node.type.shape) == 1
    return [x if flat or x.ndim == 4 else x[:, :, None, None] for x in xs]


def _scaled(w: Tensor, x: Tensor) -> Tensor:
    return x * w[(slice(None),) + (None,) * (x.ndim - 2)]


Layer = Callable[[Any, Mapping[str, Tensor], list[Tensor], Pass], Tensor]
LAYERS: Mapping[str, Layer] = {
    "CONV": conv,
    "DWCONV": conv,
    "DECONV": deconv,
    "POOL": pool,
    "BN": bn,
    "LRN": lrn,
    "GN": gn,
    "LN": ln,
    "DROPOUT": dropout,
    "UPSAMPLE": upsample,
    "PAD": pad,
    "SHUFFLE": shuffle,
    "MUL": mul,
    "FC": lambda a, p, xs, at: F.linear(xs[0].flatten(1), p["weight"], p.get("bias")),
    "ADD": lambda a, p, xs, at: sum(_joined(xs, at)[1:], _joined(xs, at)[0]),
    "CONCAT": lambda a, p, xs, at: torch.cat(_joined(xs, at), 1),
    "TAKE": lambda a, p, xs, at: xs[0][:, a.start : a.stop],
    "FLATTEN": lambda a, p, xs, at: xs[0].flatten(1),
    "RESHAPE": lambda a, p, xs, at: xs[0].reshape(-1, *at.node.type.shape),
    "SCALE": lambda a, p, xs, at: _scaled(p["weight"], xs[0]),
    "SOFTMAX": lambda a, p, xs, at: F.softmax(xs[0], 1),
    "RELU": lambda a, p, xs, at: F.relu(xs[0]),
    "RELU6": lambda a, p, xs, at: F.relu6(xs[0]),
    "LEAKY": lambda a, p, xs, at: F.leaky_relu(xs[0], a.slope),
    "ELU": lambda a, p, xs, at: F.elu(xs[0], a.alpha),
    "GELU": lambda a, p, xs, at: F.gelu(xs[0]),
    "SILU": lambda a, p, xs, at: F.silu(xs[0]),
    "SOFTPLUS": lambda a, p, xs, at: torch.logaddexp(
        xs[0], torch.zeros_like(xs[0])
    ),  # F.softplus: x from a threshold on
    "HSWISH": lambda a, p, xs, at: F.hardswish(xs[0]),
    "HSIGMOID": lambda a, p, xs, at: F.relu6(xs[0] + 3) / 6,  # hardsigmoid's gradient has 1/6 in float32 only
    "SIGMOID": lambda a, p, xs, at: torch.sigmoid(xs[0]),
    "TANH": lambda a, p, xs, at: torch.tanh(xs[0]),
    "PRELU": lambda a, p, xs, at: F.prelu(xs[0], p["weight"]),
}
"""Keyword to what PyTorch computes for it."""
