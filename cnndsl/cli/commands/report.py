"""Writes what a run shows: report.html in its folder, one file that needs no network and no other file.

RUN is the folder that `cnndsl run` left. The report has the verdict, curves, mistakes, gradients, the network, its
filters and feature maps, and the program. Where the data are gone, it says so and shows the rest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cnndsl import api
from cnndsl.cli import options

HELP = "write the report of a run, for a browser"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("--data", type=options.existing_folder, metavar="FOLDER", help="where the data files are")
    parser.add_argument("--backend", metavar="NAME", help="what runs the network; the train block's where left out")
    parser.add_argument("--plot", action="store_true", help="also curves.png and confusion.png, by matplotlib")
    parser.add_argument("--tensorboard", action="store_true", help="also event files for TensorBoard, by tensorboardX")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the file; report.html in RUN where left out")


def run(args: argparse.Namespace) -> int:
    from cnndsl.runs.report import write_report

    found = api.load_run(args.run_folder, backend=args.backend, data=args.data)
    print(write_report(found, args.out))
    if args.plot:
        from cnndsl.runs.plots import plot

        for path in plot(found):
            print(path)
    if args.tensorboard:
        from cnndsl.runs.tensorboard import write_events

        print(write_events(found))
    return 0
