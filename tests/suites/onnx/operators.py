"""ONNX's operators by our layers. Each function adds layers to the graph, and gives the name of the last, or of several
for several outputs. It raises NotOurs where the attributes ask for what no layer computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
from onnx import NodeProto

from .views import NotOurs


@dataclass(frozen=True)
class Operator:
    """A node of a model: its attributes, the layers that its inputs come from (empty for those that are no data), and
    the arrays of those that are no data."""

    node: NodeProto
    attrs: dict[str, Any]
    inputs: list[str]
    weights: list[Any]


class Builder(Protocol):
    """Where layers are added. `size` is what an operator of shapes is told."""

    size: tuple[int, ...]

    def layer(self, keyword: str, *inputs: str, arrays: Mapping[str, Any] | None = None, **attrs: Any) -> str: ...

    def type(self, name: str) -> Any: ...


# ---- windows


def _window(b: Builder, a: dict[str, Any], name: str, kernel: Sequence[int]) -> dict[str, Any]:
    """Window, stride, dilation, pads and fit along height and width; one axis is the width of a map of one row."""
    if len(kernel) not in (1, 2):
        raise NotOurs("has three axes besides depth")
    flat = len(kernel) == 1

    def pair(key: str) -> tuple[int, ...]:
        return (1, *a.get(key, [1])) if flat else tuple(a.get(key, (1, 1)))

    window = (1, *kernel) if flat else tuple(kernel)
    stride, dilate = pair("strides"), pair("dilations")
    auto = a.get("auto_pad", "NOTSET")
    pads = a.get("pads", [0, 0, 0, 0])
    pad = (0, pads[0], 0, pads[1]) if flat and len(pads) == 2 else tuple(pads)
    fit = "ceil" if a.get("ceil_mode") else "floor"
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        t = b.type(name)
        pad = ()
        both = []
        for size, f, s, d in zip((t.height, t.width), window, stride, dilate, strict=True):
            total = max(0, (-(-size // s) - 1) * s + (f - 1) * d + 1 - size)
            both.append((total // 2, total - total // 2) if auto == "SAME_UPPER" else (total - total // 2, total // 2))
        pad = (both[0][0], both[1][0], both[0][1], both[1][1])
    elif auto == "VALID":
        pad = (0, 0, 0, 0)
    return {"window": window, "stride": stride, "dilate": dilate, "pad": pad, "fit": fit}


def _Conv(b: Builder, o: Operator) -> str:
    W, shift = o.weights[1], o.weights[2] if len(o.weights) > 2 else None
    attrs = _window(b, o.attrs, o.inputs[0], W.shape[2:])
    bias = "none" if shift is None else "filter"
    arrays = {"weight": W, "bias": shift}
    return b.layer(
        "CONV", o.inputs[0], arrays=arrays, filters=len(W), groups=o.attrs.get("group", 1), bias=bias, **attrs
    )


def _ConvTranspose(b: Builder, o: Operator) -> str:
    W, shift = o.weights[1], o.weights[2] if len(o.weights) > 2 else None
    x = b.type(o.inputs[0])
    attrs = _window(b, {**o.attrs, "auto_pad": "NOTSET"}, o.inputs[0], W.shape[2:])
    del attrs["fit"]
    sizes = (x.height, x.width) if len(W.shape) == 4 else (x.width,)
    rank = len(sizes)
    strides, dilations = o.attrs.get("strides", [1] * rank), o.attrs.get("dilations", [1] * rank)
    extra = list(o.attrs.get("output_padding", [0] * rank))
    pads = list(o.attrs.get("pads", [0] * 2 * rank))
    wanted = o.attrs.get("output_shape")
    if o.attrs.get("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER"):
        wanted = [n * s for n, s in zip(sizes, strides, strict=True)]
    if wanted is not None:
        for i in range(rank):
            extent = (W.shape[2 + i] - 1) * dilations[i] + 1
            total = (sizes[i] - 1) * strides[i] + extra[i] + extent - wanted[i]
            if total < 0:  # more than there is: cells at the end
                extra[i] -= total
                total = 0
            half = total // 2
            upper = o.attrs.get("auto_pad") == "SAME_UPPER"
            pads[i], pads[rank + i] = (half, total - half) if upper else (total - half, half)
    flat = rank == 1
    attrs["pad"] = (0, pads[0], 0, pads[1]) if flat else tuple(pads)
    bias = "none" if shift is None else "filter"
    groups = o.attrs.get("group", 1)
    more = {
        "filters": W.shape[1] * groups,
        "groups": groups,
        "bias": bias,
        "extra": (0, *extra) if flat else tuple(extra),
    }
    return b.layer("DECONV", o.inputs[0], arrays={"weight": W, "bias": shift}, **attrs, **more)


def _MaxPool(b: Builder, o: Operator) -> str:
    attrs = _window(b, o.attrs, o.inputs[0], o.attrs["kernel_shape"])
    return _pool(b, "max", attrs, o.inputs[0])


def _AveragePool(b: Builder, o: Operator) -> str:
    attrs = _window(b, o.attrs, o.inputs[0], o.attrs["kernel_shape"])
    return _pool(b, "mean", attrs, o.inputs[0], countpad=bool(o.attrs.get("count_include_pad")))


def _pool(b: Builder, mode: str, attrs: dict[str, Any], name: str, **more: Any) -> str:
    if attrs.pop("dilate") != (1, 1):
        raise NotOurs("dilates a pooling window")
    return b.layer("POOL", name, mode=mode, **attrs, **more)


def _GlobalAveragePool(b: Builder, o: Operator) -> str:
    return b.layer("POOL", o.inputs[0], mode="mean", reach="global")


def _GlobalMaxPool(b: Builder, o: Operator) -> str:
    return b.layer("POOL", o.inputs[0], mode="max", reach="global")


_ReduceMean, _ReduceMax = _GlobalAveragePool, _GlobalMaxPool
"""Of the axes that the view lays into the map; the others are its depth."""


# ---- dense


def _Gemm(b: Builder, o: Operator) -> str:
    W = o.weights[1] if o.attrs.get("transB") else o.weights[1].T
    C = o.weights[2] if len(o.weights) > 2 else None
    bias = None
    if C is not None:
        if C.ndim == 2 and len(C) > 1:
            raise NotOurs("adds another number to every sample")
        bias = np.broadcast_to(o.attrs.get("beta", 1.0) * C.reshape(-1), len(W))
    arrays = {"weight": o.attrs.get("alpha", 1.0) * W, "bias": bias}
    return b.layer("FC", o.inputs[0], arrays=arrays, units=len(W), bias="none" if bias is None else "unit")


def _MatMul(b: Builder, o: Operator) -> str:
    W = o.weights[1] if o.weights[1].ndim == 2 else o.weights[1].reshape(-1, 1)
    return b.layer("FC", o.inputs[0], arrays={"weight": W.T}, units=W.shape[1], bias="none")


# ---- norms


def _BatchNormalization(b: Builder, o: Operator) -> str:
    if o.attrs.get("training_mode"):
        raise NotOurs("keeps the variance of the batch, and we the one of all, with N - 1")
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = dict(zip(names, o.weights[1:], strict=True))
    return b.layer("BN", o.inputs[0], arrays=arrays, eps=o.attrs.get("epsilon", 1e-5))


def _InstanceNormalization(b: Builder, o: Operator) -> str:
    arrays = {"weight": o.weights[1], "bias": o.weights[2]}
    depth = b.type(o.inputs[0]).depth
    return b.layer("GN", o.inputs[0], arrays=arrays, groups=depth, eps=o.attrs.get("epsilon", 1e-5))


def _GroupNormalization(b: Builder, o: Operator) -> str:
    depth = b.type(o.inputs[0]).depth
    arrays = {"weight": o.weights[1], "bias": o.weights[2]}
    if len(o.weights[1]) != depth:
        arrays = {k: np.repeat(w, depth // len(w)) for k, w in arrays.items()}
    return b.layer("GN", o.inputs[0], arrays=arrays, groups=o.attrs["num_groups"], eps=o.attrs.get("epsilon", 1e-5))


def _LayerNormalization(b: Builder, o: Operator) -> str:
    depth = b.type(o.inputs[0]).depth
    shift = o.weights[2] if len(o.weights) > 2 and o.weights[2] is not None else np.zeros(depth)
    arrays = {"weight": o.weights[1], "bias": shift}
    return b.layer("LN", o.inputs[0], arrays=arrays, eps=o.attrs.get("epsilon", 1e-5))


def _LRN(b: Builder, o: Operator) -> str:
    return b.layer(
        "LRN",
        o.inputs[0],
        channels=o.attrs["size"],
        alpha=o.attrs.get("alpha", 1e-4),
        beta=o.attrs.get("beta", 0.75),
        k=o.attrs.get("bias", 1.0),
    )


# ---- value by value


def _Relu(b: Builder, o: Operator) -> str:
    return b.layer("RELU", o.inputs[0])


def _LeakyRelu(b: Builder, o: Operator) -> str:
    return b.layer("LEAKY", o.inputs[0], slope=o.attrs.get("alpha", 0.01))


def _Elu(b: Builder, o: Operator) -> str:
    return b.layer("ELU", o.inputs[0], alpha=o.attrs.get("alpha", 1.0))


def _Gelu(b: Builder, o: Operator) -> str:
    if o.attrs.get("approximate", "none") != "none":
        raise NotOurs("approximates GELU by a hyperbolic tangent")
    return b.layer("GELU", o.inputs[0])


def _Sigmoid(b: Builder, o: Operator) -> str:
    return b.layer("SIGMOID", o.inputs[0])


def _Tanh(b: Builder, o: Operator) -> str:
    return b.layer("TANH", o.inputs[0])


def _Softplus(b: Builder, o: Operator) -> str:
    return b.layer("SOFTPLUS", o.inputs[0])


def _HardSwish(b: Builder, o: Operator) -> str:
    return b.layer("HSWISH", o.inputs[0])


def _HardSigmoid(b: Builder, o: Operator) -> str:
    if abs(o.attrs.get("alpha", 0.2) - 1 / 6) > 1e-6 or o.attrs.get("beta", 0.5) != 0.5:
        raise NotOurs("has another slope than 1/6, or does not pass through 1/2")
    return b.layer("HSIGMOID", o.inputs[0])


def _Swish(b: Builder, o: Operator) -> str:
    if o.attrs.get("alpha", 1.0) != 1:
        raise NotOurs("has another factor than 1")
    return b.layer("SILU", o.inputs[0])


def _PRelu(b: Builder, o: Operator) -> str:
    slopes = np.broadcast_to(o.weights[1].reshape(-1), b.type(o.inputs[0]).depth)
    return b.layer("PRELU", o.inputs[0], arrays={"weight": slopes})


def _Clip(b: Builder, o: Operator) -> str:
    low, high = (o.weights[i] if len(o.weights) > i and o.weights[i] is not None else None for i in (1, 2))
    low = low if low is not None else o.attrs.get("min")
    high = high if high is not None else o.attrs.get("max")
    if low is not None and float(low) == 0 and high is None:
        return b.layer("RELU", o.inputs[0])
    if low is None or high is None or (float(low), float(high)) != (0, 6):
        raise NotOurs("has other bounds than 0 and 6")
    return b.layer("RELU6", o.inputs[0])


def _Dropout(b: Builder, o: Operator) -> str:
    ratio = o.weights[1] if len(o.weights) > 1 and o.weights[1] is not None else o.attrs.get("ratio", 0.5)
    if len(o.weights) > 2 and o.weights[2] is not None and bool(o.weights[2]) and float(ratio):
        raise NotOurs("draws other random numbers")
    return b.layer("DROPOUT", o.inputs[0], rate=0.5)


def _Softmax(b: Builder, o: Operator) -> str:
    return b.layer("SOFTMAX", o.inputs[0])


# ---- joins


def _join(b: Builder, keyword: str, inputs: list[str]) -> str:
    if not all(inputs):
        raise NotOurs("joins with a constant")
    return b.layer(keyword, *inputs)


def _Add(b: Builder, o: Operator) -> str:
    return _join(b, "ADD", o.inputs)


def _Sum(b: Builder, o: Operator) -> str:
    return _Identity(b, o) if len(o.inputs) == 1 else _join(b, "ADD", o.inputs)


def _Identity(b: Builder, o: Operator) -> str:
    """ID: the empty branch, which is no step of its own."""
    return o.inputs[0]


def _Mul(b: Builder, o: Operator) -> str:
    return _join(b, "MUL", o.inputs)


def _Concat(b: Builder, o: Operator) -> str:
    return _join(b, "CONCAT", o.inputs)


# ---- shapes


def _Flatten(b: Builder, o: Operator) -> str:
    return b.layer("FLATTEN", o.inputs[0])


def _Reshape(b: Builder, o: Operator) -> str:
    if not b.size:  # between other operators an axis of 1 comes or goes, which our maps have anyway
        return o.inputs[0]
    return b.layer("RESHAPE", o.inputs[0], size=b.size)


def _Split(b: Builder, o: Operator) -> list[str]:
    depth, count = b.type(o.inputs[0]).depth, len(o.node.output)
    parts = o.weights[1] if len(o.weights) > 1 and o.weights[1] is not None else o.attrs.get("split")
    if parts is None:
        each = -(-depth // count)
        parts = [min(each, depth - i * each) for i in range(count)]
    ends = np.cumsum(parts)
    return [
        b.layer("TAKE", o.inputs[0], start=int(stop - part), stop=int(stop))
        for part, stop in zip(parts, ends, strict=True)
    ]


def _Slice(b: Builder, o: Operator) -> str:
    start, stop = b.size[:2]
    return b.layer("TAKE", o.inputs[0], start=start, stop=stop)


def _Transpose(b: Builder, o: Operator) -> str:
    """All numbers are one vector of a sample. From the last axis on, each is brought to its place by a turn of all in
    front of it: their first p numbers by q are dealt out as q by p, which is SHUFFLE p of p*q channels."""
    if not b.size:
        raise NotOurs("turns axes between other operators")
    shape = b.size
    name, front, behind = o.inputs[0], list(range(len(shape))), 1
    perm = list(o.attrs.get("perm", reversed(front)))
    for axis in reversed(perm):
        at = front.index(axis) + 1
        first, rest = prod(shape[i] for i in front[:at]), prod(shape[i] for i in front[at:])
        if first > 1 and rest > 1:
            name = b.layer("RESHAPE", name, size=(1, behind, first * rest))
            name = b.layer("SHUFFLE", name, groups=first)
        front = front[at:] + front[: at - 1]
        behind *= shape[axis]
    return name


def _Pad(b: Builder, o: Operator) -> str:
    pads = list(o.weights[1]) if len(o.weights) > 1 else list(o.attrs["pads"])
    value = o.weights[2] if len(o.weights) > 2 and o.weights[2] is not None else o.attrs.get("value", 0)
    if o.attrs.get("mode", "constant") != "constant" or float(value) != 0:
        raise NotOurs("pads with other numbers than 0")
    if len(pads) != 8 or min(pads) < 0 or pads[0] or pads[4]:
        raise NotOurs("pads samples, or cuts off")
    pad = tuple(int(pads[i]) for i in (2, 3, 6, 7))
    return b.layer("PAD", o.inputs[0], pad=pad, depth=(int(pads[1]), int(pads[5])))


def _Upsample(b: Builder, o: Operator) -> str:
    return _upsample(
        b, o.inputs[0], o.weights[1], "nearest" if o.attrs.get("mode", "nearest") == "nearest" else "bilinear"
    )


def _upsample(b: Builder, name: str, scales: Any, method: str) -> str:
    if len(scales) != 4 or any(s != int(s) or s < 1 for s in scales) or tuple(scales[:2]) != (1, 1):
        raise NotOurs("has no whole factors of height and width")
    return b.layer("UPSAMPLE", name, factor=(int(scales[2]), int(scales[3])), method=method)


def _Resize(b: Builder, o: Operator) -> str:
    mode, where = o.attrs.get("mode", "nearest"), o.attrs.get("coordinate_transformation_mode", "half_pixel")
    if mode == "cubic" or o.attrs.get("antialias") or o.attrs.get("exclude_outside"):
        raise NotOurs("is cubic, or smoothed")
    if o.attrs.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise NotOurs("finds a size of its own")
    t, axes = b.type(o.inputs[0]), o.attrs.get("axes", [0, 1, 2, 3])
    scales = [1.0] * 4
    if len(o.weights) > 2 and o.weights[2] is not None and len(o.weights[2]):
        for axis, scale in zip(axes, o.weights[2], strict=True):
            scales[axis] = float(scale)
    else:
        for axis, size in zip(axes, o.weights[3], strict=True):
            scales[axis] = size / (1, t.depth, t.height, t.width)[axis] if axis else 1.0
    rounding = o.attrs.get("nearest_mode", "round_prefer_floor")
    nearest = (where, rounding) in (("half_pixel", "round_prefer_floor"), ("asymmetric", "floor"))
    if where != "half_pixel" and not (mode == "nearest" and nearest):
        raise NotOurs("lays the corners of pixels elsewhere")
    if mode == "nearest" and not nearest:
        raise NotOurs("rounds otherwise")
    return _upsample(b, o.inputs[0], scales, "bilinear" if mode == "linear" else "nearest")


OPERATORS: Mapping[str, Callable[[Builder, Operator], Any]] = {
    "Add": _Add,
    "AveragePool": _AveragePool,
    "BatchNormalization": _BatchNormalization,
    "Clip": _Clip,
    "Concat": _Concat,
    "Conv": _Conv,
    "ConvTranspose": _ConvTranspose,
    "Dropout": _Dropout,
    "Elu": _Elu,
    "Flatten": _Flatten,
    "Gelu": _Gelu,
    "Gemm": _Gemm,
    "GlobalAveragePool": _GlobalAveragePool,
    "GlobalMaxPool": _GlobalMaxPool,
    "GroupNormalization": _GroupNormalization,
    "HardSigmoid": _HardSigmoid,
    "HardSwish": _HardSwish,
    "Identity": _Identity,
    "InstanceNormalization": _InstanceNormalization,
    "LRN": _LRN,
    "LayerNormalization": _LayerNormalization,
    "LeakyRelu": _LeakyRelu,
    "MatMul": _MatMul,
    "MaxPool": _MaxPool,
    "Mul": _Mul,
    "PRelu": _PRelu,
    "Pad": _Pad,
    "ReduceMax": _ReduceMax,
    "ReduceMean": _ReduceMean,
    "Relu": _Relu,
    "Reshape": _Reshape,
    "Resize": _Resize,
    "Sigmoid": _Sigmoid,
    "Slice": _Slice,
    "Softmax": _Softmax,
    "Softplus": _Softplus,
    "Split": _Split,
    "Sum": _Sum,
    "Swish": _Swish,
    "Tanh": _Tanh,
    "Transpose": _Transpose,
    "Upsample": _Upsample,
    "Squeeze": _Reshape,
    "Unsqueeze": _Reshape,
}
"""Operator to the layers that compute it; what it gives are their names."""
