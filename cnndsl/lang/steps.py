"""Steps written out: groups turn by turn, blocks use by use, branches from where they start; each step bound and built.

A mistake makes what a step gives unknown: later steps are still bound, but not blamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnndsl.diagnostics import Diagnostic, Edit, Fix
from cnndsl.diagnostics import Label as Mark
from cnndsl.diagnostics.model import suggested
from cnndsl.lang import ast
from cnndsl.lang.bind import Bound, Signature, bind, merged
from cnndsl.lang.blocks import DEEPEST, Library, given
from cnndsl.lang.build import Builder
from cnndsl.lang.resolve import resolve, value
from cnndsl.lang.scope import UNKNOWN, Flow, Label, Names, Scope
from cnndsl.ops.spec import Op
from cnndsl.source import Span

MAIN = "main"


@dataclass(slots=True)
class Steps:
    """Writes steps out into nodes. `pattern` is whether steps may lack arguments; what they lack goes to `open`."""

    layers: Mapping[str, Op]
    library: Library
    builder: Builder
    pattern: bool
    drop_optional: bool = False
    unclosed: frozenset[int] = frozenset()
    open: dict[str, None] = field(default_factory=dict)
    heads: dict[str, str | None] = field(default_factory=dict)
    """Names of heads to the nodes that give them, None where a mistake left them unknown."""
    head_places: dict[str, Span] = field(default_factory=dict)
    labels: dict[int, ast.Word] = field(default_factory=dict)
    """Every label that was set, by the identity of the word; those not used are in it to the end."""
    used_labels: set[int] = field(default_factory=set)
    surveying: bool = False
    after_head: bool = False
    """Whether the last step so far, written out, is a HEAD."""
    loose: int = 0
    """Above 0 inside of branches whose end is not known."""
    alone: dict[int, ast.Group] = field(default_factory=dict)
    bound: dict[tuple[Any, ...], Bound] = field(default_factory=dict)
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    activations: dict[str, Op] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.activations = {op.activation_word: op for op in self.layers.values() if op.activation_word}

    def say(self, diagnostic: Diagnostic) -> None:
        self.builder.say(diagnostic)

    def define(self, modules: tuple[ast.Module, ...], variables: Mapping[str, int]) -> None:
        """Takes in the blocks of every file, each with the `set`s that stand above it."""
        for module in modules:
            scope = Scope(dict(variables), {}, Names())
            for item in module.items:
                if isinstance(item, ast.Set):
                    self.set(item, scope)
                elif isinstance(item, ast.Block):
                    self.library.add(item, module, scope.defaults, self.say)
            self.library.broken |= module.broken_blocks
        self.library.check_circles(self.say)

    # ---- lists

    def run(self, steps: ast.Steps | tuple[ast.Step, ...], flow: Flow, scope: Scope) -> Flow:
        for step in steps:
            flow = self.step(step, flow, scope)
        return flow

    def step(self, step: ast.Step, flow: Flow, scope: Scope) -> Flow:
        match step:
            case ast.Bad():
                self.after_head = False
                return Flow(None, None, step.span)
            case ast.Set():
                self.set(step, scope)
                return flow
            case ast.Ref():
                return self._stray_ref(step)
            case ast.Group() | ast.Layer() | ast.Call() if step.optional and self.drop_optional:
                return flow
            case ast.Group():
                return self.group(step, flow, scope)
            case ast.Call():
                return self.call(step, flow, scope)
            case ast.Layer():
                flow = self.layer(step, flow, scope)
                self.after_head = step.keyword == "HEAD"
                return flow

    def set(self, step: ast.Set, scope: Scope) -> None:
        """Puts a `set` in force: merged with those before it, argument by argument."""
        op = self.layers.get(step.keyword)
        if op is None:
            self.say(self._unknown_layer(step.name))
            return
        if op.kind in ("input", "join", "head", "empty"):
            message = f"{op.keyword} has no defaults to set"
            self.say(Diagnostic("E223", message, step.name))
            return
        before = scope.defaults.get(op.keyword)
        own = self.bind(step, op, scope)
        if before is not None:
            signature = self._signature(op, scope)
            key = (id(step), id(own), id(before))
            if key not in self.bound:
                self.bound[key] = merged(signature, own, before, op.void(own.values, before.values))
            own = self.bound[key]
        scope.defaults[op.keyword] = own

    def group(self, group: ast.Group, flow: Flow, scope: Scope) -> Flow:
        count, times = 1, group.times
        if times is not None:
            found = self.count(times, scope)
            if found is None:
                self.run(group.steps, flow, scope.inner(turn=True))
                return self.labelled(group, Flow(None, None, group.span), scope)
            count = found
        self._remember(group)
        for _ in range(1 if self.surveying else count):
            flow = self.run(group.steps, flow, scope.inner(turn=times is not None))
        return self.labelled(group, flow, scope)

    def _remember(self, group: ast.Group) -> None:
        """Keeps the group of a layer that stands alone in one: a count behind it may have been meant for the layer."""
        only = group.steps.items[0]
        if len(group.steps.items) == 1 and isinstance(only, ast.Layer):
            self.alone[id(only)] = group

    def count(self, times: ast.Times, scope: Scope) -> int | None:
        """How often a group is written out; None where that is not known. Says E204."""
        found: int | tuple[str, ...] = (
            value(times.count, scope.values, self.say) if isinstance(times.count, ast.Expression) else times.count
        )
        if not isinstance(found, int):
            for name in found:
                self.open[f"variable {name} has no value"] = None
            return None
        if found < 1 or not times.whole:
            shown = times.span.text.lstrip("* ") if not times.whole else str(found)
            message = f"a group's count must be a whole number from 1, found {shown}"
            self.say(Diagnostic("E204", message, times.span))
            return None
        return found

    # ---- blocks

    def call(self, call: ast.Call, flow: Flow, scope: Scope) -> Flow:
        unknown = Flow(None, None, call.span)
        definition = self.library.find(call, self.say)
        if definition is None:
            return self.labelled(call, unknown, scope)
        values = given(definition, call, scope.values, self.say)
        if self.surveying:
            return self.labelled(call, unknown, scope)
        if scope.depth >= DEEPEST:
            self.say(Diagnostic("E108", f"blocks stand more than {DEEPEST} levels deep in each other", call.span))
            return unknown
        for expression in ast.expressions(call):
            for free in ast.names(expression.root):
                if free.is_variable and scope.values.get(free.text) is None:
                    self.open[f"variable {free.text} has no value"] = None
        name = scope.names.labelled(call.label.text) if call.label else scope.names.numbered(call.name.text)
        inner = scope.block(call, name, values, definition.defaults)
        out = self.run(definition.block.steps, flow, inner)
        out = Flow(out.node, out.type, call.span)
        return self.labelled(call, out, scope)

    def survey(self, name: str) -> None:
        """Reads a block that nothing uses: its steps are bound, with parameters that have no value. Blocks in it are
        read by themselves, and groups once: what is not written out has no bound."""
        definition = self.library.definitions[name]
        call = ast.Call(definition.block.name.span, definition.block.name, ast.Values((), ("",)), False)
        values = {p.name.text: None for p in definition.block.parameters if p.name is not None}
        scope = Scope(values, dict(definition.defaults), Names(), {}, call)
        heads, places = self.heads, self.head_places
        self.surveying, self.heads, self.head_places = True, {}, {}
        self.run(definition.block.steps, UNKNOWN, scope)
        self.surveying, self.heads, self.head_places = False, heads, places

    # ---- labels

    def labelled(self, step: ast.Layer | ast.Group | ast.Call, flow: Flow, scope: Scope) -> Flow:
        """Sets the label of a step, if it has one, to what the step gives."""
        word = step.label
        if word is None:
            return flow
        first = scope.labels.get(word.text)
        if first is not None:
            related = (Mark(first.word.span, "the first one"),)
            self.say(Diagnostic("E405", f"a second label `{word.text}`", word.span, "again here", related))
        scope.labels[word.text] = Label(word, flow)
        if not isinstance(step, ast.Call):  # a block's use is named by its label, whether a branch starts there or not
            self.labels[id(word)] = word
        return flow

    def _ref(self, ref: ast.Ref, scope: Scope) -> Flow:
        found = scope.labels.get(ref.name)
        if found is None:
            fixes = suggested(ref.span, ref.name, scope.labels, by="@{}")
            labels = ", ".join(scope.labels)
            help = (
                ()
                if fixes
                else (f"labels before it: {labels}" if labels else f"set it before: `CONV 3x3 *8 as {ref.name}`",)
            )
            message = f"there is no label `{ref.name}` before this step"
            self.say(Diagnostic("E404", message, ref.span, "unknown", help=help, fixes=fixes))
            return Flow(None, None, ref.span)
        self.used_labels.add(id(found.word))
        return Flow(found.flow.node, found.flow.type, ref.span)

    def _stray_ref(self, ref: ast.Ref) -> Flow:
        message = f"`@{ref.name}` stands where a step goes on from the one before it"
        help = (f"it begins a branch: `ADD( ID | @{ref.name} )`",)
        self.say(Diagnostic("E406", message, ref.span, "not the first of a branch", help=help))
        return Flow(None, None, ref.span)

    # ---- layers

    def layer(self, step: ast.Layer, flow: Flow, scope: Scope) -> Flow:
        unknown = Flow(None, None, step.span)
        op = self.layers.get(step.keyword)
        if self._is_loose(step):
            self.loose += 1
            for branch in step.branches or ():
                self.run(branch, UNKNOWN, scope.inner())
            self.loose -= 1
            return self.labelled(step, unknown, scope)
        if op is None:
            self.say(self._unknown_layer(step.name))
            for branch in step.branches or ():
                self._branch(branch, flow, scope)
            self.builder.fail(step.keyword.lower(), step.keyword)
            return self.labelled(step, unknown, scope)
        match op.kind:
            case "input":
                self.say(Diagnostic("E212", "INPUT stands once, as the first step of the file", step.span))
                return unknown
            case "empty":
                if not self.loose:
                    self.say(_stray_id(step))
                return unknown
            case "head":
                return self.head(step, op, flow, scope)
            case _:
                return self.labelled(step, self._plain(step, op, flow, scope), scope)

    def _plain(self, step: ast.Layer, op: Op, flow: Flow, scope: Scope) -> Flow:
        """A layer that makes a node, and one more for its trailing activation."""
        unknown = Flow(None, None, step.span)
        name = self._name(step, op, scope) if op.kind != "join" else ""
        bound = self.complete(step, op, scope)
        flows = self._inputs(step, op, flow, scope)
        name = name or self._name(step, op, scope)
        if flows is None or bound.failed:
            self.builder.fail(name, op.keyword)
            return unknown
        if bound.missing or bound.open:
            self._lacks(step, op, bound)
            return unknown
        attrs = op.attrs(**{k: tuple(v) if isinstance(v, list) else v for k, v in bound.values.items()})
        out = self.builder.add(op, attrs, flows, name, step.span, bound.spans, step, scope)
        trailing = bound.activation
        if trailing is None:
            return out
        out = self.builder.add(
            trailing,
            bound.activation_attrs,
            (out,),
            scope.names.numbered(trailing.keyword),
            bound.activation_span if _inside(bound.activation_span, step.span) else step.span,
        )
        return Flow(out.node, out.type, step.span)

    def _name(self, step: ast.Layer, op: Op, scope: Scope) -> str:
        return scope.names.labelled(step.label.text) if step.label else scope.names.numbered(op.keyword)

    def _lacks(self, step: ast.Layer, op: Op, bound: Bound) -> None:
        """A step that is not complete: a mistake, or in a pattern something that is left open."""
        if bound.missing and not self.pattern:
            self.say(_missing(step, op, bound, self.alone.get(id(step))))
        for variable in bound.free:
            self.open[f"variable {variable} has no value"] = None
        if bound.missing and self.pattern:
            self.open[f"{step.keyword} in line {step.span.line} lacks its arguments"] = None

    def _is_loose(self, step: ast.Layer) -> bool:
        """Whether a layer's branches were not read as they were meant: a bracket not closed, a step not understood,
        or arguments in parentheses. There is a message already, and what follows from it is not said."""
        if step.branches is None:
            return False
        if any(isinstance(s, ast.Bad) for branch in step.branches for s in branch):
            return True
        return any(step.name.end <= at < step.span.end for at in self.unclosed)

    def _unknown_layer(self, name: Span) -> Diagnostic:
        fixes = suggested(name, name.text, self.layers)
        help: tuple[str, ...] = () if fixes else (f"layers here: {', '.join(sorted(self.layers))}",)
        message = f"there is no layer `{name.text}`"
        return Diagnostic("E201", message, name, "unknown", help=help, fixes=fixes)

    # ---- arguments

    def _signature(self, op: Op, scope: Scope) -> Signature:
        return Signature(
            op.keyword,
            op.arguments,
            activations=self.activations if op.takes_activation else {},
            others=frozenset(self.layers),
            parameters=frozenset(scope.parameters()),
        )

    def bind(self, step: ast.Layer | ast.Set, op: Op, scope: Scope) -> Bound:
        """Binds a step's arguments, once for the same values however often it is written out."""
        if id(step) not in self.names:
            used = (name.text for e in ast.expressions(step) for name in ast.names(e.root))
            self.names[id(step)] = tuple(dict.fromkeys(used))
        key = (id(step), *((name, scope.values.get(name)) for name in self.names[id(step)]))
        if key not in self.bound:
            args = resolve(step.args, scope.values, self.say)
            found: list[Diagnostic] = []
            self.bound[key] = bind(self._signature(op, scope), args, found)
            for diagnostic in found:
                self.say(diagnostic)
        return self.bound[key]

    def complete(self, step: ast.Layer, op: Op, scope: Scope) -> Bound:
        """What a step says, and what `set`s say for it."""
        own, defaults = self.bind(step, op, scope), scope.defaults.get(op.keyword)
        if defaults is None:
            return own
        key = (id(own), id(defaults))
        if key not in self.bound:
            void = op.void(own.values, defaults.values)
            self.bound[key] = merged(self._signature(op, scope), own, defaults, void)
        return self.bound[key]

    # ---- branches

    def _inputs(self, step: ast.Layer, op: Op, flow: Flow, scope: Scope) -> tuple[Flow, ...] | None:
        """The flows a layer reads: its branches' for a join, else the one before it. None after a mistake."""
        if op.kind != "join":
            if step.branches is None:
                return (flow,)
            for branch in step.branches:
                self._branch(branch, flow, scope)
            joins = [o.keyword for o in self.layers.values() if o.kind == "join"]
            help = (f"layers that do: {', '.join(joins)}",)
            message = f"{step.keyword} joins no branches"
            self.say(Diagnostic("E209", message, step.name, "takes no ( … )", help=help))
            return None
        if step.branches is None:
            if self.pattern and not step.args:
                self.open[f"{step.keyword} in line {step.span.line} lacks its branches"] = None
            else:
                help = (f"write `{step.keyword}( a | b )`; `ID` is the empty branch",)
                self.say(Diagnostic("E209", f"{step.keyword} needs branches", step.name, help=help))
            return None
        if len(step.branches) < 2:
            self._one_branch(step, flow, scope)
            return None
        return tuple(self._branch(branch, flow, scope) for branch in step.branches)

    def _one_branch(self, step: ast.Layer, flow: Flow, scope: Scope) -> None:
        (only,) = step.branches or ()
        self.loose += 1
        self._branch(only, flow, scope)
        self.loose -= 1
        ends_in_id = isinstance(last := only.items[-1], ast.Layer) and last.keyword == "ID"
        forgotten = len(only.items) > 1 and ends_in_id
        help = (
            f"put `|` between the branches: `{step.keyword}( … | ID )`"
            if forgotten
            else f"to go around it, add the empty branch: `{step.keyword}( … | ID )`",
        )
        self.say(Diagnostic("E403", f"{step.keyword} joins one branch only", step.name, help=help))

    def _branch(self, branch: ast.Steps, flow: Flow, scope: Scope) -> Flow:
        """What a branch gives that starts from `flow`, or from the label that stands first in it."""
        inner = scope.inner()
        items = branch.items
        steps = [s for s in items if not isinstance(s, ast.Set)]
        only = steps[0] if len(steps) == 1 else None
        if isinstance(only, ast.Layer) and self._is_empty(only):
            if only.args or only.branches is not None:
                self.say(Diagnostic("E208", "ID takes no arguments", only.span))
                return UNKNOWN
            return self.labelled(only, Flow(flow.node, flow.type, only.span), inner)
        if steps and isinstance(steps[0], ast.Ref):
            flow = self._ref(steps[0], scope)
            items = tuple(s for s in items if s is not steps[0])
        return self.run(items, flow, inner)

    def _is_empty(self, step: ast.Layer) -> bool:
        op = self.layers.get(step.keyword)
        return op is not None and op.kind == "empty"

    # ---- heads

    def head(self, step: ast.Layer, op: Op, flow: Flow, scope: Scope) -> Flow:
        """A side output; the main flow goes on from before it."""
        bound = self.bind(step, op, scope)
        branches = step.branches or ()
        name = bound.values.get("name")
        inner = scope.head(f"{scope.names.prefix}{name or 'head'}")
        if bound.failed:
            pass
        elif name is None or len(branches) != 1 or step.label is not None:
            self.say(_bad_head(step, name))
        elif name == MAIN:
            message = "`main` is the name of the main flow's output"
            self.say(Diagnostic("E407", message, bound.spans["name"], "taken"))
        elif name in self.heads:
            related = (Mark(self.head_places[name], "the first one"),)
            where = bound.spans["name"]
            again = where == self.head_places[name]
            message = f"a second head `{name}`" + (", by a group or block that is written out again" if again else "")
            self.builder.say(Diagnostic("E407", message, where, "again here", () if again else related))
        else:
            found = self._branch(branches[0], flow, inner)
            self.heads[name] = found.node
            self.head_places[name] = bound.spans["name"]
            return flow
        apart = scope.head(f"{scope.names.prefix}{name or 'head'}_again")
        for branch in branches:
            self._branch(branch, flow, apart)
        return flow


def _inside(span: Span | None, outer: Span) -> bool:
    return span is not None and span.source is outer.source and outer.start <= span.start <= outer.end


def _stray_id(step: ast.Layer) -> Diagnostic:
    help = ("leave the step out, or write it as a branch: `ADD( CONV 3x3 *8 pad 1 | ID )`",)
    return Diagnostic("E209", "ID is the empty branch, and stands alone in one", step.span, help=help)


def _bad_head(step: ast.Layer, name: str | None) -> Diagnostic:
    help = ("write `HEAD value( steps )`; the main flow goes on from before it",)
    if step.label is not None:
        return Diagnostic("E407", "a HEAD has a name of its own, and takes no label", step.label.span, help=help)
    what = "needs a name" if name is None else "needs its steps in ( )" if not step.branches else "has one branch"
    return Diagnostic("E407", f"HEAD {what}", step.name, help=help)


def _missing(step: ast.Layer, op: Op, bound: Bound, group: ast.Group | None) -> Diagnostic:
    needs = " and ".join(f"`{a.usage}`" for a in bound.missing)
    docs = tuple(f"`{a.usage}`: {a.doc}" for a in bound.missing)
    help = (f"for example `{op.examples[0]}`",)
    counts = any(a.form == "times" for a in bound.missing)
    fixes = _for_the_layer(group, step) if group is not None and counts else ()
    message = f"{op.keyword} needs {needs}"
    return Diagnostic("E202", message, step.span, "incomplete", notes=docs, help=help, fixes=fixes)


def _for_the_layer(group: ast.Group, step: ast.Layer) -> tuple[Fix, ...]:
    """``CONV 3x3 *2`` for ``[ CONV 3x3 ]*2``: the count was most likely meant for the layer."""
    times = group.times
    if times is None or "\n" in group.span.text:
        return ()
    meant = f"{step.span.text} {times.span.text.replace(' ', '')}"
    text = f"for {times.span.text.lstrip('* ')} filters, write `{meant}`"
    return (Fix(text, (Edit(group.span, meant),), sure=False),)
