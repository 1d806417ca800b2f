"""Tree to graph: the file as a whole. What its train block says, which blocks there are, where the input's size comes
from, and what is left when every step is written out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from cnndsl.diagnostics import CnnError, Diagnostic, Label
from cnndsl.diagnostics.model import errors
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.verify import verify
from cnndsl.lang import ast
from cnndsl.lang.blocks import Library, TooLarge, check_size
from cnndsl.lang.build import Builder, Failed
from cnndsl.lang.lints import lints
from cnndsl.lang.pattern import is_pattern, variables
from cnndsl.lang.recipe import default_recipe, read_train
from cnndsl.lang.scope import UNKNOWN, Flow, Names, Scope
from cnndsl.lang.steps import MAIN, Steps
from cnndsl.ops.spec import Op
from cnndsl.recipe.asked import freezing, validated
from cnndsl.recipe.block import KEYS
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.fit import fit
from cnndsl.recipe.heads import heads
from cnndsl.recipe.places import known_facts
from cnndsl.recipe.spec import Key, Recipe, Setting
from cnndsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user adds to a file: values of pattern variables, an input size (H, W, D), `?` steps left out, and
    `settings` of the train block, each as it was typed: ``optimizer.lr=0.01``. The settings are written into the tree
    before it is lowered (`cnndsl.lang.overrides`)."""

    variables: Mapping[str, int] = field(default_factory=dict)
    input: tuple[int, int, int] | None = None
    drop_optional: bool = False
    settings: tuple[Source, ...] = ()


Survey = Callable[[Setting], Facts | None]
"""What is known of a data set before it is read, padding included; None for nothing. What is wrong with its files, or
that they are not there, comes as a CnnError, whose diagnostics join the file's."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A file after lowering. `graph` is there when it is a network without errors; `nodes` are the steps whose sizes
    are known, after mistakes too, and `failed` those with a mistake; `pattern` is whether the file still describes a
    family of networks, and `open` what it lacks to be one; `fragment` that no size was known; `blocks` that the file
    has no steps, only definitions; `used` are the files whose blocks it uses."""

    graph: Graph | None
    nodes: tuple[Node, ...]
    failed: tuple[Failed, ...]
    recipe: Recipe
    pattern: bool
    fragment: bool
    blocks: bool
    used: tuple[ast.Module, ...]
    open: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def lower(
    module: ast.Module,
    layers: Mapping[str, Op],
    *,
    used: tuple[ast.Module, ...] = (),
    name: str = "network",
    choices: Choices | None = None,
    survey: Survey = known_facts,
    backends: Collection[str] = (),
    clean: bool = True,
    keys: Mapping[str, Key] = KEYS,
) -> Lowered:
    """Binds every step, applies the size rules, builds the graph, and holds the data set against it. Collects all
    diagnostics, raises none. `used` are the files whose blocks the module uses; `backends` are the names that a train
    block may choose from; without them any will do. `clean` is whether the text was read without mistakes: only then
    lints are looked for. `keys` are those of the train block."""
    return _Lowerer(module, used, layers, name, choices or Choices(), survey, backends, clean, keys).run()


class _Lowerer:
    def __init__(
        self,
        module: ast.Module,
        used: tuple[ast.Module, ...],
        layers: Mapping[str, Op],
        name: str,
        choices: Choices,
        survey: Survey,
        backends: Collection[str],
        clean: bool,
        keys: Mapping[str, Key],
    ):
        self.module = module
        self.used = used
        self.layers = layers
        self.name = name
        self.choices = choices
        self.survey = survey
        self.backends = backends
        self.clean = clean
        self.keys = keys
        self.facts: Facts | None = None
        self.library = Library()
        self.builder = Builder()
        self.steps = Steps(
            layers,
            self.library,
            self.builder,
            pattern=any(is_pattern(m) for m in (module, *used)),
            drop_optional=choices.drop_optional,
            unclosed=module.unclosed,
        )
        self.fragment = False
        self.headless = False
        """Whether the last step is a HEAD, so that the main flow has no output."""

    def say(self, diagnostic: Diagnostic) -> None:
        self.builder.say(diagnostic)

    def run(self) -> Lowered:
        recipe = self._recipe()
        self._check_variables()
        self.steps.define((*self.used, self.module), self.choices.variables)
        result = UNKNOWN
        try:
            check_size(self.module.steps, self.library, dict(self.choices.variables))
        except TooLarge as verdict:
            self.say(verdict.diagnostic)
            return self._finish(result, recipe)
        self.facts = self._facts(recipe)
        result = self._main()
        for name in [n for n in self.library.definitions if n not in self.library.used]:
            self.steps.survey(name)
        self._check_data(result, recipe)
        self._check_losses(recipe)
        for diagnostic in validated(recipe):
            self.say(diagnostic)
        return self._finish(result, recipe)

    # ---- the train block and its data

    def _recipe(self) -> Recipe:
        trains = self.module.trains
        said: list[Diagnostic] = []
        recipe = read_train(trains[0], said, self.backends, self.keys) if trains else default_recipe(self.keys)
        for diagnostic in said:
            self.say(diagnostic)
        for extra in trains[1:]:
            place = Span(extra.span.source, extra.span.start, extra.span.start + len("train"))
            first = Span(extra.span.source, trains[0].span.start, trains[0].span.start + len("train"))
            related = (Label(first, "the first one"),)
            self.say(Diagnostic("E501", "a second train block", place, "again here", related))
        return recipe

    def _facts(self, recipe: Recipe) -> Facts | None:
        if recipe.data is None:
            return None
        try:
            return self.survey(recipe.data)
        except CnnError as error:
            for diagnostic in error.diagnostics:
                self.say(diagnostic)
            return None

    def _check_data(self, result: Flow, recipe: Recipe) -> None:
        nodes = self.builder.nodes
        if self.facts is None or recipe.data is None or not nodes:
            return
        last = next((n for n in nodes if n.name == result.node), None)
        data = recipe.data
        binary = MAIN in recipe.losses and recipe.losses[MAIN].word == "bce"
        pad, span = data.attrs.pad, data.span
        for diagnostic in fit(nodes[0], last, self.facts, data=data.word, pad=pad, span=span, binary=binary):
            self.say(diagnostic)

    def _check_losses(self, recipe: Recipe) -> None:
        """Holds the losses against the outputs, where these are known; a main flow that a mistake left unknown is
        there all the same."""
        if self.module.trains and self.module.has_steps:
            outputs = [*([] if self.headless else [MAIN]), *self.steps.heads]
            span = self.module.trains[0].span
            place = span.source.span(span.start, span.start + len("train"))
            for diagnostic in heads(recipe, outputs, place):
                self.say(diagnostic)

    def _trainable(self, graph: Graph, recipe: Recipe) -> Graph | None:
        """The network, where what is to be frozen is there, and not all of it."""
        found = list(freezing(recipe, graph.params, [n for n, spec in graph.params.items() if spec.trained]))
        for diagnostic in found:
            self.say(diagnostic)
        return None if found else graph

    # ---- definitions

    def _check_variables(self) -> None:
        known = variables(self.module)
        for variable in self.choices.variables:
            if variable not in known:
                has = f"its variables are {', '.join(known)}" if known else "it has no variables"
                self.say(Diagnostic("E211", f"{self.module.source.name} has no variable `{variable}`", help=(has,)))

    # ---- steps

    def _main(self) -> Flow:
        scope = Scope(dict(self.choices.variables), {}, Names())
        flow = UNKNOWN
        started = False
        for step in self.module.steps:
            if isinstance(step, ast.Set):
                self.steps.set(step, scope)
                continue
            if not started and not isinstance(step, ast.Bad):
                started = True
                if isinstance(step, ast.Layer) and step.keyword == "INPUT":
                    flow = self._input(step, scope)
                    continue
                if step is next(s for s in self.module.steps if not isinstance(s, ast.Set)):
                    flow = self._implied_input()
            flow = self.steps.step(step, flow, scope)
            self.headless = self.steps.after_head
        return Flow(None, None, flow.span) if self.headless else flow

    def _input(self, step: ast.Layer, scope: Scope) -> Flow:
        bound = self.steps.bind(step, self.layers["INPUT"], scope)
        given = self.choices.input
        if bound.failed or step.branches is not None:
            if step.branches is not None:
                self.say(Diagnostic("E209", "INPUT joins no branches", step.name))
            return Flow(None, None, step.span)
        written = tuple(bound.values.get("size", ()))
        if written and given and written != given:
            sizes = "x".join(map(str, written)), "x".join(map(str, given))
            message = f"INPUT says {sizes[0]}, and the input size given is {sizes[1]}"
            self.say(Diagnostic("E215", message, step.span))
        size = written or given or (self.facts.size if self.facts else ())
        if not size:
            self.steps.open["INPUT has no size"] = None
            return Flow(None, None, step.span)
        flow = self._input_node(size, step.span, step.label.text if step.label else "input")
        return self.steps.labelled(step, flow, scope)

    def _implied_input(self) -> Flow:
        size = self.choices.input or (self.facts.size if self.facts else None)
        if size is not None:
            return self._input_node(size, None, "input")
        if self.steps.pattern:
            self.steps.open["there is no INPUT"] = None
        else:
            self.fragment = True
        return UNKNOWN

    def _input_node(self, size: tuple[int, ...], span: Span | None, name: str) -> Flow:
        op = self.layers["INPUT"]
        return self.builder.add(op, op.attrs(size=tuple(size)), (), name, span)

    # ---- what came out

    def _finish(self, result: Flow, recipe: Recipe) -> Lowered:
        graph = None
        nodes = tuple(self.builder.nodes)
        outputs = {name: node for name, node in ((MAIN, result.node), *self.steps.heads.items()) if node is not None}
        bad = errors(self.builder.diagnostics) or any(isinstance(s, ast.Bad) for s in ast.walk(self.module.items))
        if not bad and not self.steps.open and not self.fragment and outputs:
            graph = self._trainable(verify(Graph(self.name, nodes, outputs)), recipe)
        if self.clean and not errors(self.builder.diagnostics) and not bad:
            for finding in lints(self.module, self.steps, graph):
                self.say(finding)
        return Lowered(
            graph,
            nodes,
            tuple(self.builder.failed),
            recipe,
            self.steps.pattern and graph is None,
            self.fragment,
            not self.module.has_steps,
            self.used,
            tuple(self.steps.open),
            tuple(sorted(self.builder.diagnostics, key=lambda d: placed(d, self.module.source))),
        )


def placed(diagnostic: Diagnostic, source: Source) -> tuple[bool, str, int]:
    """Sorts what was said: without a place first, then the file's own, then that of the files it uses."""
    span = diagnostic.span
    return (False, "", -1) if span is None else (span.source is not source, span.source.name, span.start)
