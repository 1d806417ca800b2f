"""A file written out: no blocks, no `set`, no groups; every step with the arguments that it has in the end."""

from __future__ import annotations

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


@dataclass(slots=True)
class _Expander:
    """Writes steps out as text. Labels keep their names where they can; those of blocks get their block's before."""

    steps: Steps
    choices: Choices
    taken: set[str] = field(default_factory=set)

    @classmethod
    def over(
        cls, module: ast.Module, used: tuple[ast.Module, ...], layers: Mapping[str, Op], choices: Choices
    ) -> _Expander:
        steps = Steps(layers, Library(), Builder(), pattern=True, drop_optional=choices.drop_optional)
        steps.define((*used, module))
        try:
            check_size(module.steps, steps.library, dict(choices.variables))
        except TooLarge as verdict:
            raise CnnError(verdict.diagnostic) from verdict
        return cls(steps, choices)

    def text(self, module: ast.Module) -> str:
        scope = Scope(dict(self.choices.variables), {}, Names())
        lines: list[str] = []
        for item in module.items:
            if isinstance(item, ast.Train):
                lines.append(unparse(ast.Module(module.source, (item,), ("", ""))).rstrip("\n"))
            elif not isinstance(item, ast.Block | ast.Use):
                lines += self.step(item, scope)
        if self.choices.input is not None:
            size = "INPUT " + "x".join(map(str, self.choices.input))
            lines[:1] = [size] if lines and lines[0].split()[0] == "INPUT" else [size, *lines[:1]]
        return "\n".join(lines) + "\n"

    def run(self, steps: ast.Steps, scope: Scope) -> list[str]:
        return [line for step in steps for line in self.step(step, scope)]

    def step(self, step: ast.Step, scope: Scope) -> list[str]:
        match step:
            case ast.Set():
                self.steps.set(step, scope)
                return []
            case ast.Ref():
                return [f"@{self._flat(step.name, scope)}"]
            case ast.Group() | ast.Layer() | ast.Call() if step.optional and self.choices.drop_optional:
                return []
            case ast.Group():
                return self._labelled(step, self._group(step, scope), scope)
            case ast.Call():
                return self._call(step, scope)
            case ast.Layer():
                return [self._layer(step, scope)]
            case _:
                raise AssertionError(step)

    def _group(self, group: ast.Group, scope: Scope) -> list[str]:
        count = 1 if group.times is None else self.steps.count(group.times, scope)
        if count is None:
            raise CnnError(Diagnostic("E210", "a count has no value", group.span))
        repeated = group.times is not None
        return [line for _ in range(count) for line in self.run(group.steps, scope.inner(turn=repeated))]

    def _call(self, call: ast.Call, scope: Scope) -> list[str]:
        definition = self.steps.library.definitions[call.name.text]
        values = given(definition, call, scope.values, self.steps.say)
        name = scope.names.labelled(call.label.text) if call.label else scope.names.numbered(call.name.text)
        inner = scope.block(call, name, values, definition.defaults)
        return self._labelled(call, self.run(definition.block.steps, inner), scope)

    def _labelled(self, step: ast.Group | ast.Call, lines: list[str], scope: Scope) -> list[str]:
        """What several steps give gets its label by a group around them."""
        if step.label is None:
            return lines
        return [f"[\n{chr(10).join(lines)}\n]{self._label(step.label, scope)}"]

    def _label(self, word: ast.Word, scope: Scope) -> str:
        """`` as x``, under a name that no other step has."""
        base = (scope.names.prefix + word.text).replace(".", "_")
        name, turn = base, 1
        while name in self.taken:
            turn += 1
            name = f"{base}_{turn}"
        self.taken.add(name)
        scope.labels[word.text] = Label(word, Flow(name, None, word.span))
        return f" as {name}"

    def _flat(self, label: str, scope: Scope) -> str:
        return scope.labels[label].flow.node or label

    def _layer(self, step: ast.Layer, scope: Scope) -> str:
        op = self.steps.layers[step.keyword]
        words = [step.keyword]
        if op.kind == "head":
            bound = self.steps.bind(step, op, scope)
            words.append(bound.values["name"])
            inner = scope.head(scope.names.prefix + bound.values["name"])
            return " ".join(words) + f"( {self._branch(step.branches[0], inner)} )" if step.branches else words[0]
        bound = self.steps.complete(step, op, scope)
        words += written(op, bound.values)
        if bound.open:
            words = [step.keyword, *(argument(a) for a in step.args)]
        if bound.activation is not None:
            attrs = bound.activation.dump(bound.activation_attrs)
            words += [bound.activation.activation_word, *written(bound.activation, attrs)]
        text = " ".join(words)
        if step.branches is not None:
            text += "( " + "\n| ".join(self._branch(branch, scope) for branch in step.branches) + " )"
        return text + (self._label(step.label, scope) if step.label is not None else "")

    def _branch(self, branch: ast.Steps, scope: Scope) -> str:
        """A branch on one line where it is short, else a step a line."""
        lines = self.run(branch, scope.inner()) or ["ID"]
        short = not any("\n" in line for line in lines) and sum(map(len, lines)) + 4 * len(lines) < 100
        return (" -> " if short else "\n").join(lines)
