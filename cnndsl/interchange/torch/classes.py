"""The classes of the written file: scopes that are alike but for their numbers share one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cnndsl.interchange.spec import class_name, distinct
from cnndsl.interchange.torch.body import Body, body
from cnndsl.interchange.torch.reserved import CLASSES, VARIABLES
from cnndsl.interchange.torch.scopes import Scope, inner
from cnndsl.ir.graph import Graph

NUMBER = re.compile(r"(?<![\w.+-])[0-9]+(?![\w.])")
"""A whole number that stands by itself."""


@dataclass(frozen=True, slots=True)
class Class:
    """`uses` are the paths of its scopes, and `bodies` theirs. Where they differ in numbers, `parameters` are what
    `__init__` takes, and each number that differs is one of them: `of`, by its place among all numbers."""

    name: str
    uses: tuple[str, ...]
    bodies: tuple[Body, ...]
    parameters: tuple[str, ...] = ()
    of: Mapping[int, str] = field(default_factory=dict)

    def calls(self) -> Iterator[tuple[str, str]]:
        """Each use's path, and the call that makes it."""
        for path, one in zip(self.uses, self.bodies, strict=True):
            numbers = _numbers(one)
            given = [numbers[next(k for k, own in self.of.items() if own == name)] for name in self.parameters]
            yield path, f"{self.name}({', '.join(given)})"

    def made(self) -> Iterator[tuple[str, str]]:
        """Attributes and what they are, in terms of the parameters."""
        at = -1

        def said(found: re.Match[str]) -> str:
            nonlocal at
            at += 1
            return self.of.get(at, found[0])

        for attribute, text in self.bodies[0].made:
            yield attribute, NUMBER.sub(said, text)


def classes(graph: Graph, network: Scope, taken: Collection[str]) -> tuple[Class, ...]:
    """One for each form that the scopes inside the network have, each behind those that it uses. `taken` are names that
    no class may have. Raises CnnError (E812)."""
    made: list[Class] = []
    calls: dict[str, str] = {}
    heights: dict[str, int] = {}
    scopes = list(inner(network))
    for scope in scopes:
        heights[scope.path] = 1 + max((heights[p.path] for p in scope.parts if isinstance(p, Scope)), default=-1)
    for height in sorted(set(heights.values())):
        alike: dict[object, list[tuple[str, Body]]] = {}
        for scope in scopes:
            if heights[scope.path] == height:
                one = body(graph, scope, calls)
                alike.setdefault(_form(one), []).append((scope.path, one))
        for uses in alike.values():
            name = _name(uses[0][0], {*taken, *CLASSES, *(other.name for other in made)})
            known = {other.name: other.parameters for other in made}
            made.append(_shared(name, tuple(path for path, _ in uses), tuple(one for _, one in uses), known))
            calls |= made[-1].calls()
    return tuple(made)


def _form(one: Body) -> object:
    """What scopes of one class agree in: all but the numbers that `__init__` is given, and sizes."""
    made = tuple((attribute, NUMBER.sub("0", text)) for attribute, text in one.made)
    return made, tuple((variable, call) for variable, call, _ in one.lines), one.gives


def _numbers(one: Body) -> list[str]:
    return [number for _, text in one.made for number in NUMBER.findall(text)]


def _name(path: str, taken: Collection[str]) -> str:
    """``basic1`` is a ``Basic``; a number tells apart what would be called alike."""
    stem = class_name(path.rpartition(".")[2].rstrip("0123456789"))
    number, found = 1, stem
    while found in taken:
        number += 1
        found = f"{stem}{number}"
    return found


def _shared(name: str, uses: tuple[str, ...], bodies: tuple[Body, ...], known: Mapping[str, tuple[str, ...]]) -> Class:
    """`known` are the classes that it may use, and their parameters."""
    columns = list(zip(*map(_numbers, bodies), strict=True))
    meant = _meanings(bodies[0], {**MEANINGS, **known})
    differing = {column: at for at, column in reversed(list(enumerate(columns))) if len(set(column)) > 1}
    order = sorted(differing.values())
    names = _apart([meant[at] for at in order])
    by_column = {columns[at]: name for at, name in zip(order, names, strict=True)}
    of = {at: by_column[column] for at, column in enumerate(columns) if column in by_column}
    return Class(name, uses, bodies, tuple(names), of)


def _apart(names: Sequence[str]) -> list[str]:
    """Names of parameters, none twice."""
    keyed = [name if name not in names[:at] else f"{name}_{at}" for at, name in enumerate(names)]
    return list(distinct(keyed, VARIABLES - {"x"}).values())


MEANINGS = {"Conv2d": ("in", "out", "window"), "ConvTranspose2d": ("in", "out", "window"), "Linear": ("in", "out")}
"""What the first numbers of a module are; of others the first is the depth."""


def _meanings(one: Body, known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """For each number a name that says what it is: ``conv1_out``."""
    found = []
    for attribute, text in one.made:
        kind = text.removeprefix("nn.").partition("(")[0]
        places = known.get(kind, ("depth",))
        for at, match in enumerate(NUMBER.finditer(text)):
            named = re.search(r"(\w+)=\(?$", text[: match.start()])
            meaning = named[1] if named else places[at] if at < len(places) else str(at)
            found.append(f"{attribute}_{meaning}")
    return found
