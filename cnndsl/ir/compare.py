"""Two networks compared by meaning: what they compute, not how their files are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any, Literal

from cnndsl.ir.graph import Graph, Node

COMMUTES = ("ADD", "MUL")
"""Joins whose branches may stand in any order."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One step that is not the same. `before` and `after` are the nodes, one of them None where a step was added or
    removed; `arguments` has what changed, by name: (before, after)."""

    kind: Literal["removed", "added", "changed", "moved"]
    before: Node | None
    after: Node | None
    arguments: Mapping[str, tuple[Any, Any]]


def compare(before: Graph, after: Graph) -> list[Difference]:
    """What is different, in the order of the networks; empty where they are the same function with parameters of the
    same shapes. Names do not count, and the order of an ADD's or MUL's branches does not either."""
    if _whole(before) == _whole(after):
        return []
    found = list(_steps(before, after))
    return found or list(_wiring(before, after))


def _whole(graph: Graph) -> Counter[str]:
    """What a network is, whatever its steps are called: every step with all that is before it and all that goes on
    from it, as digests. Down and up again until no two steps are told apart that were not: which of two equal steps
    another one starts from counts, because each has parameters of its own."""
    users: dict[str, list[tuple[str, int]]] = {node.name: [] for node in graph}
    for node in graph:
        for at, name in enumerate(node.inputs):
            users[name].append((node.name, 0 if node.keyword in COMMUTES else at))
    own: dict[str, str] = {}
    for node in graph:
        own[node.name] = _digest(node.keyword, node.attrs, node.type, _inputs(node, own))
    heads: dict[str, list[str]] = {}
    for name, giver in graph.outputs.items():
        heads.setdefault(giver, []).append(name)
    kinds = 0
    while kinds < len(set(own.values())):
        kinds = len(set(own.values()))
        for node in reversed(graph.nodes):
            uses = sorted((own[user], at) for user, at in users[node.name])
            own[node.name] = _digest(own[node.name], uses, sorted(heads.get(node.name, ())))
        for node in graph:
            own[node.name] = _digest(own[node.name], _inputs(node, own))
    return Counter(own.values())


def _inputs(node: Node, own: Mapping[str, str]) -> list[str]:
    found = [own[name] for name in node.inputs]
    return sorted(found) if node.keyword in COMMUTES else found


def _digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()


def _arguments(node: Node) -> tuple[str, str]:
    return node.keyword, repr(node.attrs)


def _steps(before: Graph, after: Graph) -> Iterator[Difference]:
    """Steps that were added, removed or have other arguments."""
    old, new = list(before), list(after)
    matcher = SequenceMatcher(None, [_arguments(n) for n in old], [_arguments(n) for n in new], autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            yield from _replaced(old[i1:i2], new[j1:j2])


def _replaced(old: list[Node], new: list[Node]) -> Iterator[Difference]:
    """One run of steps in the place of another: those of one layer are told as changed."""
    matcher = SequenceMatcher(None, [n.keyword for n in old], [n.keyword for n in new], autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            yield from (_changed(a, b) for a, b in zip(old[i1:i2], new[j1:j2], strict=True))
        else:
            yield from (Difference("removed", a, None, {}) for a in old[i1:i2])
            yield from (Difference("added", None, b, {}) for b in new[j1:j2])


def _changed(a: Node, b: Node) -> Difference:
    one, two = a.op.dump(a.attrs), b.op.dump(b.attrs)
    return Difference("changed", a, b, {k: (one[k], two[k]) for k in one if one[k] != two[k]})


def _wiring(before: Graph, after: Graph) -> Iterator[Difference]:
    """Where every step is the same, those that start from another step, or give another output."""
    place = {node.name: at for at, node in enumerate(before)}
    other = {node.name: at for at, node in enumerate(after)}
    for a, b in zip(before, after, strict=True):
        if [place[n] for n in a.inputs] != [other[n] for n in b.inputs]:
            yield Difference("moved", a, b, {"input": (list(a.inputs), list(b.inputs))})
    old, new = {n: place[at] for n, at in before.outputs.items()}, {n: other[at] for n, at in after.outputs.items()}
    if old != new:
        a, b = before.nodes[-1], after.nodes[-1]
        yield Difference("moved", a, b, {"outputs": (dict(before.outputs), dict(after.outputs))})
