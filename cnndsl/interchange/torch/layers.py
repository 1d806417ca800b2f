"""Every layer in PyTorch's words: a submodule, where it has one, and the expression that computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cnndsl.interchange.spec import cannot_say
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType
from cnndsl.ops.axis import Axis
from cnndsl.ops.pool import axes as pool_axes
from cnndsl.ops.window import axes

BIAS = "_bias"
"""How a bias that is no module's is called: by its layer's name and this."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A layer in PyTorch. `call` computes it; `module` is its submodule, `parameters` those that belong to no module,
    by attribute with their shapes; `names` are what our arrays are called there, where that is not ``NAME.weight``;
    `helper` is a function that the file must have."""

    call: str
    module: str = ""
    parameters: Mapping[str, tuple[int, ...]] = ()  # type: ignore[assignment]
    names: Mapping[str, str] = ()  # type: ignore[assignment]
    helper: str = ""


def piece(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    """The layer on these expressions, as the attribute `name`. Raises CnnError (E812) where PyTorch has no words for
    it."""
    make = PIECES.get(node.keyword)
    if make is None:
        raise cannot_say("PyTorch", node)
    return make(node, inputs, xs, name)


def _pair(values: tuple[int, ...]) -> str:
    """Height and width: one number where they are equal."""
    return str(values[0]) if len(set(values)) == 1 else f"({', '.join(map(str, values))})"


def _sides(rows: Axis, columns: Axis) -> tuple[int, int, int, int]:
    """Cells left, right, above and below, as `F.pad` takes them; what the last windows hang over counts."""
    return columns.before, columns.after + columns.overhang, rows.before, rows.after + rows.overhang


def _convolution(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    a, x = node.attrs, inputs[0]
    rows, columns = axes(a, x)
    left, right, top, bottom = _sides(rows, columns)
    given, arguments = xs[0], [str(x.depth), str(node.type.depth), _pair((rows.window, columns.window))]
    if (rows.stride, columns.stride) != (1, 1):
        arguments.append(f"stride={_pair((rows.stride, columns.stride))}")
    if left == right and top == bottom:
        if left or top:
            arguments.append(f"padding={_pair((top, left))}")
    else:
        given = f"F.pad({given}, ({left}, {right}, {top}, {bottom}))"
    if (rows.dilate, columns.dilate) != (1, 1):
        arguments.append(f"dilation={_pair((rows.dilate, columns.dilate))}")
    groups = a.groups if node.keyword == "CONV" else x.depth
    if groups > 1:
        arguments.append(f"groups={groups}")
    return _biased(node, name, f"nn.Conv2d({', '.join(arguments)}", f"({given})")


def _biased(node: Node, name: str, module: str, given: str, pads: str = "") -> Piece:
    """A convolution with its bias. PyTorch's own is one a filter; ours by position, and one that comes behind more
    padding, is a parameter by itself."""
    bias = node.attrs.bias
    call = f"F.pad(self.{name}{given}, {pads})" if pads else f"self.{name}{given}"
    if bias == "filter" and not pads:
        return Piece(call, f"{module})")
    module = f"{module}, bias=False)"
    if bias == "none":
        return Piece(call, module)
    own = f"{name}{BIAS}"
    shape, seen = (node.type.shape, "") if bias == "position" else ((node.type.depth,), "[:, None, None]")
    return Piece(f"{call} + self.{own}{seen}", module, {own: shape}, {"bias": own})


def _deconv(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    """PyTorch cuts off as much on both sides; where ours differ, or more is added than it allows, F.pad does it."""
    a, x = node.attrs, inputs[0]
    top, left, bottom, right = a.pad
    arguments = [str(x.depth), str(node.type.depth), _pair(a.window)]
    if a.stride != (1, 1):
        arguments.append(f"stride={_pair(a.stride)}")
    pads = ""
    reach = [max(s, d) for s, d in zip(a.stride, a.dilate, strict=True)]
    if top == bottom and left == right and all(e < r for e, r in zip(a.extra, reach, strict=True)):
        if top or left:
            arguments.append(f"padding={_pair((top, left))}")
        if any(a.extra):
            arguments.append(f"output_padding={_pair(a.extra)}")
    else:
        pads = f"({-left}, {a.extra[1] - right}, {-top}, {a.extra[0] - bottom})"
    if a.groups > 1:
        arguments.append(f"groups={a.groups}")
    if a.dilate != (1, 1):
        arguments.append(f"dilation={_pair(a.dilate)}")
    return _biased(node, name, f"nn.ConvTranspose2d({', '.join(arguments)}", f"({xs[0]})", pads)


def _pool(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    a, x = node.attrs, xs[0]
    if a.reach == "global":
        return Piece(f"{x}.amax((2, 3), keepdim=True)" if a.mode == "max" else f"{x}.mean((2, 3), keepdim=True)")
    rows, columns = pool_axes(a, inputs[0])
    left, right, top, bottom = _sides(rows, columns)
    window, stride = _pair((rows.window, columns.window)), _pair((rows.stride, columns.stride))
    same = left == right and top == bottom and 2 * left <= columns.window and 2 * top <= rows.window
    pad = _pair((top, left))
    if a.mode == "max":
        if same:
            return Piece(f"F.max_pool2d({x}, {window}, {stride}{f', {pad}' if left or top else ''})")
        return Piece(
            f'F.max_pool2d(F.pad({x}, ({left}, {right}, {top}, {bottom}), value=float("-inf")), {window}, {stride})'
        )
    hangs = rows.overhang or columns.overhang
    if not (left or right or top or bottom):
        return Piece(f"F.avg_pool2d({x}, {window}, {stride})")
    if same and not hangs:
        return Piece(f"F.avg_pool2d({x}, {window}, {stride}, {pad}, count_include_pad={a.countpad})")
    counted = (columns.before, columns.after, rows.before, rows.after) if a.countpad else (0, 0, 0, 0)
    hung = (left, right, top, bottom)
    return Piece(f"mean_pool({x}, {window}, {stride}, {hung}, {counted})", helper="mean_pool")


def _bn(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    a = node.attrs
    kind = "BatchNorm1d" if node.type.flat else "BatchNorm2d"
    more = "" if a.scale else ", affine=False"
    module = f"nn.{kind}({node.type.depth}, eps={a.eps!r}, momentum={a.momentum!r}{more})"
    return Piece(f"self.{name}({xs[0]})", module)


def _lrn(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    a, x = node.attrs, xs[0]
    arguments = f"{a.channels}, {a.alpha!r}, {a.beta!r}, {a.k!r}"
    if node.type.flat:
        return Piece(f"F.local_response_norm({x}[:, :, None], {arguments})[:, :, 0]")
    return Piece(f"F.local_response_norm({x}, {arguments})")


def _gn(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    """PyTorch refuses groups of a single value in a batch of one; ours are then 0, and the shift remains."""
    a, y = node.attrs, node.type
    module = f"nn.GroupNorm({a.groups}, {y.depth}, eps={a.eps!r})"
    if y.count > a.groups:
        return Piece(f"self.{name}({xs[0]})", module)
    seen = "" if y.flat else "[:, None, None]"
    normal = f"F.layer_norm({xs[0]}[..., None], (1,), eps={a.eps!r})[..., 0]"
    return Piece(f"{normal} * self.{name}.weight{seen} + self.{name}.bias{seen}", module)


def _ln(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    module = f"nn.LayerNorm({node.type.depth}, eps={node.attrs.eps!r})"
    if node.type.flat:
        return Piece(f"self.{name}({xs[0]})", module)
    return Piece(f"self.{name}({xs[0]}.movedim(1, -1)).movedim(-1, 1)", module)


def _fc(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    x = xs[0] if inputs[0].flat else f"{xs[0]}.flatten(1)"
    bias = "" if node.attrs.bias != "none" else ", bias=False"
    return Piece(f"self.{name}({x})", f"nn.Linear({inputs[0].count}, {node.attrs.units}{bias})")


def _prelu(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    return Piece(f"self.{name}({xs[0]})", f"nn.PReLU({node.type.depth})")


def _dropout(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    return Piece(f"F.dropout({xs[0]}, {node.attrs.rate!r}, self.training)")


def _scale(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    factor = f"self.{name}" if node.type.flat else f"self.{name}[:, None, None]"
    return Piece(f"{xs[0]} * {factor}", "", {name: (node.type.depth,)}, {"weight": name})


def _upsample(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    """`F.interpolate` finds the nearest cell by a product in floating point, which is right for powers of two."""
    a, x = node.attrs, xs[0]
    if a.method == "bilinear":
        return Piece(f'F.interpolate({x}, scale_factor={_pair(a.factor)}, mode="bilinear", align_corners=False)')
    if all(k & (k - 1) == 0 for k in a.factor):
        return Piece(f"F.interpolate({x}, scale_factor={_pair(a.factor)})")
    return Piece(f"{x}.repeat_interleave({a.factor[0]}, 2).repeat_interleave({a.factor[1]}, 3)")


def _pad(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    top, left, bottom, right = node.attrs.pad
    before, after = node.attrs.depth
    if node.type.flat:
        return Piece(f"F.pad({xs[0]}, ({before}, {after}))")
    depth = f", {before}, {after}" if before or after else ""
    return Piece(f"F.pad({xs[0]}, ({left}, {right}, {top}, {bottom}{depth}))")


def _shuffle(node: Node, inputs: tuple[TensorType, ...], xs: list[str], name: str) -> Piece:
    return Piece(f"{xs[0]}.unflatten(1, ({node.attrs.groups}, -1)).transpose(1, 2).flatten(1, 2)")


def _joined(node: Node, inputs: tuple[TensorType, ...], xs: list[str]) -> list[str]:
    """The branches; vectors beside maps as maps of 1x1."""
    mixed = not node.type.flat
    return [f"{x}[:, :, None, None]" if mixed and t.flat else x for x, t in zip(xs, inputs, strict=True)]


def _called(template: str) -> Callable[[Node, tuple[TensorType, ...], list[str], str], Piece]:
    return lambda node, _inputs, xs, _name: Piece(template.format(x=xs[0], a=node.attrs))


PIECES: Mapping[str, Callable[[Node, tuple[TensorType, ...], list[str], str], Piece]] = {
    "CONV": _convolution,
    "DWCONV": _convolution,
    "DECONV": _deconv,
    "POOL": _pool,
    "BN": _bn,
    "LRN": _lrn,
    "GN": _gn,
    "LN": _ln,
    "FC": _fc,
    "PRELU": _prelu,
    "DROPOUT": _dropout,
    "SCALE": _scale,
    "UPSAMPLE": _upsample,
    "PAD": _pad,
    "SHUFFLE": _shuffle,
    "ADD": lambda node, inputs, xs, _: Piece(" + ".join(_joined(node, inputs, xs))),
    "MUL": lambda node, inputs, xs, _: Piece(" * ".join(_joined(node, inputs, xs))),
    "CONCAT": lambda node, inputs, xs, _: Piece(f"torch.cat(({', '.join(_joined(node, inputs, xs))}), 1)"),
    "RESHAPE": lambda node, _inputs, xs, _name: Piece(f"{xs[0]}.reshape(-1, {', '.join(map(str, node.type.shape))})"),
    "TAKE": _called("{x}[:, {a.start}:{a.stop}]"),
    "FLATTEN": _called("{x}.flatten(1)"),
    "SOFTMAX": _called("{x}.softmax(1)"),
    "RELU": _called("F.relu({x})"),
    "RELU6": _called("F.relu6({x})"),
    "LEAKY": _called("F.leaky_relu({x}, {a.slope!r})"),
    "ELU": _called("F.elu({x}, {a.alpha!r})"),
    "GELU": _called("F.gelu({x})"),
    "SILU": _called("F.silu({x})"),
    "SOFTPLUS": _called("F.softplus({x})"),
    "HSWISH": _called("F.hardswish({x})"),
    "HSIGMOID": _called("F.hardsigmoid({x})"),
    "SIGMOID": _called("{x}.sigmoid()"),
    "TANH": _called("{x}.tanh()"),
}

HELPERS: Mapping[str, str] = {
    "mean_pool": '''
def mean_pool(x: Tensor, window, stride, pad: tuple[int, ...], counted: tuple[int, ...]) -> Tensor:
    """Means over windows of the cells that count: those of x, and those of the pads `counted`, but not all of `pad`
    (left, right, top, bottom)."""
    ones = F.pad(torch.ones_like(x[:1, :1]), counted, value=1.0)
    ones = F.pad(ones, tuple(p - c for p, c in zip(pad, counted)))
    sums = F.avg_pool2d(F.pad(x, pad), window, stride, divisor_override=1)
    return sums / F.avg_pool2d(ones, window, stride, divisor_override=1)
''',
}
"""Functions that PyTorch lacks, as text."""
