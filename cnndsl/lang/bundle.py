"""A file that uses others as one file: the blocks it uses are written into it, and every step keeps its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cnndsl.lang import ast


def bundle(module: ast.Module, used: tuple[ast.Module, ...]) -> ast.Module:
    """The same network in a file that stands alone. `used` are the files that the module uses (`cnndsl.lang.uses`).

    Blocks of other files come first, so that no `set` of this one is above them; each begins with the `set`s that stood
    above it in its own.
    """
    if not module.uses:
        return module
    own = [(item, separator) for item, separator in _items(module) if not isinstance(item, ast.Use)]
    needed = _needed(module, used)
    brought = [block for other in used for block in _self_contained(other) if block.name.text in needed]
    separators = (module.separators[0], *("\n" for _ in brought), *(separator for _, separator in own))
    return replace(module, items=(*brought, *(item for item, _ in own)), separators=separators)


def _items(module: ast.Module) -> Iterator[tuple[ast.Item, str]]:
    """Each item and the separator behind it."""
    return zip(module.items, module.separators[1:], strict=True)


def _needed(module: ast.Module, used: tuple[ast.Module, ...]) -> set[str]:
    """Names of the blocks of other files that the network and its own blocks use."""
    others = {block.name.text: block.steps for other in used for block in other.blocks}
    waiting = _called(module.items)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in others and name not in found:
            found.add(name)
            waiting += _called(others[name])
    return found


def _called(items: tuple[ast.Item, ...] | ast.Steps) -> list[str]:
    return [item.name.text for item in ast.walk(items) if isinstance(item, ast.Call)]


def _self_contained(module: ast.Module) -> Iterator[ast.Block]:
    """The blocks of a file, each with the `set`s above it that say something of its steps."""
    above: list[ast.Set] = []
    for item in module.items:
        if isinstance(item, ast.Set):
            above.append(item)
        elif isinstance(item, ast.Block):
            text = item.span.text
            sets = [s for s in above if re.search(rf"\b{s.keyword}\b", text, re.IGNORECASE)]
            yield replace(item, steps=_behind(sets, item.steps)) if sets else item


def _behind(sets: list[ast.Set], steps: ast.Steps) -> ast.Steps:
    """The steps of a block behind those `set`s, a line each."""
    first, *between, last = (*steps.separators[:1], *("\n" for _ in sets), *steps.separators[1:])
    first, last = (s if "\n" in s else f"{s}\n" for s in (first, last))
    return ast.Steps((*sets, *steps.items), (first, *between, last))
