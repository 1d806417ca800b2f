"""Compares two networks by meaning: a renamed block is no change, another stride is.

Exit code 0 when they are the same, 1 when they are not. The ways to train them are compared too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from cnndsl import api
from cnndsl.cli import options
from cnndsl.ir.compare import Difference, compare
from cnndsl.ir.graph import Graph, Node
from cnndsl.lang.written import written
from cnndsl.recipe.compare import differences

HELP = "compare two networks by meaning"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="A", help="a .cnn file; - is standard input")
    parser.add_argument("after", metavar="B", help="another one")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to tell it")
    options.add_choices(parser)


def run(args: argparse.Namespace) -> int:
    chosen = options.choices(args)
    one, two = (api.network(options.read(path), chosen, path) for path in (args.before, args.after))
    steps = compare(one.graph, two.graph)
    training = differences(one.recipe, two.recipe)
    if args.format == "json":
        print(json.dumps(_as_json(steps, training, one.graph, two.graph), indent=2))
    else:
        for line in _lines(steps, training, one.graph, two.graph):
            print(line)
    return 1 if steps or training else 0


def _step(node: Node) -> str:
    return " ".join([node.keyword, *written(node.op, node.op.dump(node.attrs))])  # type: ignore[arg-type]


def _place(node: Node) -> str:
    return f" (line {node.span.line})" if node.span is not None else ""


def _lines(steps: list[Difference], training: dict[str, tuple[str, str]], one: Graph, two: Graph) -> Iterator[str]:
    if not steps and not training:
        yield "no difference"
        return
    for found in steps:
        a, b = found.before, found.after
        if found.kind == "moved":
            changes = "; ".join(f"{k}: {_names(old)} -> {_names(new)}" for k, (old, new) in found.arguments.items())
            yield f"~ {b.name if b else ''}{_place(b) if b else ''}: {changes}"
            continue
        if a is not None:
            yield f"- {a.name}: {_step(a)}{_place(a)} gives {a.type}"
        if b is not None:
            yield f"+ {b.name}: {_step(b)}{_place(b)} gives {b.type}"
    if steps:
        for what, old, new in _totals(one, two):
            if old != new:
                yield f"  {what}: {old:,} -> {new:,} ({new - old:+,})"
        if one.outputs.keys() != two.outputs.keys() or any(
            one.output(name).type != two.output(name).type for name in one.outputs
        ):
            yield f"  outputs: {_outputs(one)} -> {_outputs(two)}"
    for key, (left, right) in training.items():
        yield f"~ train {key}: {left} -> {right}"


def _names(value: dict[str, str] | list[str]) -> str:
    """Steps, and outputs with the steps that give them."""
    pairs = [f"{name} from {step}" for name, step in value.items()] if isinstance(value, dict) else value
    return ", ".join(pairs)


def _totals(one: Graph, two: Graph) -> Iterator[tuple[str, int, int]]:
    yield "parameters", one.parameter_count, two.parameter_count
    yield "running statistics", one.buffer_count, two.buffer_count
    yield "MACs", one.macs, two.macs


def _outputs(graph: Graph) -> str:
    return ", ".join(f"{name} {graph.output(name).type}" for name in graph.outputs)


def _as_json(steps: list[Difference], training: dict[str, tuple[str, str]], one: Graph, two: Graph) -> dict[str, Any]:
    def side(node: Node | None) -> dict[str, Any] | None:
        if node is None:
            return None
        line = node.span.line if node.span is not None else None
        arguments = node.op.dump(node.attrs)
        return {
            "name": node.name,
            "layer": node.keyword,
            "arguments": arguments,
            "output": node.type.dimensions,
            "line": line,
        }

    return {
        "same": not steps and not training,
        "steps": [
            {
                "kind": d.kind,
                "before": side(d.before),
                "after": side(d.after),
                "changes": {name: list(pair) for name, pair in d.arguments.items()},
            }
            for d in steps
        ],
        "totals": {what: [old, new] for what, old, new in _totals(one, two)},
        "train": {key: list(pair) for key, pair in training.items()},
    }
