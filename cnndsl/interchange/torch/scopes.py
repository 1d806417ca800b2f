"""The blocks and heads of a network, read off the names of its layers: what becomes a submodule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import TensorType


@dataclass(frozen=True, slots=True)
class Scope:
    """Layers that take one tensor and give one: the use of a block, or a head; `path` is the beginning of their names
    (``""``: the whole network). `given` is the layer outside whose output they take, `gives` those whose outputs they
    give: one, or in the whole network one for each output."""

    path: str
    parts: tuple[Part, ...]
    given: str
    gives: tuple[str, ...]

    def local(self, part: Part) -> str:
        """A part's name inside: without the beginning that all have."""
        return (part.name if isinstance(part, Node) else part.path).removeprefix(f"{self.path}.")


Part = Node | Scope


def whole(graph: Graph) -> Scope:
    """The network as a tree."""
    counts = Counter(begins for node in graph for begins in _beginnings(node.name))
    parts = tuple(_parts(graph, graph.nodes[1:], "", counts))
    return Scope("", parts, graph.input.name, tuple(dict.fromkeys(graph.outputs.values())))


def inner(scope: Scope) -> Iterator[Scope]:
    """All scopes in this one, those inside others first."""
    for part in scope.parts:
        if isinstance(part, Scope):
            yield from inner(part)
            yield part


def inputs(part: Part) -> tuple[str, ...]:
    """The layers whose outputs a part takes."""
    return part.inputs if isinstance(part, Node) else (part.given,)


def output(part: Part) -> str:
    """The layer whose output a part gives."""
    return part.name if isinstance(part, Node) else part.gives[0]


def size(graph: Graph, part: Part) -> TensorType:
    """Of what a part gives."""
    return graph[output(part)].type


def _beginnings(name: str) -> Iterator[str]:
    """Of ``a.b.c``: ``a.`` and ``a.b.``"""
    return (name[: at + 1] for at, letter in enumerate(name) if letter == ".")


def _parts(graph: Graph, nodes: Sequence[Node], path: str, counts: Mapping[str, int]) -> Iterator[Part]:
    """Layers in a row, those of an inner scope as one; what does not take one tensor and give one is no scope, and its
    layers stand among the others. `counts`: how many names have a beginning."""
    for first, run in groupby(nodes, key=lambda node: node.name.removeprefix(path).rpartition(".")[0].split(".")[0]):
        own = tuple(run)
        if not first:
            yield from own
            continue
        begins = f"{path}{first}."
        parts = tuple(_parts(graph, own, begins, counts))
        given, gives = _from_outside(own), _to_outside(graph, own)
        if counts[begins] == len(own) and len(given) == len(gives) == 1:
            yield Scope(begins.removesuffix("."), parts, given[0], tuple(gives))
        else:
            yield from parts


def _from_outside(nodes: Iterable[Node]) -> list[str]:
    own = {node.name for node in nodes}
    return list(dict.fromkeys(name for node in nodes for name in node.inputs if name not in own))


def _to_outside(graph: Graph, nodes: Iterable[Node]) -> list[str]:
    own, ends = {node.name for node in nodes}, set(graph.outputs.values())
    return [n for n in own if n in ends or any(reader.name not in own for reader in graph.consumers[n])]
