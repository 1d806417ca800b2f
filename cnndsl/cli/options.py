"""Options that several commands share, and reading files by them."""

from __future__ import annotations

import argparse
import re
import sys

from cnndsl import api
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.lang import ast
from cnndsl.lang.lower import Choices
from cnndsl.lang.parse import LARGEST_SOURCE, parse, read_source
from cnndsl.source import Source


def add_choices(parser: argparse.ArgumentParser) -> None:
    """--input, -D and --drop-optional."""
    parser.add_argument(
        "--input", type=size, metavar="HxWxD", help="size of the input, for a file whose INPUT does not say it"
    )
    parser.add_argument(
        "-D", action="append", type=binding, default=[], metavar="N=2", dest="variables", help="value of a variable"
    )
    parser.add_argument("--drop-optional", action="store_true", help="leave out the steps that are marked with `?`")


def size(text: str) -> tuple[int, int, int]:
    """``28x28x1`` as (28, 28, 1)."""
    if not re.fullmatch(r"[0-9]{1,5}x[0-9]{1,5}x[0-9]{1,5}", text) or 0 in map(int, text.split("x")):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size: write height x width x depth, such as 28x28x1")
    height, width, depth = map(int, text.split("x"))
    return height, width, depth


def binding(text: str) -> tuple[str, int]:
    """``N=2`` as ("N", 2)."""
    if not re.fullmatch(r"[A-Z]=[0-9]{1,10}", text) or int(text[2:]) < 1:
        raise argparse.ArgumentTypeError(
            f"'{text}' does not bind a variable: write a capital and a number, such as N=2"
        )
    return text[0], int(text[2:])


def name(path: str) -> str:
    """What messages call a file."""
    return "<stdin>" if path == "-" else path


def choices(args: argparse.Namespace) -> Choices:
    return Choices(dict(args.variables), args.input, args.drop_optional)


def read(path: str) -> Source:
    """The source in a file; ``-`` is standard input. Raises CnnError."""
    if path != "-":
        return api.read_file(path)
    return read_source(name(path), sys.stdin.buffer.read(LARGEST_SOURCE + 4))


def network(args: argparse.Namespace) -> api.Network:
    """The network that a command's FILE and choices name. Raises CnnError."""
    chosen = choices(args)
    data = getattr(args, "data", None)
    return api.network(read(args.file), chosen, args.file, data)


def module(path: str) -> ast.Module:
    """The tree of a file without mistakes of syntax. Raises CnnError."""
    tree, found = parse(read(path))
    if tree is None or found:
        raise CnnError(found or (Diagnostic("E114", "the file is empty"),))
    return tree
