"""Prints a network written out: blocks, groups and `set` are gone, and every step has all its arguments.

Sizes, parameters and MACs are those of the file; the names of steps are new.
"""

from __future__ import annotations

import argparse
import sys

from cnndsl.cli import options

HELP = "print a network without blocks, groups and set"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")
    options.add_choices(parser)
    options.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    sys.stdout.write(options.network(args).expanded)
    return 0
