"""Blocks: definitions by name, the values that a use gives, and how large a network becomes written out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cnndsl.diagnostics import Diagnostic, Label
from cnndsl.diagnostics.model import suggested
from cnndsl.lang import ast
from cnndsl.lang.bind import Bound
from cnndsl.lang.resolve import Values, value

MOST_LAYERS = 10_000
MOST_STEPS = 100_000
"""Bound of everything that is written out, steps without a layer included."""
MOST_PARAMETERS = 100
"""Bound of a block's parameters: each use gives them all a value."""
DEEPEST = 50
"""Bound of brackets and uses of blocks within each other."""

Say = Callable[[Diagnostic], None]


@dataclass(frozen=True, slots=True)
class Definition:
    """A block and the file it stands in. `defaults` are those of the `set`s above it, by layer."""

    block: ast.Block
    module: ast.Module
    defaults: Mapping[str, Bound]


@dataclass(slots=True)
class Library:
    """The blocks that a file can use: its own and those of the files that it uses."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Names of blocks whose definition could not be read; a message was given."""
    used: set[str] = field(default_factory=set)

    def add(self, block: ast.Block, module: ast.Module, defaults: Mapping[str, Bound], say: Say) -> None:
        """Takes a definition in; says E221 where the name is taken, or one of its parameters stands twice."""
        name = block.name.text
        seen: dict[str, ast.Value] = {}
        for parameter in block.parameters:
            assert parameter.name is not None
            text = parameter.name.text
            if text in seen:
                message = f"block {name} has two parameters `{text}`"
                say(Diagnostic("E221", message, parameter.span, "again here", (Label(seen[text].span, "the first"),)))
            elif seen and parameter.value is None and any(p.value is not None for p in seen.values()):
                message = f"parameter `{text}` has no default and stands behind one that has"
                say(Diagnostic("E219", message, parameter.span, help=("parameters with defaults come last",)))
            seen[text] = parameter
        count = len(block.parameters.items)
        if count > MOST_PARAMETERS:
            message = f"block {name} has {count:,} parameters, and {MOST_PARAMETERS} is the limit"
            say(Diagnostic("E219", message, block.name.span))
            self.broken.add(name)
            return
        if name in self.definitions:
            first = self.definitions[name].block.name.span
            say(
                Diagnostic(
                    "E221", f"a second block `{name}`", block.name.span, "again here", (Label(first, "the first"),)
                )
            )
            return
        self.definitions[name] = Definition(block, module, dict(defaults))

    def find(self, call: ast.Call, say: Say) -> Definition | None:
        """The block that is used. Says E218 where there is none."""
        name = call.name.text
        self.used.add(name)
        found = self.definitions.get(name)
        if found is None and name not in self.broken:
            fixes = suggested(call.name.span, name, self.definitions)
            has = f"blocks here: {', '.join(self.definitions)}" if self.definitions else "a block is defined so"
            help = () if fixes else (f"{has}: `block {name}(n) {{ … }}`" if not self.definitions else has,)
            say(Diagnostic("E218", f"there is no block `{name}`", call.name.span, "unknown", help=help, fixes=fixes))
        return found

    def check_circles(self, say: Say) -> None:
        """Says E220 of blocks that come back to themselves, and forgets them."""
        uses = {name: list(dict.fromkeys(c.name.text for c in _calls(d.block))) for name, d in self.definitions.items()}
        for group in knots(uses):
            circle = _circle(group, uses)
            definition = self.definitions[circle[0]]
            way = " uses ".join([*circle, circle[0]])
            message = f"block {circle[0]} uses itself" if len(circle) == 1 else f"blocks use each other: {way}"
            call = next(c for c in _calls(definition.block) if c.name.text == (circle[1:] or circle)[0])
            related = (Label(definition.block.name.span, "defined here"),)
            say(Diagnostic("E220", message, call.name.span, "never ends", related))
            self.broken.update(group)
            for member in group:
                del self.definitions[member]


def knots(uses: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Names that come back to themselves, together those that lead to each other, in the order in which they are given:
    strongly connected components (Tarjan 1972). Iterative: chains may be long."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_names: dict[str, None] = {}
    found: list[list[str]] = []
    order = {name: at for at, name in enumerate(uses)}
    for start in uses:
        waiting = [(start, iter(uses[start]))] if start not in number else []
        while waiting:
            name, rest = waiting[-1]
            if name not in number:
                number[name] = lowest[name] = len(number)
                open_names[name] = None
            following = next(rest, None)
            if following is None:
                waiting.pop()
                if waiting:
                    before = waiting[-1][0]
                    lowest[before] = min(lowest[before], lowest[name])
                if lowest[name] == number[name]:
                    group = [name]
                    while (last := open_names.popitem()[0]) != name:
                        group.append(last)
                    if len(group) > 1 or name in uses[name]:
                        found.append(sorted(group, key=order.__getitem__))
            elif following in uses and following not in number:
                waiting.append((following, iter(uses[following])))
            elif following in open_names:
                lowest[name] = min(lowest[name], number[following])
    return sorted(found, key=lambda group: order[group[0]])


def _circle(group: Sequence[str], uses: Mapping[str, Sequence[str]]) -> list[str]:
    """The shortest way from the first of a group back to itself, each name once."""
    first, members = group[0], set(group)
    before: dict[str, str] = {}
    for name in (queue := [first]):
        for following in uses[name]:
            if following == first:
                way = [name]
                while way[-1] != first:
                    way.append(before[way[-1]])
                return way[::-1]
            if following in members and following not in before:
                before[following] = name
                queue.append(following)
    raise AssertionError("a group leads back to each of its names")


def _calls(block: ast.Block) -> list[ast.Call]:
    return [step for step in ast.walk(block.steps) if isinstance(step, ast.Call)]


def given(definition: Definition, call: ast.Call, values: Values, say: Say) -> dict[str, int | None]:
    """The values of a block's parameters in one use. Says E219 where they do not fit; what is missing is None."""
    block = definition.block
    order = [p.name.text for p in block.parameters if p.name is not None]
    found: dict[str, int | None] = {}
    spans: dict[str, ast.Value] = {}
    by_name = False
    for at, item in enumerate(call.values):
        by_name = by_name or item.name is not None
        if item.name is not None:
            name = item.name.text
        elif by_name:
            say(Diagnostic("E219", "a value without a name stands behind one with a name", item.span))
            continue
        elif at >= len(order):
            _too_many(definition, call, len(order), say)
            break
        else:
            name = order[at]
        if name not in order:
            _no_parameter(definition, item, order, say)
        elif name in found:
            related = (Label(spans[name].span, "first given here"),)
            say(Diagnostic("E219", f"`{name}` of {block.name.text} is given twice", item.span, "again here", related))
        else:
            spans[name] = item
            found[name] = _whole(item, values, say)
    missing = [
        p.name.text for p in block.parameters if p.name is not None and p.value is None and p.name.text not in found
    ]
    if missing:
        names = " and ".join(f"`{m}`" for m in missing)
        related = (Label(block.name.span, "defined here"),)
        message = f"{block.name.text} needs a value for {names}"
        help = (f"write `{block.name.text}({', '.join(order)})` with whole numbers",)
        say(Diagnostic("E219", message, call.span, "incomplete", related, help=help))
    defaults = {p.name.text: _whole(p, {}, say) for p in block.parameters if p.name is not None and p.value is not None}
    return {name: found.get(name, defaults.get(name)) for name in order}


def _whole(item: ast.Value, values: Values, say: Say) -> int | None:
    if isinstance(item.value, ast.Number):
        if item.value.whole:
            return int(item.value.value)
        say(Diagnostic("E219", f"values are whole numbers, found {item.value.span.text}", item.value.span))
        return None
    found = value(item.value, values, say) if item.value is not None else None
    return found if isinstance(found, int) else None


def _too_many(definition: Definition, call: ast.Call, count: int, say: Say) -> None:
    extra = call.values.items[count]
    name = definition.block.name.text
    takes = f"takes {count} value{'s' if count != 1 else ''}" if count else "takes no values"
    related = (Label(definition.block.name.span, "defined here"),)
    message = f"{name} {takes}, and {len(call.values.items)} are given"
    say(Diagnostic("E219", message, extra.span, "one too many", related))


def _no_parameter(definition: Definition, item: ast.Value, order: list[str], say: Say) -> None:
    assert item.name is not None
    name = definition.block.name.text
    fixes = suggested(item.name.span, item.name.text, order)
    help = () if fixes else (f"its parameters are {', '.join(order)}" if order else f"{name} takes no values",)
    message = f"{name} has no parameter `{item.name.text}`"
    say(Diagnostic("E219", message, item.name.span, "unknown", help=help, fixes=fixes))


class TooLarge(Exception):  # noqa: N818 (a verdict, not an error of ours)
    """A network that is not written out; `diagnostic` says why."""

    def __init__(self, diagnostic: Diagnostic):
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def check_size(steps: Iterable[ast.Step], library: Library, values: Values) -> None:
    """Counts the layers of a network written out, without doing so. A free variable counts as 1. Raises TooLarge: E110
    above MOST_LAYERS, E108 where blocks and brackets stand too deep in each other."""
    counter = _Counter(library)
    layers = steps_seen = 0
    for step in steps:
        more_layers, more_steps = counter.step(step, values, 0)
        layers, steps_seen = layers + more_layers, steps_seen + more_steps
        if layers > MOST_LAYERS:
            message = f"the network has {layers:,} layers up to here, and {MOST_LAYERS:,} is the limit"
            raise TooLarge(Diagnostic("E110", message, step.span, help=("use fewer repetitions",)))
        if steps_seen > MOST_STEPS:
            message = f"the network has {steps_seen:,} steps up to here, and {MOST_STEPS:,} is the limit"
            raise TooLarge(Diagnostic("E110", message, step.span, help=("use fewer repetitions",)))


@dataclass(slots=True)
class _Counter:
    """Layers and steps of a list of steps. What a block's use counts is kept, by name and values."""

    library: Library
    known: dict[tuple[str, tuple[int | None, ...]], tuple[int, int]] = field(default_factory=dict)
    work: int = 0

    def steps(self, steps: ast.Steps, values: Values, depth: int) -> tuple[int, int]:
        layers = seen = 0
        for step in steps:
            more = self.step(step, values, depth)
            layers, seen = layers + more[0], seen + more[1]
        return layers, seen

    def step(self, step: ast.Step, values: Values, depth: int) -> tuple[int, int]:
        self.work += 1
        if depth > DEEPEST:
            message = f"brackets and blocks stand more than {DEEPEST} levels deep in each other"
            raise TooLarge(Diagnostic("E108", message, step.span))
        if self.work > MOST_STEPS:
            message = f"the network has more than {MOST_STEPS:,} steps"
            raise TooLarge(Diagnostic("E110", message, step.span, help=("use fewer repetitions",)))
        match step:
            case ast.Group():
                layers, seen = self.steps(step.steps, values, depth + 1)
                count = max(1, _count(step.times, values))
                return count * layers, 1 + count * seen
            case ast.Layer():
                layers, seen = 1, 1
                for branch in step.branches or ():
                    more = self.steps(branch, values, depth + 1)
                    layers, seen = layers + more[0], seen + more[1]
                return layers, seen
            case ast.Call():
                return self.call(step, values, depth)
            case _:
                return 0, 1

    def call(self, call: ast.Call, values: Values, depth: int) -> tuple[int, int]:
        definition = self.library.definitions.get(call.name.text)
        if definition is None:
            return 1, 1
        inner = given(definition, call, values, _nothing)
        key = call.name.text, tuple(inner.values())
        if key not in self.known:
            variables = {name: v for name, v in values.items() if name[0].isupper()}
            layers, seen = self.steps(definition.block.steps, {**variables, **inner}, depth + 1)
            self.known[key] = layers, 1 + seen
        return self.known[key]


def _nothing(diagnostic: Diagnostic) -> None:
    """What is wrong is said when the block is written out."""


def _count(times: ast.Times | None, values: Values) -> int:
    if times is None:
        return 1
    found = value(times.count, values, _nothing) if isinstance(times.count, ast.Expression) else times.count
    return found if isinstance(found, int) else 1
