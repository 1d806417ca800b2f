"""Whether a network and its data fit: input size against images, outputs against classes."""

from __future__ import annotations

from cnndsl.diagnostics import Diagnostic, Fix, Label
from cnndsl.diagnostics.model import replaced
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType
from cnndsl.recipe.data import FACTS
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.spec import Recipe, Setting
from cnndsl.source import Span


def fit(
    first: Node,
    last: Node | None,
    found: Facts,
    *,
    data: str,
    pad: int = 0,
    span: Span | None = None,
    binary: bool = False,
) -> tuple[Diagnostic, ...]:
    """What is wrong between a network and the set `data`, of which `found` are the facts (`pad` included).

    `first` is the INPUT node and `last` that of the main output, None where it is not known; `span` is where the train
    block names the set. With `binary`, one output says which of two classes it is. E603: images of another size than
    INPUT. E604: the main output is not one value a class, or has fewer than there are classes. W601: it has more."""
    one_of_two = binary and last is not None and found.classes == 2 and last.type.count == 1
    classes = _classes(last, found, span) if last is not None and not one_of_two else ()
    return (*_input(first, found, data, pad, span), *classes)


def _related(span: Span | None, text: str) -> tuple[Label, ...]:
    return (Label(span, text),) if span is not None else ()


def _input(node: Node, found: Facts, data: str, pad: int, span: Span | None) -> tuple[Diagnostic, ...]:
    if found.size is None:
        return ()
    images = TensorType(*found.size)
    if node.type == images:
        return ()
    fixes = _rewrite(node.span, f"INPUT {images}")
    help: list[str] = [] if fixes else [f"write `INPUT {images}`"]
    height, width = node.type.height - images.height, node.type.width - images.width
    needed = pad + height // 2
    if node.type.depth != images.depth:
        if data == "npz" and sorted(node.type.dimensions) == sorted(images.dimensions):
            help.append("arrays are laid out N, D, H, W: turn N, H, W, D with `x.transpose(0, 3, 1, 2)`")
    elif found.resized:
        help.append(f"or `resize {node.type.height}x{node.type.width}`")
    elif height == width and height % 2 == 0 and needed >= 0:
        help.append(f"or `data {data} pad {needed}`" if needed else "or leave `pad` out")
    how = " after `resize`" if found.resized else f" with pad {pad}" if pad else ""
    return (
        Diagnostic(
            "E603",
            f"INPUT is {node.type}, but the images of `{data}` are {images}{how}",
            node.span,
            label=f"takes {node.type}",
            related=_related(span, f"gives {images}"),
            help=tuple(help),
            fixes=fixes,
        ),
    )


def _rewrite(span: Span | None, text: str) -> tuple[Fix, ...]:
    if span is None or not span.text.startswith("INPUT "):
        return ()
    return replaced(span, f"write `{text}`", text, sure=False)


def _classes(node: Node, found: Facts, span: Span | None) -> tuple[Diagnostic, ...]:
    classes, outputs = found.classes, node.type.count
    if classes is None:
        return ()
    if (node.type.height, node.type.width) != (1, 1):
        return (
            Diagnostic(
                "E604",
                f"the network ends in a map of {node.type}; labels need one value for each of {classes} classes",
                node.span,
                label=f"gives {node.type}",
                related=_related(span, f"has {classes} classes"),
                help=(f"end with `FC {classes}`, or with `POOL mean global` on {classes} channels",),
            ),
        )
    if outputs == classes:
        return ()
    few = outputs < classes
    return (
        Diagnostic(
            "E604" if few else "W601",
            f"the network has {outputs} output{'s' if outputs > 1 else ''}, the data have {classes} classes",
            node.span,
            label=f"gives {outputs}",
            related=_related(span, f"has {classes} classes"),
            notes=(f"labels go from 0 to {classes - 1}",),
            help=(f"let the last layer give {classes}",),
        ),
    )


def channels(recipe: Recipe, depth: int) -> tuple[Diagnostic, ...]:
    """E504 where `normalize` has numbers that are neither one nor one a channel of the input, which has `depth`."""
    setting: Setting = recipe.normalize
    counts = {len(getattr(setting.attrs, name, (0,))) for name in ("mean", "deviation")} - {1, depth}
    if not counts:
        return ()
    message = f"`normalize` has {max(counts)} numbers, and the input {depth} channel{'s' if depth > 1 else ''}"
    return (Diagnostic("E504", message, setting.span, help=("give one number, or one for each channel",)),)


def fitting(size: TensorType) -> tuple[str, ...]:
    """What a train block may say to get images of a size: sets known by name, then one's own."""
    found = []
    for word, known in FACTS.items():
        if known.size is None:
            continue
        height, width, depth = known.size
        more = (size.height - height, size.width - width)
        if depth == size.depth and more[0] == more[1] and more[0] >= 0 and more[0] % 2 == 0 and more[0] <= height:
            found.append(f"data {word}" + (f" pad {more[0] // 2}" if more[0] else ""))
    return (*found, 'data npz "my/data.npz"', f"data random {size}")
