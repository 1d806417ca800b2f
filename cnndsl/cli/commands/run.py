"""Trains a network by the `train` block of its file, and tests it on data it has not seen.

The run's folder gets weights.safetensors, program.cnn, metrics.jsonl and run.json.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from cnndsl import api
from cnndsl.cli import options, terminal

HELP = "train, and test on data the network has not seen"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--data", type=options.existing_folder, metavar="FOLDER", help="where the data files are")
    parser.add_argument("--backend", metavar="NAME", help="what runs the network: auto, naive, vectorized, ...")
    parser.add_argument(
        "--out", type=options.folder, metavar="FOLDER", help="the run's folder; runs/NAME-N where left out"
    )
    options.add_choices(parser)


def run(args: argparse.Namespace) -> int:
    network = options.network(args)
    terminal.say(network.diagnostics, sys.stderr)
    trainer = api.trainer(network, backend=args.backend)

    from cnndsl.cli.progress import report
    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.recorded import recorded

    folder = RunFolder.create(network.name, network.text, out=args.out)
    try:
        with closing(recorded(trainer, folder)) as events:
            report(events, folder.path, sys.stdout)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nstopped; the weights of this moment are in {folder.path}\n")
        return 130
    return 0
