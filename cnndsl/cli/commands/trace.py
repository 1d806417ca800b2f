"""Works one cell out, as with a pencil: the window it saw, the filter, the products and their sum; then the error term
back, from the cells of the next layers: turned filters over their error terms, with zeros put in for a stride.

A cell is LAYER[row,column,channel], counted from 0; of a vector LAYER[i]. Outside training: DROPOUT hands on, BN takes
its running statistics.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cnndsl import api
from cnndsl.cli import options, terminal, tracing

if TYPE_CHECKING:
    from cnndsl.inspection.samples import Sample

HELP = "work out one cell, and its error term back"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument(
        "--cell", required=True, metavar="CELL", help="conv1[0,0,1]: row, column, channel from 0; fc1[3]"
    )
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--image", type=Path, metavar="FILE", help="one sample, a .npy file: D,H,W or H,W")
    given.add_argument("--sample", type=_count, metavar="N", help="the test sample of that number of the file's data")
    parser.add_argument(
        "--label", type=_count, metavar="N", help="the right class, for the error terms (0, or the sample's)"
    )
    parser.add_argument("--weights", type=Path, metavar="RUN", help="a run's folder, or a file of weights")
    parser.add_argument("--data", type=options.existing_folder, metavar="FOLDER", help="where data sets are")
    parser.add_argument(
        "--all-depths", action="store_true", help="every window, filter and product, however many there are"
    )
    parser.add_argument("--format", choices=tuple(tracing.FORMATS), default="text", help="how to tell it")
    options.add_choices(parser)
    options.add_settings(parser)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"a whole number from 0 on, found `{text[:20]}`")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from cnndsl.inspection.passes import forward, table
    from cnndsl.inspection.samples import before_losses, gradients
    from cnndsl.inspection.trace import find, trace

    network = options.network(args)
    graph = network.graph
    find(graph, args.cell)
    model = api.compile(network, backend="naive", dtype="float64")
    if args.weights is not None:
        model.load(args.weights)
    sample = _sample(args, network)
    kernels = table(network.registry.kernel_tables(), graph)
    logits = before_losses(graph, network.recipe)
    kept = forward(graph, model.state, sample.x, kernels)
    before = kept if logits == graph else forward(logits, model.state, sample.x, kernels)
    dys, loss = gradients(logits, network.recipe, before.values, sample.label)
    found = trace(kept, args.cell, before.errors(dys), loss)
    print(tracing.FORMATS[args.format](found, sample.said, terminal.width(sys.stdout), args.all_depths), end="")
    return 0


def _sample(args: argparse.Namespace, network: api.Network) -> Sample:
    from cnndsl.inspection import samples

    size = network.input
    if args.sample is not None:
        return samples.from_data(network.recipe, network.base, network.data, size, args.sample, args.label)
    if args.image is not None:
        return samples.from_file(args.image, size, args.label or 0)
    return samples.ramp(size, args.label or 0)
