"""Nodes: names, the size rule, and what is said where it does not take a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnndsl.diagnostics import Diagnostic, Edit, Fix, Label
from cnndsl.ir.graph import Node
from cnndsl.ir.types import Change, Reject
from cnndsl.lang import ast
from cnndsl.lang.scope import Flow, Scope
from cnndsl.ops.spec import Op
from cnndsl.source import Span


@dataclass(frozen=True, slots=True)
class Failed:
    """A step whose size is not known for a mistake in it: `at` is how many nodes stood before it, `diagnostic` what
    was said, None where that was said before."""

    at: int
    name: str
    keyword: str
    diagnostic: Diagnostic | None


@dataclass(slots=True)
class Builder:
    """The nodes so far, and what is wrong. One message a place, however often it is written out."""

    nodes: list[Node] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    spans: dict[str, Span | None] = field(default_factory=dict)
    said: set[tuple[str, str, int, int]] = field(default_factory=set)

    def say(self, diagnostic: Diagnostic) -> None:
        if diagnostic.span is not None:
            span = diagnostic.span
            key = diagnostic.code, span.source.name, span.start, span.end
            if key in self.said:
                return
            self.said.add(key)
        self.diagnostics.append(diagnostic)

    def fail(self, name: str, keyword: str, diagnostic: Diagnostic | None = None) -> None:
        """Remembers a step that has no size."""
        self.failed.append(Failed(len(self.nodes), name, keyword, diagnostic))

    def add(
        self,
        op: Op,
        attrs: Any,
        flows: tuple[Flow, ...],
        name: str,
        span: Span | None,
        spans: Mapping[str, Span] | None = None,
        step: ast.Layer | None = None,
        scope: Scope | None = None,
    ) -> Flow:
        """Applies the size rule and adds the node; after a mistake its type is unknown."""
        types = tuple(flow.type for flow in flows)
        inputs = tuple(t for t in types if t is not None)
        known = len(inputs) == len(types)
        checked = False
        try:
            op.check(attrs)
            checked = True
            if not known:
                return Flow(None, op.regardless(attrs), span)
            out = op.infer(attrs, inputs)
        except Reject as reject:
            said = rejected(op, reject, flows if known and checked else (), span, spans or {}, step, scope)
            self.say(said)
            self.fail(name, op.keyword, said)
            return Flow(None, op.regardless(attrs), span)
        feeds = tuple(flow.node for flow in flows if flow.node is not None)
        if len(feeds) != len(flows):
            return Flow(None, out, span)
        if name in self.spans:
            first = self.spans[name]
            related = (Label(first, "the first one"),) if first is not None else ()
            help = ("label one of them with another name: `as x`",)
            self.say(Diagnostic("E214", f"two steps are named `{name}`", span, "", related, help=help))
            return Flow(None, out, span)
        self.spans[name] = span
        self.nodes.append(Node(name, op, attrs, feeds, out, op.params(attrs, inputs), span))
        return Flow(name, out, span)


def rejected(
    op: Op,
    reject: Reject,
    flows: tuple[Flow, ...],
    span: Span | None,
    spans: Mapping[str, Span],
    step: ast.Layer | None,
    scope: Scope | None,
) -> Diagnostic:
    """A size rule's complaint, with the blamed argument as its place and the step that gave the input beside it."""
    blamed = spans.get(reject.blame) or (spans.get("window") if reject.blame else None)
    place = blamed or span
    related: list[Label] = []
    if op.kind == "join":
        place = flows[reject.input_index].span or span
        first = flows[0].span
        if first is not None and reject.input_index:
            related.append(Label(first, f"gives {flows[0].type}"))
    elif flows and (giver := flows[reject.input_index]).span is not None:
        related.append(Label(giver.span, f"gives {giver.type}"))
    if step is not None and blamed is not None and not _within(blamed, step.span):
        related.append(Label(step.span, "for this step"))
    elif scope is not None and scope.call is not None:
        related.append(Label(scope.call.span, f"in this use of `{scope.call.name.text}`"))
    changes = [h for h in reject.help if isinstance(h, Change)]
    fixes = tuple(fix for change in changes if step is not None and (fix := _fix(change, step, spans)))
    help = tuple(h if isinstance(h, str) else h.help for h in reject.help if not (fixes and isinstance(h, Change)))
    message = f"{op.keyword} {reject.message}"
    return Diagnostic(reject.code, message, place, reject.label, tuple(related), reject.notes, help, fixes)


def _within(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


def _fix(change: Change, step: ast.Layer, spans: Mapping[str, Span]) -> Fix:
    """A change of arguments as edits of the step: an argument that it has is written anew, another is added."""
    edits: list[Edit] = []
    added: list[str] = []
    for name, text in change.arguments.items():
        span = spans.get(name)
        if span is not None and _within(span, step.span):
            start = span.start - (not text and span.source.text[span.start - 1 : span.start] == " ")
            edits.append(Edit(span.source.span(start, span.end), text))
        elif text:
            added.append(text)
    if added:
        end = step.args[-1].span.end if step.args else step.name.end
        edits.append(Edit(step.span.source.span(end, end), " " + " ".join(added)))
    return Fix(change.help, tuple(edits), sure=False)
