"""Writes a network in the form of another system, with its weights.

`--format torch` writes a module of PyTorch to read, and its weights beside it as safetensors. Without `--weights` they
are those that training would start from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cnndsl import api
from cnndsl.cli import options
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.plugins import load

HELP = "write a network in another form: PyTorch"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--format", required=True, metavar="FORMAT", help="torch, or one of a plugin's")
    parser.add_argument("--weights", type=Path, metavar="RUN", help="a run's folder, or a file of weights")
    parser.add_argument("--out", type=options.folder, default=Path(), metavar="FOLDER", help="where to write it (here)")
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    options.add_choices(parser)


def run(args: argparse.Namespace) -> int:
    formats = load().formats
    if args.format not in formats:
        help = (f"formats here: {', '.join(sorted(formats))}",)
        raise CnnError(Diagnostic("E806", f"there is no format `{args.format}`", help=help))
    network = options.network(args)
    model = api.compile(network)
    if args.weights is not None:
        model.load(args.weights)
    files = formats[args.format].write(network.graph, model.state)
    _check_free(args.out, files, force=args.force)
    from cnndsl.state.atomic import write

    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CnnError(Diagnostic("E803", f"{args.out} cannot be made: {error.strerror}")) from error
    for name, content in files.items():
        write(args.out / name, content if isinstance(content, bytes) else content.encode())
        print(f"wrote {args.out / name}")
    return 0


def _check_free(folder: Path, names: object, *, force: bool) -> None:
    there = [name for name in names if (folder / name).exists()]  # type: ignore[attr-defined]
    if there and not force:
        message = f"{folder / there[0]} is there already"
        raise CnnError(
            Diagnostic("E806", message, help=("give another folder by `--out`, or write over it by `--force`",))
        )
