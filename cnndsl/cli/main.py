"""cnndsl: the command line's entry."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence
from importlib import import_module
from itertools import groupby
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from cnndsl.cli import commands, terminal
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import exit_code
from cnndsl.version import __version__

DESCRIPTION = "Describe, check and train convolutional networks."
EPILOG = """\
examples:
  cnndsl check models/lenet5.cnn    all mistakes, with the arithmetic
  cnndsl show models/lenet5.cnn     sizes, parameters and MACs of every layer
  cnndsl run models/digits.cnn      train, and test on data it has not seen
  cnndsl explain CONV               the page of a layer, or of a code: E301

exit codes:
  0 clean   1 findings, a difference, no match, bad data   2 wrong use
  3 training stopped (not a number)   4 does not fit in memory
  5 output cannot be written   130, 143 signals   141 closed pipe"""


def _commands(wanted: str | None) -> dict[str, ModuleType]:
    """Every file in `commands/`; where one of them is wanted, only that one, so that the rest is not loaded."""
    names = sorted(found.name for found in iter_modules(commands.__path__))
    chosen = [wanted] if wanted in names else names
    return {name: import_module(f"cnndsl.cli.commands.{name}") for name in chosen}


def parser(wanted: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of the one that is wanted."""
    formatter = argparse.RawDescriptionHelpFormatter
    top = _Parser(prog="cnndsl", description=DESCRIPTION, epilog=EPILOG, formatter_class=formatter)
    top.add_argument("--version", action="version", version=f"cnndsl {__version__}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, module in _commands(wanted).items():
        text = module.__doc__ or ""
        sub = subparsers.add_parser(name, help=module.HELP, description=_filled(text), formatter_class=formatter)
        module.configure(sub)
        sub.set_defaults(run=module.run)
    return top


def _filled(text: str) -> str:
    """Paragraphs as wide as the terminal; lines that are indented stay as they are."""
    width = terminal.width(sys.stdout) - 2
    runs = groupby(text.strip().split("\n"), key=lambda line: not line or line.startswith(" "))
    return "\n".join("\n".join(run) if kept else textwrap.fill(" ".join(run), width) for kept, run in runs)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit code."""
    terminal.prepare()
    try:
        return _run(argv)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except OSError as error:
        if not _has_folder():
            gone = Diagnostic("E805", "the folder that this command was started in is not there any more")
            terminal.say([gone], sys.stderr)
            return exit_code([gone])
        wrong = Diagnostic("E803", f"output cannot be written: {error.strerror or error}")
        terminal.give_up(sys.stdout)
        terminal.say([wrong], sys.stderr)
        return exit_code([wrong])


def _has_folder() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


class _Parser(argparse.ArgumentParser):
    """One that lets it be seen when its help cannot be written."""

    def _print_message(self, message: str, file: Any = None) -> None:
        if message:
            (file or sys.stderr).write(message)


def _run(argv: Sequence[str] | None) -> int:
    try:
        words = sys.argv[1:] if argv is None else argv
        try:
            args = parser(words[0] if words else None).parse_args(words)
        except SystemExit:
            sys.stdout.flush()
            raise
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except CnnError as error:
        terminal.say(error.diagnostics, sys.stderr)
        return error.exit_code


def entry() -> None:
    """For the console script."""
    from cnndsl.plugins import PluginError

    try:
        code = main()
    except PluginError as error:
        wrong = Diagnostic("E808", str(error), help=("mend or uninstall that package",))
        terminal.say([wrong], sys.stderr)
        code = exit_code([wrong])
    sys.exit(code)
