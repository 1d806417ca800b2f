"""Numbers worked out by hand, a module a layer: arguments, inputs, what comes out, and the gradients.

`CASES` are dicts: ``name``; ``attrs`` of the layer; ``x`` or ``xs``, samples first; ``params`` by local name; ``y``;
``dy`` and with it ``dx`` or ``dxs`` and ``dparams``; ``training`` (True where left out); ``buffers`` after the pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

Case = dict[str, Any]


def cases() -> Iterator[tuple[str, Case]]:
    """Every case with its layer's keyword."""
    for found in iter_modules(__path__):
        for case in import_module(f"{__name__}.{found.name}").CASES:
            yield found.name.upper(), case
