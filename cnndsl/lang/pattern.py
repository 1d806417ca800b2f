"""Patterns, such as `INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K`, and whether a network has the form of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.lang import ast
from cnndsl.lang.bind import Bound, Signature, bind
from cnndsl.lang.resolve import resolve
from cnndsl.ops.spec import Op

PASSED_OVER = ("activation", "noise")
"""Kinds of layers that `match` passes over between the named ones; BN is the one norm that it does."""
MOST_TRIES = 1_000_000
"""Layers held against layers, some seconds' work; a pattern that needs more is refused."""


def variables(module: ast.Module) -> tuple[str, ...]:
    """The pattern variables of a file, in the order of the text."""
    every = (name for s in ast.walk(module.items) for e in ast.expressions(s) for name in ast.names(e.root))
    return tuple(dict.fromkeys(n.text for n in sorted(every, key=lambda n: n.span.start) if n.is_variable))


def is_pattern(module: ast.Module) -> bool:
    """Whether a file has variables, `?`, or an INPUT without size."""
    if variables(module) or _has_optional(module):
        return True
    first = next((s for s in module.steps if not isinstance(s, ast.Set)), None)
    return isinstance(first, ast.Layer) and first.keyword == "INPUT" and not first.args


def _has_optional(module: ast.Module) -> bool:
    steps = (s for s in ast.walk(module.items) if isinstance(s, ast.Layer | ast.Group | ast.Call))
    return any(step.optional for step in steps)


@dataclass(frozen=True, slots=True)
class Item:
    """One layer of a network as `match` sees it: its arguments as written, its branches written out."""

    op: Op | None
    keyword: str
    values: Mapping[str, Any]
    branches: tuple[tuple[Item, ...], ...] | None

    @property
    def passed_over(self) -> bool:
        return self.op is not None and (self.op.kind in PASSED_OVER or self.keyword == "BN")


State: TypeAlias = tuple[int, tuple[int | None, ...]]
"""How many items of the network are matched, and the values of the variables so far."""


def match(pattern: ast.Module, network: ast.Module, layers: Mapping[str, Op]) -> dict[str, int] | None:
    """The values of the pattern's variables with which the network has its form: the smallest, in the order of the
    text; None where it has not. The network is one that was written out (`expand`). Raises CnnError (E210, E806) where
    it is a pattern itself or there are too many ways to try."""
    refuse_pattern(network)
    for item in ast.walk(pattern.items):
        if isinstance(item, ast.Block | ast.Use | ast.Set | ast.Call | ast.Ref):
            message = "a pattern to match has layers and groups only: no blocks, `set`, `use` or labels"
            raise CnnError(Diagnostic("E806", message, item.span))
    matcher = _Matcher(layers, variables(pattern))
    items = matcher.items(network.steps)
    steps = pattern.steps
    if steps and not (isinstance(steps[0], ast.Layer) and steps[0].keyword == "INPUT"):
        items = items[1:] if items and items[0].keyword == "INPUT" else items
    elif not items or items[0].keyword != "INPUT":
        items = (Item(layers["INPUT"], "INPUT", {}, None), *items)
    states = matcher.run(steps, items, {(0, (None,) * len(matcher.variables))})
    ends = [tuple(v or 1 for v in values) for at, values in states if matcher.rest_passed_over(items, at)]
    return dict(zip(matcher.variables, min(ends), strict=True)) if ends else None


def refuse_pattern(network: ast.Module) -> None:
    """Raises CnnError (E210) where a file is a pattern itself."""
    if variables(network) or _has_optional(network):
        help = ("write it out first, with values: `cnndsl expand FILE -D N=2 | cnndsl match PATTERN -`",)
        raise CnnError(Diagnostic("E210", f"{network.source.name} is a pattern itself, not a network", help=help))


class _Matcher:
    def __init__(self, layers: Mapping[str, Op], names: tuple[str, ...]):
        self.layers = layers
        self.activations = {op.activation_word: op for op in layers.values() if op.activation_word}
        self.variables = names
        self.cache: dict[int, Bound] = {}
        self.tried = 0

    def bound(self, step: ast.Layer) -> Bound:
        """Arguments of a step; what is wrong with them is told elsewhere."""
        if id(step) not in self.cache:
            op = self.layers.get(step.keyword)
            activations = self.activations if op is not None and op.takes_activation else {}
            signature = Signature(step.keyword, op.arguments if op else (), activations=activations)
            self.cache[id(step)] = bind(signature, resolve(step.args, {}, _quiet), [])
        return self.cache[id(step)]

    def items(self, steps: Iterable[ast.Step]) -> tuple[Item, ...]:
        """The network written out: groups repeated, trailing activations as layers of their own."""
        found: list[Item] = []
        for step in steps:
            if isinstance(step, ast.Group):
                inner = self.items(step.steps)
                found += inner * (step.times.count if step.times and isinstance(step.times.count, int) else 1)
            elif isinstance(step, ast.Layer):
                if step.keyword == "ID":
                    continue
                bound = self.bound(step)
                op = self.layers.get(step.keyword)
                branches = None if step.branches is None else tuple(self.items(b) for b in step.branches)
                found.append(Item(op, step.keyword, self._complete(op, bound), branches))
                if bound.activation is not None:
                    found.append(Item(bound.activation, bound.activation.keyword, {}, None))
        return tuple(found)

    def _complete(self, op: Op | None, bound: Bound) -> dict[str, Any]:
        defaults = {} if op is None else {a.field: a.default for a in op.arguments if not a.required}
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in defaults.items()}
        return {**plain, **bound.values}

    def rest_passed_over(self, items: tuple[Item, ...], at: int) -> bool:
        return all(item.passed_over for item in items[at:])

    def run(self, steps: Iterable[ast.Step], items: tuple[Item, ...], states: set[State]) -> set[State]:
        """Every state that can follow `states` once the steps are matched."""
        for step in steps:
            after = self._step(step, items, states)
            if isinstance(step, ast.Layer | ast.Group) and step.optional:
                after |= states
            states = after
        return states

    def _step(self, step: ast.Step, items: tuple[Item, ...], states: set[State]) -> set[State]:
        if isinstance(step, ast.Group):
            return self._group(step, items, states)
        if isinstance(step, ast.Layer):
            return {found for state in states for found in self._layer(step, items, state)}
        return set()

    def _group(self, group: ast.Group, items: tuple[Item, ...], states: set[State]) -> set[State]:
        times = group.times
        name = None if times is None else _variable(times)
        if name is None:
            for _ in range(times.count if times is not None and isinstance(times.count, int) else 1):
                before, states = states, self.run(group.steps, items, states)
                if states == before or not states:
                    break
            return states
        slot = self.variables.index(name)
        found: set[State] = set()
        turn = 0
        while states and turn <= len(items):
            turn += 1
            states = self.run(group.steps, items, states)
            for at, values in states:
                if values[slot] in (None, turn):
                    found.add((at, (*values[:slot], turn, *values[slot + 1 :])))
        return found

    def _layer(self, step: ast.Layer, items: tuple[Item, ...], state: State) -> Iterator[State]:
        at, values = state
        if step.keyword == "ID":
            yield state
            return
        while at < len(items):
            self.tried += 1
            if self.tried > MOST_TRIES:
                raise CnnError(Diagnostic("E806", "the pattern leaves too many ways to try; name more of its layers"))
            item = items[at]
            if item.keyword == step.keyword:
                yield from self._same(step, item, at + 1, values)
            if not item.passed_over:
                return
            at += 1

    def _same(self, step: ast.Layer, item: Item, after: int, values: tuple[int | None, ...]) -> Iterator[State]:
        bound = self.bound(step)
        if any(item.values.get(name) != value for name, value in bound.values.items()):
            return
        for arg in step.args:
            name = _variable(arg) if isinstance(arg, ast.Times) else None
            if name is not None:
                slot = self.variables.index(name)
                wanted = (
                    next((item.values.get(a.field) for a in item.op.arguments if a.form == "times"), None)
                    if item.op
                    else None
                )
                if wanted is None or values[slot] not in (None, wanted):
                    return
                values = (*values[:slot], wanted, *values[slot + 1 :])
        states = {values}
        if step.branches is not None:
            if item.branches is None or len(item.branches) != len(step.branches):
                return
            for wanted_branch, branch in zip(step.branches, item.branches, strict=True):
                ends = self.run(wanted_branch, branch, {(0, v) for v in states})
                states = {v for end, v in ends if self.rest_passed_over(branch, end)}
        yield from ((after, v) for v in states)


def _variable(times: ast.Times) -> str | None:
    """The pattern variable that a count is, or None."""
    count = times.count
    return count.root.text if isinstance(count, ast.Expression) and isinstance(count.root, ast.Name) else None


def _quiet(diagnostic: Diagnostic) -> None:
    """What is wrong with arguments is told elsewhere."""
