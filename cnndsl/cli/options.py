"""Options that several commands share, and reading files by them."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from cnndsl import api
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.render.style import visible
from cnndsl.lang import ast
from cnndsl.lang.lower import Choices
from cnndsl.lang.parse import LARGEST_SOURCE, parse, read_source
from cnndsl.lang.typed import OPTION
from cnndsl.source import Source


def add_choices(parser: argparse.ArgumentParser) -> None:
    """--input, -D and --drop-optional."""
    parser.add_argument(
        "--input", type=size, metavar="HxWxD", help="size of the input, for a file whose INPUT does not say it"
    )
    parser.add_argument(
        "-D", action=_Bind, type=binding, default={}, metavar="N=2", dest="variables", help="value of a variable"
    )
    parser.add_argument("--drop-optional", action="store_true", help="leave out the steps that are marked with `?`")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """--set."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="a key of the train block, or an option of one: batch=128, optimizer.lr=0.01, clip=default",
    )


def add_weights(parser: argparse.ArgumentParser) -> None:
    """--weights of a run."""
    parser.add_argument(
        "--weights", choices=("last", "best"), default="last", help="the last weights, or those that `save best` kept"
    )


class _Bind(argparse.Action):
    """Collects bindings; a variable has one value."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        variable, value = values
        known = getattr(namespace, self.dest)
        if variable in known:
            raise argparse.ArgumentError(self, f"{variable} is given twice: {known[variable]} and {value}")
        setattr(namespace, self.dest, {**known, variable: value})


def existing_folder(text: str) -> Path:
    """The path of a folder that is there."""
    found = folder(text)
    if not found.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder '{text}'")
    return found


def folder(text: str) -> Path:
    """A folder's path, which is not empty."""
    if not text:
        raise argparse.ArgumentTypeError("the name of a folder is empty")
    return Path(text)


UNITS = {"": 1, "b": 1} | {
    f"{letter}{unit}": base ** (power + 1)
    for unit, base in (("ib", 1024), ("b", 1000))
    for power, letter in enumerate("kmgtpe")
}


def memory(text: str) -> int:
    """``64GiB`` in bytes; a plain number is bytes."""
    parts = re.fullmatch(r"([0-9]{1,15})(?:\.([0-9]{1,6}))? ?([A-Za-z]*)", text)
    size = 0
    if parts is not None and (unit := UNITS.get(parts[3].lower(), 0)):
        fraction = parts[2] or "0"
        size = int(parts[1]) * unit + int(fraction) * unit // 10 ** len(fraction)
    if size < 1:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not an amount of memory: write 64GiB, 512MB or a number of bytes"
        )
    return size


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
    return "<stdin>" if path == "-" else visible(path) or "''"


def settings(args: argparse.Namespace) -> tuple[Source, ...]:
    """What every `--set` says."""
    return tuple(Source(OPTION, text, True) for text in getattr(args, "settings", ()))


def choices(args: argparse.Namespace) -> Choices:
    return Choices(args.variables, args.input, args.drop_optional, settings(args))


def read(path: str) -> Source:
    """The source in a file; ``-`` is standard input. Raises CnnError."""
    if path != "-":
        return api.read_file(path)
    if sys.stdin is None:
        raise CnnError(Diagnostic("E805", "<stdin>: standard input is closed"))
    return read_source("<stdin>", sys.stdin.buffer.read(LARGEST_SOURCE + 4))


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
