"""Writes .cnn files in canonical form. Only white space changes; comments stay.

Files are rewritten in place; - reads standard input and writes standard output. With --check nothing is written, and
the exit code is 1 where a file would change.
"""

from __future__ import annotations

import argparse
import sys

from cnndsl.cli import options, terminal
from cnndsl.cli.mending import rewrite
from cnndsl.diagnostics import CnnError
from cnndsl.lang.unparse import unparse
from cnndsl.source import Source

HELP = "write .cnn files in canonical form"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file would change")


def run(args: argparse.Namespace) -> int:
    code = 0
    for path in args.files:
        try:
            code = max(code, _format(path, check=args.check))
        except CnnError as error:
            terminal.say(error.diagnostics, sys.stderr)
            code = max(code, error.exit_code)
    return code


def _format(path: str, *, check: bool) -> int:
    module = options.module(path)
    text = unparse(module)
    changed = text != module.source.text
    if check:
        if changed:
            print(f"{options.name(path)}: would be formatted")
        return int(changed)
    if path == "-":
        sys.stdout.write(text)
    elif changed:
        rewrite(path, Source(path, text))
        print(f"{options.name(path)}: formatted")
    return 0
