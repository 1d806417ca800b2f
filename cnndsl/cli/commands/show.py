"""Shows every layer of a network: output size with its arithmetic, parameters, and MACs (multiply-accumulates of
convolutions and FC for one sample, without biases)."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from cnndsl.cli import options, terminal
from cnndsl.ir.graph import Graph, Node

HELP = "sizes, arithmetic, parameters and MACs of every layer"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to show it")
    options.add_choices(parser)


def run(args: argparse.Namespace) -> int:
    network = options.network(args)
    if args.format == "json":
        print(json.dumps(as_json(network.graph), indent=2))
        return 0
    terminal.say(network.diagnostics, sys.stderr)
    _table(network.graph)
    return 0


def as_json(graph: Graph) -> dict[str, Any]:
    """The network as plain JSON values; `version` is that of this form."""
    return {
        "version": 1,
        "model": graph.name,
        "input": graph.input.type.dimensions,
        "layers": [_layer(graph, node) for node in graph.nodes[1:]],
        "outputs": {name: graph[at].type.dimensions for name, at in graph.outputs.items()},
        "totals": {"parameters": graph.parameter_count, "buffers": graph.buffer_count, "macs": graph.macs},
    }


def _layer(graph: Graph, node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "layer": node.keyword,
        "inputs": list(node.inputs),
        "output": node.type.dimensions,
        "arithmetic": graph.arithmetic(node),
        "parameters": sum(p.count for p in node.params if p.trained),
        "buffers": sum(p.count for p in node.params if not p.trained),
        "macs": graph.cost(node).macs,
        "line": node.span.line if node.span else None,
    }


def _table(graph: Graph) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_footer=True)
    total = f"{graph.parameter_count:,}"
    table.add_column("layer", footer="total", no_wrap=True)
    table.add_column("output", no_wrap=True)
    table.add_column("arithmetic", ratio=1)
    table.add_column("parameters", justify="right", footer=total, no_wrap=True)
    table.add_column("MACs", justify="right", footer=f"{graph.macs:,}", no_wrap=True)
    for row in as_json(graph)["layers"]:
        size = "x".join(map(str, row["output"]))
        numbers = [f"{row[key]:,}" if row[key] else "" for key in ("parameters", "macs")]
        table.add_row(row["name"], size, row["arithmetic"], *numbers)
    console = terminal.console(sys.stdout)
    console.print(f"{graph.name}: input {graph.input.type}")
    console.print(table)
    if graph.buffer_count:
        console.print(f"and {graph.buffer_count:,} running statistics, which are not trained")
