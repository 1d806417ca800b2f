"""Tree to graph. A mistake makes the type behind it unknown: later steps are still bound, but not blamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnndsl.diagnostics import CnnError, Diagnostic, Label
from cnndsl.diagnostics.model import errors, replaced
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import Reject, TensorType
from cnndsl.ir.verify import verify
from cnndsl.lang import ast
from cnndsl.lang.bind import Bound, Signature, bind
from cnndsl.lang.pattern import is_pattern, layer_count, variables
from cnndsl.lang.recipe import default_recipe, read_train
from cnndsl.ops.spec import Op
from cnndsl.recipe.data import FACTS, Facts
from cnndsl.recipe.fit import fit
from cnndsl.recipe.spec import Recipe, Setting
from cnndsl.source import Span
from cnndsl.words import nearest

MOST_LAYERS = 10_000


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user adds to a file: values of pattern variables, an input size (H, W, D), `?` steps left out."""

    variables: Mapping[str, int] = field(default_factory=dict)
    input: tuple[int, int, int] | None = None
    drop_optional: bool = False


Survey = Callable[[Setting], Facts | None]
"""What is known of a data set before it is read, padding included; None for nothing. What is wrong with its files, or
that they are not there, comes as a CnnError, whose diagnostics join the file's."""


def known_facts(setting: Setting) -> Facts | None:
    """A survey that opens no files: of sets known by name, and nothing of others."""
    known = FACTS.get(setting.word)
    if known is None:
        return None
    height, width, depth = known.size
    pad = 2 * setting.attrs.pad
    return Facts((height + pad, width + pad, depth), known.classes)


@dataclass(frozen=True, slots=True)
class Lowered:
    """A file after lowering. `graph` is there when it is a network without errors; `nodes` are the steps whose sizes
    are known, after mistakes too; `open` says what a pattern still lacks to be a network; `fragment` that no size was
    known."""

    graph: Graph | None
    nodes: tuple[Node, ...]
    recipe: Recipe
    pattern: bool
    fragment: bool
    open: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def lower(
    module: ast.Module,
    layers: Mapping[str, Op],
    *,
    name: str = "network",
    choices: Choices | None = None,
    survey: Survey = known_facts,
    backends: Collection[str] = (),
) -> Lowered:
    """Binds every step, applies the size rules, builds the graph, and holds the data set against it. Collects all
    diagnostics, raises none. `backends` are the names that a train block may choose from; without them any will do."""
    return _Lowerer(module, layers, name, choices or Choices(), survey, backends).run()


@dataclass(frozen=True, slots=True)
class _Flow:
    """What the next step starts from: a node and its type, unknown after a mistake, and the step that gave it."""

    node: str | None
    type: TensorType | None
    span: Span | None


_UNKNOWN = _Flow(None, None, None)


class _Lowerer:
    def __init__(
        self,
        module: ast.Module,
        layers: Mapping[str, Op],
        name: str,
        choices: Choices,
        survey: Survey,
        backends: Collection[str],
    ):
        self.module = module
        self.layers = layers
        self.activations = {op.activation_word: op for op in layers.values() if op.activation_word}
        self.name = name
        self.choices = choices
        self.survey = survey
        self.backends = backends
        self.facts: Facts | None = None
        self.pattern = is_pattern(module)
        self.diagnostics: list[Diagnostic] = []
        self.nodes: list[Node] = []
        self.names: dict[str, Span] = {}
        self.numbers: Counter[str] = Counter()
        self.bound: dict[int, Bound] = {}
        self.reported: set[int] = set()
        self.open: dict[str, None] = {}
        self.fragment = False
        self.loose = 0
        """Above 0 inside of branches whose end is not known."""

    def run(self) -> Lowered:
        trains = self.module.trains
        recipe = read_train(trains[0], self.diagnostics, self.backends) if trains else default_recipe()
        for extra in trains[1:]:
            place = Span(extra.span.source, extra.span.start, extra.span.start + len("train"))
            first = Span(extra.span.source, trains[0].span.start, trains[0].span.start + len("train"))
            related = (Label(first, "the first one"),)
            self._say(Diagnostic("E501", "a second train block", place, "again here", related))
        self._check_variables()
        result = _UNKNOWN
        if self._small_enough():
            self.facts = self._facts(recipe)
            result = self._main()
            self._check_data(result, recipe)
        return self._finish(result, recipe)

    def _facts(self, recipe: Recipe) -> Facts | None:
        if recipe.data is None:
            return None
        try:
            found = self.survey(recipe.data)
        except CnnError as error:
            self.diagnostics += error.diagnostics
            return None
        return found

    def _check_data(self, result: _Flow, recipe: Recipe) -> None:
        if self.facts is None or recipe.data is None or not self.nodes:
            return
        last = self.nodes[-1] if result.node is not None else None
        data = recipe.data
        self.diagnostics += fit(self.nodes[0], last, self.facts, data=data.word, pad=data.attrs.pad, span=data.span)

    def _finish(self, result: _Flow, recipe: Recipe) -> Lowered:
        graph = None
        bad = errors(self.diagnostics) or any(isinstance(s, ast.Bad) for s in self.module.steps)
        if not bad and not self.open and not self.fragment and result.node is not None:
            graph = verify(Graph(self.name, tuple(self.nodes), {"main": result.node}))
        found = sorted(self.diagnostics, key=lambda d: d.span.start if d.span else -1)
        return Lowered(graph, tuple(self.nodes), recipe, self.pattern, self.fragment, tuple(self.open), tuple(found))

    def _say(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)

    def _check_variables(self) -> None:
        known = variables(self.module)
        for variable in self.choices.variables:
            if variable not in known:
                has = f"its variables are {', '.join(known)}" if known else "it has no variables"
                self._say(Diagnostic("E211", f"{self.module.source.name} has no variable `{variable}`", help=(has,)))

    def _small_enough(self) -> bool:
        total = 0
        for step in self.module.steps:
            total += layer_count((step,), self.choices.variables)
            if total > MOST_LAYERS:
                message = f"the network has {total:,} layers up to here, and {MOST_LAYERS:,} is the limit"
                self._say(Diagnostic("E110", message, step.span, help=("use fewer repetitions",)))
                return False
        return True

    # ---- steps

    def _main(self) -> _Flow:
        steps = self.module.steps
        flow = _UNKNOWN
        while steps and isinstance(steps[0], ast.Bad):
            steps = steps[1:]
        if steps and isinstance(steps[0], ast.Layer) and steps[0].keyword == "INPUT":
            flow = self._input(steps[0])
            steps = steps[1:]
        elif steps and len(steps) == len(self.module.steps):
            flow = self._implied_input()
        for step in steps:
            flow = self._step(step, flow)
        return flow

    def _input(self, step: ast.Layer) -> _Flow:
        bound = self._bind(step, self.layers["INPUT"])
        given = self.choices.input
        if bound.failed or step.branches is not None:
            if step.branches is not None:
                self._say(Diagnostic("E209", "INPUT joins no branches", step.name))
            return _Flow(None, None, step.span)
        written = tuple(bound.values.get("size", ()))
        if written and given and written != given:
            sizes = "x".join(map(str, written)), "x".join(map(str, given))
            message = f"INPUT says {sizes[0]}, and the input size given is {sizes[1]}"
            self._say(Diagnostic("E215", message, step.span))
        if not written and given is None:
            self.open["INPUT has no size"] = None
            return _Flow(None, None, step.span)
        return self._input_node(written or given or (), step.span)

    def _implied_input(self) -> _Flow:
        size = self.choices.input or (self.facts.size if self.facts else None)
        if size is None:
            if not self.pattern:
                self.fragment = True
            self.open.update({"there is no INPUT": None} if self.pattern else {})
            return _UNKNOWN
        return self._input_node(size, None)

    def _input_node(self, size: tuple[int, ...], span: Span | None) -> _Flow:
        op = self.layers["INPUT"]
        return self._node(op, op.attrs(size=tuple(size)), (), span, {}, "input")

    def _steps(self, steps: ast.Steps, flow: _Flow) -> _Flow:
        for step in steps:
            flow = self._step(step, flow)
        return flow

    def _step(self, step: ast.Step, flow: _Flow) -> _Flow:
        match step:
            case ast.Bad():
                return _Flow(None, None, step.span)
            case ast.Group():
                return self._group(step, flow)
            case ast.Layer():
                if step.optional and self.choices.drop_optional:
                    return flow
                return self._layer(step, flow)

    def _group(self, group: ast.Group, flow: _Flow) -> _Flow:
        if group.optional and self.choices.drop_optional:
            return flow
        count, times = 1, group.times
        if times is not None:
            found = self.choices.variables.get(times.count) if isinstance(times.count, str) else times.count
            if found is None:
                self.open[f"variable {times.count} has no value"] = None
                self._steps(group.steps, flow)
                return _Flow(None, None, group.span)
            if found < 1 or not times.whole:
                message = f"a group's count must be a whole number from 1, found {times.span.text.lstrip('* ')}"
                self._once(times, Diagnostic("E204", message, times.span))
                return _Flow(None, None, group.span)
            count = found
        for _ in range(count):
            flow = self._steps(group.steps, flow)
        return flow

    def _once(self, item: object, diagnostic: Diagnostic) -> None:
        """Says something about a step once, however often its group repeats it."""
        if id(item) not in self.reported:
            self.reported.add(id(item))
            self._say(diagnostic)

    def _layer(self, step: ast.Layer, flow: _Flow) -> _Flow:
        unknown = _Flow(None, None, step.span)
        op = self.layers.get(step.keyword)
        if self._is_loose(step):
            self.loose += 1
            for branch in step.branches or ():
                self._steps(branch, _UNKNOWN)
            self.loose -= 1
            return unknown
        if op is None:
            if not (self.loose and step.keyword == "ID"):
                self._once(step, self._unknown_layer(step))
            for branch in step.branches or ():
                self._branch(branch, flow)
            return unknown
        if op.kind == "input":
            message = "INPUT stands once, as the first step of the file"
            self._once(step, Diagnostic("E212", message, step.span))
            return unknown
        bound = self._bind(step, op)
        flows = self._inputs(step, op, flow)
        if flows is None or bound.failed:
            return unknown
        if bound.missing or bound.free:
            if not self.pattern:
                self._once(step, _missing(step, op, bound))
            for variable in bound.free:
                self.open[f"variable {variable} has no value"] = None
            if bound.missing and self.pattern:
                self.open[f"{step.keyword} in line {step.span.line} lacks its arguments"] = None
            return unknown
        attrs = op.attrs(**{k: tuple(v) if isinstance(v, list) else v for k, v in bound.values.items()})
        out = self._node(op, attrs, flows, step.span, bound.spans, None, step)
        if bound.activation is not None:
            trailing = bound.activation
            out = self._node(trailing, trailing.attrs(), (out,), bound.activation_span, {}, None, step)
            return _Flow(out.node, out.type, step.span)
        return out

    def _is_loose(self, step: ast.Layer) -> bool:
        """Whether a layer's branches were not read as they were meant: a bracket not closed, a step not understood,
        or arguments in parentheses. There is a message already, and what follows from it is not said."""
        if step.branches is None:
            return False
        steps = [s for branch in step.branches for s in branch]
        if any(isinstance(s, ast.Bad) for s in steps):
            return True
        span = step.span
        return any(step.name.end <= at < span.end for at in self.module.unclosed)

    def _unknown_layer(self, step: ast.Layer) -> Diagnostic:
        if step.keyword == "ID":
            help = ("leave the step out, or write it as a branch: `ADD( CONV 3x3 *8 pad 1 | ID )`",)
            return Diagnostic("E209", "ID is the empty branch, and stands alone in one", step.span, help=help)
        guess = nearest(step.keyword, self.layers)
        help: tuple[str, ...] = () if guess else (f"layers here: {', '.join(sorted(self.layers))}",)
        fixes = replaced(step.name, f"did you mean `{guess}`?", guess) if guess else ()
        message = f"there is no layer `{step.keyword}`"
        return Diagnostic("E201", message, step.name, "unknown", help=help, fixes=fixes)

    def _bind(self, step: ast.Layer, op: Op) -> Bound:
        """Binds a step's arguments, once however often its group repeats it."""
        if id(step) not in self.bound:
            activations = self.activations if op.takes_activation else {}
            others = frozenset(self.layers)
            signature = Signature(op.keyword, op.arguments, activations=activations, others=others)
            self.bound[id(step)] = bind(signature, step.args, self.choices.variables, self.diagnostics)
        return self.bound[id(step)]

    def _inputs(self, step: ast.Layer, op: Op, flow: _Flow) -> tuple[_Flow, ...] | None:
        """The flows a layer reads: its branches' for a join, else the one before it. None after a mistake."""
        if op.kind != "join":
            if step.branches is None:
                return (flow,)
            for branch in step.branches:
                self._branch(branch, flow)
            message = f"{step.keyword} joins no branches"
            joins = [o.keyword for o in self.layers.values() if o.kind == "join"]
            help = (f"layers that do: {', '.join(joins)}",)
            self._once(step, Diagnostic("E209", message, step.name, "takes no ( … )", help=help))
            return None
        if step.branches is None:
            if self.pattern and not step.args:
                self.open[f"{step.keyword} in line {step.span.line} lacks its branches"] = None
            else:
                help = (f"write `{step.keyword}( a | b )`; `ID` is the empty branch",)
                self._once(step, Diagnostic("E209", f"{step.keyword} needs branches", step.name, help=help))
            return None
        if len(step.branches) < 2:
            (only,) = step.branches
            self.loose += 1
            self._steps(only, flow)
            self.loose -= 1
            ends_in_id = isinstance(last := only.items[-1], ast.Layer) and last.keyword == "ID"
            forgotten = len(only.items) > 1 and ends_in_id
            help = (
                f"put `|` between the branches: `{step.keyword}( … | ID )`"
                if forgotten
                else f"to go around it, add the empty branch: `{step.keyword}( … | ID )`",
            )
            self._once(step, Diagnostic("E403", f"{step.keyword} joins one branch only", step.name, help=help))
            return None
        return tuple(self._branch(branch, flow) for branch in step.branches)

    def _branch(self, branch: ast.Steps, flow: _Flow) -> _Flow:
        only = branch.items[0]
        if len(branch.items) == 1 and isinstance(only, ast.Layer) and only.keyword == "ID":
            if only.args or only.branches is not None:
                self._once(only, Diagnostic("E208", "ID takes no arguments", only.span))
                return _UNKNOWN
            return _Flow(flow.node, flow.type, only.span)
        return self._steps(branch, flow)

    # ---- nodes

    def _node(
        self,
        op: Op,
        attrs: Any,
        flows: tuple[_Flow, ...],
        span: Span | None,
        spans: Mapping[str, Span],
        name: str | None,
        step: object = None,
    ) -> _Flow:
        """Applies the size rule and adds the node; after a mistake the type is unknown."""
        self.numbers[op.keyword] += 1
        name = name or f"{op.keyword.lower()}{self.numbers[op.keyword]}"
        types = tuple(flow.type for flow in flows)
        inputs = tuple(t for t in types if t is not None)
        known = len(inputs) == len(types) and all(flow.node is not None for flow in flows)
        try:
            op.check(attrs)
            if not known:
                return _Flow(None, None, span)
            out = op.infer(attrs, inputs)
        except Reject as reject:
            self._once(step, _rejected(op, reject, flows if known else (), span, spans))
            return _Flow(None, None, span)
        if name in self.names:
            self._say(Diagnostic("E214", f"two steps are named `{name}`", span, help=("rename one of the layers",)))
            return _Flow(None, None, span)
        if span is not None:
            self.names[name] = span
        feeds = tuple(flow.node for flow in flows if flow.node is not None)
        self.nodes.append(Node(name, op, attrs, feeds, out, op.params(attrs, inputs), span))
        return _Flow(name, out, span)


def _missing(step: ast.Layer, op: Op, bound: Bound) -> Diagnostic:
    needs = " and ".join(f"`{a.usage}`" for a in bound.missing) or f"a value for {', '.join(bound.free)}"
    docs = tuple(f"`{a.usage}`: {a.doc}" for a in bound.missing)
    help = (f"for example `{op.examples[0]}`",)
    return Diagnostic("E202", f"{op.keyword} needs {needs}", step.span, "incomplete", notes=docs, help=help)


def _rejected(
    op: Op, reject: Reject, flows: tuple[_Flow, ...], span: Span | None, spans: Mapping[str, Span]
) -> Diagnostic:
    """A size rule's complaint, with the blamed argument as its place and the step that gave the input beside it."""
    place = spans.get(reject.blame) or (spans.get("window") if reject.blame else None) or span
    related: tuple[Label, ...] = ()
    if op.kind == "join":
        place = flows[reject.input_index].span or span
        first = flows[0].span
        if first is not None and reject.input_index:
            related = (Label(first, f"gives {flows[0].type}"),)
    elif flows and (giver := flows[reject.input_index]).span is not None:
        related = (Label(giver.span, f"gives {giver.type}"),)
    help = tuple(h if isinstance(h, str) else h.help for h in reject.help)
    return Diagnostic(reject.code, f"{op.keyword} {reject.message}", place, reject.label, related, reject.notes, help)
