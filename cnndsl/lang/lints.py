"""Lints: what is no mistake by the rules, and most likely one all the same. Looked for only in files without errors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnndsl.diagnostics import Diagnostic, Edit, Fix, Label
from cnndsl.ir.graph import Graph, Node
from cnndsl.lang import ast
from cnndsl.lang.steps import Steps
from cnndsl.ops.spec import Op

COMPUTES = ("conv", "pool", "dense", "norm", "activation")
"""Kinds of layers that make other values of those they are given."""
LINEAR = ("conv", "dense")
MOST_LOST = 10
"""Rows or columns that `floor` may drop, in percent of the input: beyond, it is told."""


def lints(module: ast.Module, steps: Steps, graph: Graph | None) -> Iterator[Diagnostic]:
    """Every finding; without a graph, those of the text alone."""
    yield from unused_labels(module, steps)
    if module.has_steps:
        yield from unused_blocks(module, steps)
    if graph is not None:
        for lint in (bias_under_bn, after_softmax, dropped_rows, larger_than_the_map):
            yield from lint(graph)


# ---- of the text


def unused_labels(module: ast.Module, steps: Steps) -> Iterator[Diagnostic]:
    """W204: a label that no branch starts from, and that stands in no pattern of `freeze`."""
    entries = [e for t in module.trains for e in t.entries if isinstance(e, ast.Entry) and e.key.text == "freeze"]
    patterns = " ".join(a.value for e in entries for a in e.args if isinstance(a, ast.Text))
    frozen = set(re.findall("[a-z0-9_]+", patterns))
    for key, word in steps.labels.items():
        if key not in steps.used_labels and word.text not in frozen:
            help = (
                f"for the activation, leave `as` out: `{word.text}`"
                if word.text in steps.activations
                else f"start a branch there, `@{word.text}`, or take the label out",
            )
            yield Diagnostic("W204", f"nothing starts from label `{word.text}`", word.span, "unused", help=help)


def unused_blocks(module: ast.Module, steps: Steps) -> Iterator[Diagnostic]:
    """W205: a block of a network's own file that it does not use."""
    for block in module.blocks:
        if block.name.text not in steps.library.used:
            yield Diagnostic("W205", f"nothing uses block `{block.name.text}`", block.name.span, "unused")


# ---- of the network


def bias_under_bn(graph: Graph) -> Iterator[Diagnostic]:
    """W202: a bias that the BN behind it takes out again, with the mean."""
    for node in graph:
        if node.keyword != "BN" or node.span is None:
            continue
        before = graph[node.inputs[0]]
        # a bias for each position has more to say than the mean that BN takes away
        owns = any(p.name == "bias" and len(p.shape) == 1 for p in before.params) and _kind(before) in LINEAR
        if owns and before.span is not None and len(graph.consumers[before.name]) == 1:
            yield Diagnostic(
                "W202",
                f"the bias of {before.keyword} has no effect: BN takes the mean away"
                + (", and adds a shift of its own" if node.params and node.params[0].trained else ""),
                before.span,
                "has a bias",
                (Label(node.span, "takes it out again"),),
                fixes=tuple(_without_bias(before)),
            )


def _without_bias(node: Node) -> Iterator[Fix]:
    """``nobias`` behind the arguments; at the name where it cannot be told where they end."""
    span = node.span
    if span is not None and "\n" not in span.text and "(" not in span.text and " as " not in span.text:
        at = span.source.span(span.end, span.end)
        yield Fix("add `nobias`", (Edit(at, " nobias"),), sure=False)


def after_softmax(graph: Graph) -> Iterator[Diagnostic]:
    """W203: a layer that makes something else of probabilities."""
    for node in graph:
        if _kind(node) not in COMPUTES and node.keyword != "SOFTMAX":
            continue
        softmax = next((graph[name] for name in node.inputs if graph[name].keyword == "SOFTMAX"), None)
        if softmax is not None:
            related = (Label(softmax.span, "gives probabilities"),) if softmax.span is not None else ()
            help = ("SOFTMAX stands last; for training it may be left out, `cross_entropy` has it in it",)
            message = f"{node.keyword} stands behind SOFTMAX, and what it gives are no probabilities any more"
            yield Diagnostic("W203", message, node.span, "behind SOFTMAX", related, help=help)


def dropped_rows(graph: Graph) -> Iterator[Diagnostic]:
    """W301: `floor` drops more of the input than an edge."""
    for node in graph:
        if not isinstance(node.op, Op) or not node.inputs:
            continue
        inputs = graph.input_types(node)
        x = inputs[0]
        rows, columns = node.op.lost(node.attrs, inputs)
        if 100 * rows <= MOST_LOST * x.height and 100 * columns <= MOST_LOST * x.width:
            continue
        lost = [f"{n} of {of} {what}" for n, of, what in ((rows, x.height, "rows"), (columns, x.width, "columns")) if n]
        yield Diagnostic(
            "W301",
            f"`floor` drops {' and '.join(lost)} of the input of {node.keyword}",
            node.span,
            f"input is {x}",
            notes=(graph.arithmetic(node),),
            help=("a pad, or `ceil`, keeps them; `cnndsl sizes` lists the inputs that fit exactly",),
        )


def larger_than_the_map(graph: Graph) -> Iterator[Diagnostic]:
    """W302: a POOL whose window is larger than its input, and fits only by pad, `ceil` or `same`."""
    for node in graph:
        window = getattr(node.attrs, "window", None)
        if _kind(node) != "pool" or window is None:
            continue
        (x,) = graph.input_types(node)
        if window[0] > x.height or window[1] > x.width:
            shown = "x".join(map(str, window))
            help = ("take a smaller window, or `global` for the whole map",)
            message = f"window {shown} of {node.keyword} is larger than its input {x.height}x{x.width}"
            yield Diagnostic("W302", message, node.span, "sees the whole map and its pad", help=help)


def _kind(node: Node) -> str:
    return node.op.kind if isinstance(node.op, Op) else ""
