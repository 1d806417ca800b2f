"""Whether a network and its data fit: input size against images, outputs against classes."""

from __future__ import annotations

from cnndsl.diagnostics import Diagnostic, Fix, Label
from cnndsl.diagnostics.model import replaced
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType
from cnndsl.recipe.data import Facts
from cnndsl.source import Span


def fit(
    first: Node, last: Node | None, found: Facts, *, data: str, pad: int = 0, span: Span | None = None
) -> tuple[Diagnostic, ...]:
    """What is wrong between a network and the set `data`, of which `found` are the facts (`pad` included).

    `first` is the INPUT node and `last` that of the main output, None where it is not known; `span` is where the train
    block names the set. E603: images of another size than INPUT. E604: the main output is not one value a class, or has
    fewer than there are classes. W601: it has more.
    """
    classes = _classes(last, found, span) if last is not None else ()
    return (*_input(first, found, data, pad, span), *classes)


def _related(span: Span | None, text: str) -> tuple[Label, ...]:
    return (Label(span, text),) if span is not None else ()


def _input(node: Node, found: Facts, data: str, pad: int, span: Span | None) -> tuple[Diagnostic, ...]:
    images = TensorType(*found.size)
    if node.type == images:
        return ()
    fixes = _rewrite(node.span, f"INPUT {images}")
    help: list[str] = [] if fixes else [f"write `INPUT {images}`"]
    height, width = node.type.height - images.height, node.type.width - images.width
    needed = pad + height // 2
    if node.type.depth == images.depth and height == width and height % 2 == 0 and needed >= 0:
        help.append(f"or `data {data} pad {needed}`" if needed else "or leave `pad` out")
    return (
        Diagnostic(
            "E603",
            f"INPUT is {node.type}, but the images of `{data}` are {images}" + (f" with pad {pad}" if pad else ""),
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
