"""Finds every mistake in .cnn files, and says where it is, why it is one, and what to do.

Exit code 0 when all files are clean, 1 when something was found, 2 when a file cannot be opened, 4 when training would
need more memory than --memory says. With --diff, 1 also where --fix would change something.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cnndsl import api
from cnndsl.cli import mending, options, terminal
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import errors, exit_code
from cnndsl.diagnostics.render import FORMATS, summary
from cnndsl.lang import ast
from cnndsl.lang.lower import Lowered
from cnndsl.lang.pattern import variables
from cnndsl.source import Source

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend

HELP = "find every mistake in .cnn files"


@dataclass(frozen=True, slots=True)
class _Looked:
    """What looking at a file gave: its tree, what lowering gave, and everything that was found."""

    module: ast.Module | None
    lowered: Lowered | None
    found: tuple[Diagnostic, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="how to report")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings")
    parser.add_argument(
        "--fix", action="store_true", help="mend what can only have been meant one way, and report the rest"
    )
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, and write nothing")
    parser.add_argument(
        "--memory", type=options.memory, metavar="64GiB", help="what training may need at most (1 TiB where left out)"
    )
    parser.add_argument("--backend", metavar="NAME", help="warn of layers that this backend runs by slower code")
    options.add_choices(parser)
    options.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    form = FORMATS[args.format]
    out = sys.stderr if args.diff else sys.stdout
    style = terminal.style(out)
    said = out if form.verdict else sys.stderr
    backend = None if args.backend is None else api.backend(args.backend)
    every: list[Diagnostic] = []
    changed = False
    for path in args.files:
        try:
            looked, new = _file(path, args, backend, said)
            changed |= new
        except CnnError as error:
            looked = _Looked(None, None, error.diagnostics)
        every += looked.found
        if looked.found and not form.whole:
            print(form.render(looked.found, style), file=out)
        if form.verdict:
            print(_verdict(options.name(path), looked), file=out)
    if form.whole:
        print(form.render(every, style), file=out)
    elif form.verdict and len(args.files) > 1:
        print(f"{len(args.files)} files: {summary(every) or 'nothing found'}", file=out)
    return exit_code(every, strict=args.strict) or int(args.diff and changed)


def _file(path: str, args: argparse.Namespace, backend: Backend | None, said: TextIO) -> tuple[_Looked, bool]:
    """Looks at a file, mends it if that was asked for, and says what was done; whether its text is another then."""

    def look(source: Source) -> tuple[_Looked, tuple[Diagnostic, ...]]:
        looked = _look(source, Path(path).parent, args, backend)
        return looked, looked.found

    source = options.read(path)
    if not (args.fix or args.diff):
        return look(source)[0], False
    if path == "-" and not args.diff:
        help = ("`--diff` shows what would change",)
        raise CnnError(Diagnostic("E806", "standard input cannot be rewritten by `--fix`", help=help))
    new, looked, edits = mending.mended(source, look)
    changed = new.text != source.text
    if args.diff:
        sys.stdout.write(mending.difference(source, new))
        sys.stdout.flush()
    elif changed:
        mending.rewrite(path, new)
        print(f"{options.name(path)}: mended", *(f"  {mending.told(edit)}" for edit in edits), sep="\n", file=said)
    if left := mending.choices_left(looked.found):
        what = "1 more mistake has a fix" if left == 1 else f"{left} more mistakes have fixes"
        print(f"{options.name(path)}: {what} to choose by hand", file=said)
    return looked, changed


def _look(source: Source, base: Path, args: argparse.Namespace, backend: Backend | None) -> _Looked:
    module, lowered, found = api.examine(source, options.choices(args), base=base)
    if lowered is not None and lowered.graph is not None:
        too_large = api.too_large(lowered, args.memory)
        found = (
            *found,
            *([too_large] if too_large else ()),
            *(api.borrowed(lowered.graph, backend) if backend else ()),
        )
    return _Looked(module, lowered, found)


def _verdict(path: str, looked: _Looked) -> str:
    """One line about a file: what was found, or what it is."""
    module, lowered, found = looked.module, looked.lowered, looked.found
    counts = summary(found)
    if module is None or lowered is None or errors(found):
        return f"\n{path}: {counts}"
    also = f", {counts}" if counts else ""
    if lowered.graph is not None:
        graph = lowered.graph
        gives = ", ".join(
            str(graph.output(name).type) if name == "main" else f"{name} {graph.output(name).type}"
            for name in graph.outputs
        )
        what = f"{graph.input.type} -> {gives}, {graph.parameter_count:,} parameters, {graph.macs:,} MACs"
        return f"{path}: ok{', a pattern' if lowered.pattern else ''}, {what}{also}"
    if lowered.pattern:
        names = variables(module)
        why = f" with variables {', '.join(names)}" if names else f": {lowered.open[0]}" if lowered.open else ""
        return f"{path}: ok, a pattern{why}{also}"
    if lowered.blocks and module.blocks:
        return f"{path}: ok, blocks {', '.join(block.name.text for block in module.blocks)}{also}"
    return f"{path}: ok, a fragment{also}"
