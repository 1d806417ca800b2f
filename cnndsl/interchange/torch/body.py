"""One scope as the body of a class: what `__init__` makes, and the lines of `forward`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnndsl.interchange.spec import distinct
from cnndsl.interchange.torch.layers import BIAS, HELPERS, Piece, piece
from cnndsl.interchange.torch.reserved import ATTRIBUTES, VARIABLES
from cnndsl.interchange.torch.scopes import Part, Scope, inputs, output, size
from cnndsl.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Body:
    """`made`: attribute and what it is; `lines`: variable, expression and the output's size; `gives`: the variables of
    what the scope gives. `names` are our full names of the arrays, and how they are called here (``conv1.weight``);
    `attributes` those of the scopes inside, by path; `helpers` the functions that the file must have."""

    made: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str, str], ...]
    gives: tuple[str, ...]
    names: Mapping[str, str]
    attributes: Mapping[str, str]
    helpers: tuple[str, ...]


def body(graph: Graph, scope: Scope, calls: Mapping[str, str]) -> Body:
    """`calls` makes the scopes inside: ``Bottleneck(16, 96, 24)``, by path. Raises CnnError (E812)."""
    attributes = distinct(map(scope.local, scope.parts), ATTRIBUTES, BIAS)
    variables = _variables(scope)
    made: list[tuple[str, str]] = []
    lines: list[tuple[str, str, str]] = []
    names: dict[str, str] = {}
    helpers: list[str] = []
    for part in scope.parts:
        attribute = attributes[scope.local(part)]
        xs = [variables[name] for name in inputs(part)]
        if isinstance(part, Scope):
            found = Piece(f"self.{attribute}({xs[0]})", calls[part.path])
        else:
            found = piece(part, graph.input_types(part), xs, attribute)
            others = dict(found.names)
            names |= {full: others.get(p.name, f"{attribute}.{p.name}") for full, p in part.param_names().items()}
        made += [(attribute, found.module)] if found.module else []
        made += [(own, f"nn.Parameter(torch.zeros({_listed(shape)}))") for own, shape in dict(found.parameters).items()]
        lines.append((variables[output(part)], found.call, str(size(graph, part))))
        helpers += [found.helper] if found.helper else []
    inside = {part.path: attributes[scope.local(part)] for part in scope.parts if isinstance(part, Scope)}
    return Body(tuple(made), tuple(lines), tuple(variables[n] for n in scope.gives), names, inside, tuple(helpers))


def _listed(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))


def _variables(scope: Scope) -> dict[str, str]:
    """By layer, the variable that its output goes to. What is only handed on from line to line is `x`, or `y` where the
    scope's own input is `x` longer than that; the rest is called as the layer is."""
    readers: dict[str, list[Part]] = {}
    for part in scope.parts:
        for name in inputs(part):
            readers.setdefault(name, []).append(part)

    def handed_on(name: str, following: Part | None) -> bool:
        """Whether nobody but the next line reads it."""
        if following is None:
            return name in scope.gives and name not in readers
        return name not in scope.gives and readers.get(name) == [following]

    own = distinct(map(scope.local, scope.parts), VARIABLES | HELPERS.keys())
    behind = [*scope.parts, None][1:]
    running = "x" if not scope.parts or handed_on(scope.given, scope.parts[0]) else "y"
    found = {scope.given: "x"}
    for part, following in zip(scope.parts, behind, strict=True):
        name = output(part)
        found[name] = running if handed_on(name, following) else own[scope.local(part)]
    return found
