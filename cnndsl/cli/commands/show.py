"""Shows every layer of a network: output size with its arithmetic, parameters, MACs (multiply-accumulates of
convolutions and FC for one sample, without biases), memory in float32, and receptive field.

The receptive field is the number of input cells, high and wide, that can reach one cell of a layer's output, and the
jump, in parentheses, how many of them lie from one output cell to the next (`?` where paths differ in it). Memory is
that of a layer's output and of its parameters. On a file with mistakes the table ends with the first layer that has
one. svg, mermaid and dot are pictures: dot for Graphviz, mermaid for Markdown.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cnndsl import api
from cnndsl.cli import options, terminal
from cnndsl.cli.show import FORMATS
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import errors
from cnndsl.inspection.summary import Broken, Summary, line, summarize
from cnndsl.ir.graph import Graph
from cnndsl.lang.lower import Lowered
from cnndsl.passes.listing import after, names
from cnndsl.source import Source

HELP = "sizes, arithmetic, parameters and MACs of every layer; pictures"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="how to show it")
    parser.add_argument(
        "--fc-cost",
        action="store_true",
        help="show too how many parameters a fully connected layer in the place of each convolution would have",
    )
    parser.add_argument(
        "--print-after",
        metavar="PASS",
        help=f"show the graph after a pass and those before it instead: {', '.join(names())}, or one of a plugin's; "
        "after plan, where tensors lie in memory",
    )
    options.add_choices(parser)
    options.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    source, form = options.read(args.file), FORMATS[args.format]
    try:
        network = api.network(source, options.choices(args), args.file)
    except CnnError as error:
        found = _beginning(source, args, error.diagnostics) if form.partial else None
        if found is not None:
            print(form.render(found, terminal.style(sys.stdout)))
        raise
    if args.print_after is not None:
        print(_after(network, args.print_after), end="")
        return 0
    summary = summarize(network.graph, source, network.recipe, fc_cost=args.fc_cost)
    print(form.render(summary, terminal.style(sys.stdout)))
    terminal.say(network.diagnostics, sys.stderr)
    return 0


def _after(network: api.Network, name: str) -> str:
    """The graph after a pass. Raises CnnError (E806) where there is no such pass."""
    passes = network.registry.inference
    if name not in names(passes):
        help = (f"passes: {', '.join(names(passes))}",)
        raise CnnError(Diagnostic("E806", f"there is no pass `{name}`", help=help))
    return after(network.graph, name, passes)


def _beginning(source: Source, args: argparse.Namespace, found: tuple[Diagnostic, ...]) -> Summary | None:
    """What can be shown of a file with mistakes: its layers up to the first with one."""
    path = Path(args.file)
    _, lowered, _ = api.examine(source, options.choices(args), base=path.resolve().parent)
    if lowered is None or not lowered.nodes:
        return None
    nodes = lowered.nodes
    broken = _broken(lowered, source, found)
    if broken is not None:
        nodes = nodes[: lowered.failed[0].at]
    graph = Graph(path.stem.strip("-") or "network", nodes, {})
    return summarize(graph, source, None, broken=broken, fc_cost=args.fc_cost)


def _broken(lowered: Lowered, source: Source, found: tuple[Diagnostic, ...]) -> Broken | None:
    if not lowered.failed or not lowered.failed[0].at:
        return None
    failed = lowered.failed[0]
    wrong = errors(found)
    said = failed.diagnostic or next((d for d in wrong if d.code < "E5"), wrong[0])
    return Broken(failed.name, failed.keyword, line(said.span, source), said)
