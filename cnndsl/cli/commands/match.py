"""Says whether a network has the form of a pattern, and with which values of its variables.

Activations, BN and DROPOUT between the named layers are passed over. Exit code 1 when the network has another form.

PATTERN is a file, or the pattern itself:
  cnndsl match 'INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K' models/lenet5.cnn
"""

from __future__ import annotations

import argparse

from cnndsl.cli import options
from cnndsl.diagnostics import CnnError
from cnndsl.diagnostics.model import errors
from cnndsl.lang import ast
from cnndsl.lang.lower import lower
from cnndsl.lang.parse import parse
from cnndsl.lang.pattern import match
from cnndsl.plugins import load
from cnndsl.source import Source

HELP = "whether a network has the form of a pattern"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", metavar="PATTERN", help="a .cnn file, or the text of a pattern")
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")


def run(args: argparse.Namespace) -> int:
    layers = load().layers
    pattern = _pattern(args.pattern)
    network = options.module(args.file)
    for module in (pattern, network):
        wrong = errors(lower(module, layers).diagnostics)
        if wrong:
            raise CnnError(wrong)
    found = match(pattern, network, layers)
    if found is None:
        print(f"{args.file}: no match")
        return 1
    values = ", ".join(f"{name}={value}" for name, value in found.items())
    print(f"{args.file}: matches{' with ' + values if values else ''}")
    return 0


def _pattern(text: str) -> ast.Module:
    """A pattern's tree: text where it has a space, `[` or `->` in it, else a file's."""
    if not any(mark in text for mark in (" ", "[", "->", ";")) or text.endswith(".cnn"):
        return options.module(text)
    module, found = parse(Source("<pattern>", text))
    if module is None or found:
        raise CnnError(found)
    return module
