"""Finds every mistake in .cnn files, and says where it is, why it is one, and what to do.

Exit code 0 when all files are clean, 1 when something was found, 2 when a file cannot be opened.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cnndsl import api
from cnndsl.cli import options, terminal
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import errors, exit_code
from cnndsl.diagnostics.render import FORMATS, summary
from cnndsl.lang import ast
from cnndsl.lang.lower import Lowered
from cnndsl.lang.pattern import variables

HELP = "find every mistake in .cnn files"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="how to report")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings")
    options.add_choices(parser)


def run(args: argparse.Namespace) -> int:
    form, style = FORMATS[args.format], terminal.style(sys.stdout)
    every: list[Diagnostic] = []
    for path in args.files:
        try:
            module, lowered, found = api.examine(options.read(path), options.choices(args), base=Path(path).parent)
        except CnnError as error:
            module, lowered, found = None, None, error.diagnostics
        every += found
        if found and not form.whole:
            print(form.render(found, style))
        if form.verdict:
            print(_verdict(options.name(path), module, lowered, found))
    if form.whole:
        print(form.render(every, style))
    elif form.verdict and len(args.files) > 1:
        print(f"{len(args.files)} files: {summary(every) or 'nothing found'}")
    return exit_code(every, strict=args.strict)


def _verdict(path: str, module: ast.Module | None, lowered: Lowered | None, found: tuple[Diagnostic, ...]) -> str:
    """One line about a file: what was found, or what it is."""
    counts = summary(found)
    if module is None or lowered is None or errors(found):
        return f"\n{path}: {counts}"
    also = f", {counts}" if counts else ""
    if lowered.graph is not None:
        graph = lowered.graph
        what = f"{graph.input.type} -> {graph.output().type}, {graph.parameter_count:,} parameters, {graph.macs:,} MACs"
        return f"{path}: ok{', a pattern' if lowered.pattern else ''}, {what}{also}"
    if lowered.pattern:
        names = variables(module)
        return f"{path}: ok, a pattern{' with variables ' + ', '.join(names) if names else ''}{also}"
    return f"{path}: ok, a fragment{also}"
