"""What a file's data set says about its network: the input's size, and the number of classes."""

from __future__ import annotations

from collections.abc import Sequence

from cnndsl.diagnostics import Diagnostic, Label
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType
from cnndsl.recipe.data import FACTS
from cnndsl.recipe.spec import Recipe


def data_size(recipe: Recipe) -> tuple[int, int, int] | None:
    """Height x width x depth of the recipe's images after padding, where they are known without opening files."""
    if recipe.data is None or recipe.data.word not in FACTS:
        return None
    height, width, depth = FACTS[recipe.data.word].size
    pad = 2 * recipe.data.attrs.pad
    return height + pad, width + pad, depth


def check_data(
    recipe: Recipe, nodes: Sequence[Node], output: TensorType | None, diagnostics: list[Diagnostic]
) -> None:
    """Compares the data set with the network: E603 the images' size, E604 and W601 the classes."""
    size = data_size(recipe)
    if size is None or recipe.data is None or not nodes or output is None:
        return
    word, pad = recipe.data.word, recipe.data.attrs.pad
    first, last = nodes[0], nodes[-1]
    place = recipe.data.span
    if (first.type.height, first.type.width, first.type.depth) != size:
        shown = "x".join(map(str, size))
        note = (f"{word} is {'x'.join(map(str, FACTS[word].size))}, and `pad {pad}` adds {pad} on each side",)
        related = (Label(first.span, f"takes {first.type}"),) if first.span else ()
        message = f"the images are {shown}, and the network takes {first.type}"
        notes = note if pad else ()
        help = (f"write `INPUT {shown}`",)
        diagnostics.append(Diagnostic("E603", message, place, f"gives {shown}", related, notes, help))
    classes = FACTS[word].classes
    if output.count == classes:
        return
    related = (Label(last.span, f"gives {output}"),) if last.span else ()
    if (output.height, output.width) == (1, 1) and output.depth > classes:
        message = f"the network tells {output.depth} classes apart, and {word} has {classes}"
        diagnostics.append(Diagnostic("W601", message, place, f"{classes} classes", related))
    else:
        help = (f"end the network with `FC {classes}`",)
        message = f"{word} has {classes} classes, and the network's output is {output}"
        diagnostics.append(Diagnostic("E604", message, place, f"{classes} classes", related, help=help))
