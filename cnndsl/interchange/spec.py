"""Format: a form of another system that networks are written in."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Iterable, Mapping
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

    `write(graph, arrays)` gives the files, texts or bytes, by their names (letters, digits and ``_.-``). `arrays` are
    the parameters and buffers by full name (``conv1.weight``). It raises CnnError (E812) for what the form cannot say,
    naming the layer.
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
    """A name as one of Python or C: ``block1.conv1`` is ``block1_conv1``."""
    found = "".join(letter if f"a{letter}".isidentifier() else "_" for letter in name)
    return f"{found}_" if keyword.iskeyword(found) else found


def class_name(name: str) -> str:
    """A network's name as that of a class: ``lenet5_relu`` is ``Lenet5Relu``."""
    found = "".join(part[:1].upper() + part[1:] for part in identifier(name).split("_") if part)
    return found if found.isidentifier() and not keyword.iskeyword(found) else f"Network{found}"


def distinct(names: Iterable[str], reserved: Collection[str], also: str = "") -> dict[str, str]:
    """An identifier for each name, none twice and none of those reserved: where two would be one, the later gets a
    ``_`` at its end. With `also`, the identifier with that at its end is kept free too."""
    found: dict[str, str] = {}
    taken = set(reserved)
    for name in names:
        mine = identifier(name)
        while mine in taken or f"{mine}{also}" in taken:
            mine += "_"
        taken |= {mine, f"{mine}{also}"}
        found[name] = mine
    return found


def readable(name: str) -> str:
    """A network's name for a comment: a file may be called anything, and a comment must not end in its middle."""
    return re.sub(r"[^\w .-]", "_", name)
