"""A layer in the words of the language."""

from __future__ import annotations

from cnndsl.ir.graph import Node
from cnndsl.lang.written import written
from cnndsl.ops.spec import Op

SHORT = ("fit", "bias")
"""Arguments that a picture leaves out: they say nothing of the shape."""


def phrase(node: Node, *, short: bool = False) -> str:
    """``CONV 3x3 *64 stride 2 pad 1``."""
    if not isinstance(node.op, Op):
        return node.keyword
    values = node.op.dump(node.attrs)
    if short:
        values = {name: value for name, value in values.items() if name not in SHORT}
    return " ".join([node.keyword, *written(node.op, values)])
