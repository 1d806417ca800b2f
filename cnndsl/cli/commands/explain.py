"""Prints the page of a code (E301), of a layer (CONV) or of the train block (train). Without a name, lists them."""

from __future__ import annotations

import argparse
import sys

from cnndsl.cli import terminal
from cnndsl.cli.pages import contents, find
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.plugins import load
from cnndsl.words import nearest

HELP = "the page of a code, a layer or the train block"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="E301, CONV, train")


def run(args: argparse.Namespace) -> int:
    layers = load().layers
    columns = terminal.width(sys.stdout)
    if args.name is None:
        print(contents(layers, columns))
        return 0
    page = find(args.name, layers, columns)
    if page is None:
        from cnndsl.diagnostics.catalog import CODES

        guess = nearest(args.name.upper(), [*layers, *CODES])
        help = (f"did you mean `{guess}`?",) if guess else ("`cnndsl explain` lists all pages",)
        raise CnnError(Diagnostic("E806", f"there is no page `{args.name}`", help=help))
    print(page)
    return 0
