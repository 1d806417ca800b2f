"""Format: a form of another system that networks are written in."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph, Node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[float]]  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class Format:
    """A form to write networks in.

    `write(graph, arrays)` gives the files, by their names: texts, or bytes. `arrays` are the parameters and buffers by
    full name (``conv1.weight``). It raises CnnError (E812) for what the form cannot say, naming the layer.
    """

    name: str
    summary: str
    write: Callable[[Graph, Arrays], Mapping[str, str | bytes]]


def cannot_say(form: str, node: Node, why: str = "") -> CnnError:
    """E812, at the layer."""
    what = f"{form} cannot say {node.keyword}{f' {why}' if why else ''}"
    help = ("leave the layer out, or write it another way",)
    return CnnError(Diagnostic("E812", what, node.span, node.name, help=help))


def identifier(name: str) -> str:
    """A node's name as one of Python or C: ``block1.conv1`` is ``block1_conv1``."""
    found = re.sub(r"\W", "_", name)
    return f"{found}_" if keyword.iskeyword(found) else found


def class_name(name: str) -> str:
    """A network's name as that of a class: ``lenet5_relu`` is ``Lenet5Relu``."""
    found = "".join(part[:1].upper() + part[1:] for part in re.split(r"[\W_]+", name) if part)
    return found if found[:1].isalpha() else f"Network{found}"
