"""A file written out: no blocks, no `set`, no groups; every step with the arguments that it has in the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.lang import ast
from cnndsl.lang.blocks import Library, TooLarge, check_size, given
from cnndsl.lang.build import Builder
from cnndsl.lang.lower import Choices
from cnndsl.lang.parse import parse
from cnndsl.lang.scope import Flow, Label, Names, Scope
from cnndsl.lang.steps import Steps
from cnndsl.lang.tree import LONGEST_NAME
from cnndsl.lang.unparse import argument, unparse
from cnndsl.lang.written import written
from cnndsl.ops.spec import Op
from cnndsl.source import Source


def expand(
    module: ast.Module, layers: Mapping[str, Op], *, used: tuple[ast.Module, ...] = (), choices: Choices | None = None
) -> ast.Module:
    """The same network as a flat file: its sizes, parameters and work are the same, the names of its steps are new.
    For a module without mistakes and without free variables. Raises CnnError: E210 where a count has no value, E110."""
    expander = _Expander.over(module, used, layers, choices or Choices())
    text = expander.text(module)
    found, wrong = parse(Source(module.source.name, text), layers)
    if found is None or wrong:
        raise CnnError(wrong)
    return found


@dataclass(slots=True, eq=False)
class _Line:
    """One step of the flat file. `label` is one that a step or what stands around it gave; `start` the line whose
    label a branch starts from; `kinds` what it is numbered by: its layer, and its trailing activation."""

    words: str
    kinds: tuple[str, ...] = ()
    branches: tuple[list[_Line], ...] | None = None
    label: str | None = None
    start: _Line | None = None


@dataclass(slots=True)
class _Expander:
    """Writes steps out as lines. What a step starts from is known by its line, so that the label of a group, of a
    block's use or of an empty branch goes to the step that gives its output."""

    steps: Steps
    choices: Choices
    lines: dict[str, _Line] = field(default_factory=dict)

    @classmethod
    def over(
        cls, module: ast.Module, used: tuple[ast.Module, ...], layers: Mapping[str, Op], choices: Choices
    ) -> _Expander:
        steps = Steps(layers, Library(), Builder(), pattern=True, drop_optional=choices.drop_optional)
        steps.define((*used, module), choices.variables)
        try:
            check_size(module.steps, steps.library, dict(choices.variables))
        except TooLarge as verdict:
            raise CnnError(verdict.diagnostic) from verdict
        return cls(steps, choices)

    def text(self, module: ast.Module) -> str:
        scope = Scope(dict(self.choices.variables), {}, Names())
        size = "x".join(map(str, self.choices.input or ()))
        first = next((s for s in module.steps if not isinstance(s, ast.Set)), None)
        out: list[_Line] = []
        source = _Line(f"INPUT {size}".rstrip())
        flow = self._flow(source)
        for item in module.items:
            if isinstance(item, ast.Train):
                out.append(_Line(unparse(ast.Module(module.source, (item,), ("", ""))).rstrip("\n")))
            elif item is first and isinstance(item, ast.Layer) and item.keyword == "INPUT" and size:
                out.append(source)
                flow = self._labelled(item, flow, scope)
            elif not isinstance(item, ast.Block | ast.Use):
                flow = self.step(item, flow, scope, out)
        if source not in out and (size or source.label is not None):
            out.insert(0, source)
        self._name()
        return "\n".join(self._rendered(line) for line in out) + "\n"

    def _flow(self, line: _Line) -> Flow:
        key = str(len(self.lines))
        self.lines[key] = line
        return Flow(key, None, None)

    def run(self, steps: ast.Steps, flow: Flow, scope: Scope, out: list[_Line]) -> Flow:
        for step in steps:
            flow = self.step(step, flow, scope, out)
        return flow

    def step(self, step: ast.Step, flow: Flow, scope: Scope, out: list[_Line]) -> Flow:
        match step:
            case ast.Set():
                self.steps.set(step, scope)
                return flow
            case ast.Ref():
                flow = scope.labels[step.name].flow
                out.append(_Line("", start=self.lines[str(flow.node)]))
                return flow
            case ast.Group() | ast.Layer() | ast.Call() if step.optional and self.choices.drop_optional:
                return flow
            case ast.Group():
                return self._labelled(step, self._group(step, flow, scope, out), scope)
            case ast.Call():
                return self._labelled(step, self._call(step, flow, scope, out), scope)
            case ast.Layer():
                return self._layer(step, flow, scope, out)
            case _:
                raise AssertionError(step)

    def _group(self, group: ast.Group, flow: Flow, scope: Scope, out: list[_Line]) -> Flow:
        count = 1 if group.times is None else self.steps.count(group.times, scope)
        if count is None:
            raise CnnError(Diagnostic("E210", "a count has no value", group.span))
        for _ in range(count):
            flow = self.run(group.steps, flow, scope.inner(turn=group.times is not None), out)
        return flow

    def _call(self, call: ast.Call, flow: Flow, scope: Scope, out: list[_Line]) -> Flow:
        definition = self.steps.library.definitions[call.name.text]
        values = given(definition, call, scope.values, self.steps.say)
        name = scope.names.labelled(call.label.text) if call.label else scope.names.numbered(call.name.text)
        return self.run(definition.block.steps, flow, scope.block(call, name, values, definition.defaults), out)

    def _labelled(self, step: ast.Layer | ast.Group | ast.Call, flow: Flow, scope: Scope) -> Flow:
        """Sets the label of a step, if it has one, on the line that gives its output. Labels of blocks get their
        block's name before."""
        if step.label is not None:
            line = self.lines[str(flow.node)]
            line.label = line.label or (scope.names.prefix + step.label.text).replace(".", "_")
            scope.labels[step.label.text] = Label(step.label, flow)
        return flow

    def _layer(self, step: ast.Layer, flow: Flow, scope: Scope, out: list[_Line]) -> Flow:
        op = self.steps.layers[step.keyword]
        if op.kind == "empty":
            return self._labelled(step, flow, scope)
        if op.kind == "head":
            name = self.steps.bind(step, op, scope).values["name"]
            inner = scope.head(name)
            inner.names.prefix = scope.names.prefix
            branches = tuple(self._branch(branch, flow, inner) for branch in step.branches or ())
            out.append(_Line(f"{step.keyword} {name}", branches=branches))
            return flow
        line = self._written(step, op, scope)
        if step.branches is not None:
            line.branches = tuple(self._branch(branch, flow, scope) for branch in step.branches)
        out.append(line)
        return self._labelled(step, self._flow(line), scope)

    def _written(self, step: ast.Layer, op: Op, scope: Scope) -> _Line:
        bound = self.steps.complete(step, op, scope)
        words, kinds = [step.keyword, *written(op, bound.values)], [step.keyword]
        if bound.open:
            words = [step.keyword, *(argument(a) for a in step.args)]
        if bound.activation is not None:
            attrs = bound.activation.dump(bound.activation_attrs)
            words += [bound.activation.activation_word, *written(bound.activation, attrs)]
            kinds.append(bound.activation.keyword)
        return _Line(" ".join(words), tuple(kinds))

    def _branch(self, branch: ast.Steps, flow: Flow, scope: Scope) -> list[_Line]:
        out: list[_Line] = []
        self.run(branch, flow, scope.inner(), out)
        return out or [_Line("ID")]

    def _name(self) -> None:
        """Makes labels differ from each other, and from the names that steps without one are numbered by."""
        every = self.lines.values()
        numbered = Counter(kind.lower() for line in every for kind in line.kinds[line.label is not None :])
        taken: set[str] = set()
        for line in every:
            if line.label is None:
                continue
            name = base = line.label[: LONGEST_NAME - 8]
            turn = 1
            while name in taken or _is_number(name, numbered):
                turn += 1
                name = f"{base}_{turn}"
            taken.add(name)
            line.label = name

    def _rendered(self, line: _Line) -> str:
        text = line.words if line.start is None else f"@{line.start.label}"
        if line.branches is not None:
            text += "( " + "\n| ".join(self._joined(branch) for branch in line.branches) + " )"
        return text if line.label is None else f"{text} as {line.label}"

    def _joined(self, branch: list[_Line]) -> str:
        """A branch on one line where it is short, else a step a line."""
        lines = [self._rendered(line) for line in branch]
        short = not any("\n" in line for line in lines) and sum(map(len, lines)) + 4 * len(lines) < 100
        return (" -> " if short else "\n").join(lines)


def _is_number(name: str, numbered: Counter[str]) -> bool:
    """Whether steps without a label have a name such as ``conv2``."""
    parts = re.fullmatch(r"(.*?)([1-9][0-9]*)", name)
    return parts is not None and int(parts[2]) <= numbered[parts[1]]
