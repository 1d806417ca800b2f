"""Says whether a network has the form of a pattern, and with which values of its variables.

Activations, BN and DROPOUT between the named layers are passed over. Exit code 1 when the network has another form.

PATTERN is a file, or the pattern itself:
  cnndsl match 'INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K' models/lenet5.cnn
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cnndsl.cli import options
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import errors
from cnndsl.lang import ast
from cnndsl.lang.expand import expand
from cnndsl.lang.lower import lower
from cnndsl.lang.parse import parse
from cnndsl.lang.pattern import match, refuse_pattern
from cnndsl.lang.uses import used
from cnndsl.ops.spec import Op
from cnndsl.plugins import load
from cnndsl.source import Source

HELP = "whether a network has the form of a pattern"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", metavar="PATTERN", help="a .cnn file, or the text of a pattern")
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")


def run(args: argparse.Namespace) -> int:
    registry = load()
    layers = registry.layers
    pattern = _pattern(args.pattern)
    network = options.module(args.file)
    refuse_pattern(network)
    blocks = _blocks(network, Path(args.file).parent, layers)
    for module, others in ((pattern, ()), (network, blocks)):
        wrong = errors(lower(module, layers, used=others, keys=registry.keys).diagnostics)
        if wrong:
            raise CnnError(wrong)
    found = match(pattern, expand(network, layers, used=blocks), layers)
    if found is None:
        print(f"{options.name(args.file)}: no match")
        return 1
    values = ", ".join(f"{name}={value}" for name, value in found.items())
    print(f"{options.name(args.file)}: matches{' with ' + values if values else ''}")
    return 0


def _blocks(module: ast.Module, base: Path, layers: Mapping[str, Op]) -> tuple[ast.Module, ...]:
    """The files whose blocks the network uses. Raises CnnError."""
    said: list[Diagnostic] = []
    found = used(module, base, layers, said)
    if said:
        raise CnnError(said)
    return found


def _pattern(text: str) -> ast.Module:
    """A pattern's tree: text where it has a space, `[` or `->` in it, else a file's."""
    if not any(mark in text for mark in (" ", "[", "->", ";")) or text.endswith(".cnn"):
        try:
            return options.module(text)
        except CnnError as error:
            if all(d.code != "E805" for d in error.diagnostics):
                raise
            help = ("give the path of a .cnn file, or a pattern: `INPUT -> [CONV]*N -> FC`",)
            raise CnnError(replace(d, help=help) for d in error.diagnostics) from None
    module, found = parse(Source("<pattern>", text))
    if module is None or found:
        raise CnnError(found)
    return module
