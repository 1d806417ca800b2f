"""Asks a trained network what images show.

RUN is the folder that `cnndsl run` left; images are prepared as in its training. FILE is an image file (PNG, JPEG and
what else Pillow reads), which is brought to the network's depth and to the size of the images it was trained on; an
array in a .npy or .npz file (the only one, or `x`), one image or several, of that size and in the scale of the training
data; an IDX file, raw or gzipped; or a folder of such files. Probabilities are the softmax of the output under
`cross_entropy`, the sigmoid of each number under `bce`; under `mse` its numbers are shown as they are.

A file that cannot be used is told, and the others are predicted all the same. Exit code 1 where one is damaged or does
not fit, 2 where one is not there or may not be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cnndsl import api
from cnndsl.cli import options, terminal
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.diagnostics.model import exit_code

if TYPE_CHECKING:
    from cnndsl.cli.predictions import Said
    from cnndsl.data.given import Given, Listed
    from cnndsl.data.preparation import Preparation
    from cnndsl.training.answers import Prediction

HELP = "ask a trained network what images show"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="images, arrays, or folders of them")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="how to tell it")
    parser.add_argument("--top", type=_count, default=3, metavar="N", help="how many classes to show; 3 where left out")
    options.add_weights(parser)
    parser.add_argument("--backend", metavar="NAME", help="what runs the network; the train block's where left out")
    parser.add_argument(
        "--data", type=options.existing_folder, metavar="FOLDER", help="where the data files are, for older runs"
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:10]) > 0 and len(text) < 10):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of classes, from 1")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from cnndsl.cli.predictions import WRITERS, Asked
    from cnndsl.data.given import grouped, listed

    found = api.load_run(args.run_folder, backend=args.backend, data=args.data, weights=args.weights)
    known = found.preparation()
    ask, make = found.asker(known), known.maker()
    files = list(listed(args.files))
    top = min(args.top, len(ask.names))
    longest = max(len(str(file.path)) + BRACKETS * (file.path.suffix in ARRAYS) for file in files)
    writer = WRITERS[args.format](
        sys.stdout, Asked(str(args.run_folder), ask.leads, ask.scales, ask.names, top, longest)
    )
    writer.begin()
    collected = _Collected(known)
    for group in grouped(collected.all(files), found.recipe.batch):
        answer = ask(make(group.images))
        for at, given in enumerate(group.given):
            writer.add(_said(answer, at, given, top))
    writer.end(collected.wrong)
    collected.told()
    return exit_code(diagnostic for _, diagnostic in collected.wrong)


ARRAYS, BRACKETS = (".npy", ".npz", ".gz", ""), len("[10000]")
"""Endings of files that may have several images, and room for which of them it is."""


def _said(answer: Prediction, at: int, given: Given, top: int) -> Said:
    from cnndsl.cli.predictions import Said

    values = answer.values[at]
    best = (-values).argsort(kind="stable")[:top] if answer.names else ()
    ranked = [(int(n), answer.names[n], float(values[n])) for n in best]
    outputs = {name: output.values[at].tolist() for name, output in answer.outputs.items()}
    return Said(str(given.path), given.sample, ranked, values.tolist(), outputs)


class _Collected:
    """Images as they are read; what could not be, which is told at once; which were resized."""

    def __init__(self, known: Preparation):
        self._known = known
        self._first: tuple[Path, tuple[int, int]] | None = None
        self._count = 0
        self.wrong: list[tuple[str, Diagnostic]] = []

    def all(self, files: list[Listed]) -> Iterator[Given]:
        """The images of all files; a file that has something wrong with it is left at that place."""
        from cnndsl.data.given import images

        for path, wrong in files:
            if wrong is not None:
                self._tell(path, wrong)
                continue
            try:
                yield from images(path, self._known, self._note)
            except CnnError as error:
                if any(d.code == "E813" for d in error.diagnostics):
                    raise  # the same for every image file
                for diagnostic in error.diagnostics:
                    self._tell(path, diagnostic)

    def _tell(self, path: Path, diagnostic: Diagnostic) -> None:
        self.wrong.append((str(path), diagnostic))
        terminal.say([diagnostic], sys.stderr)

    def _note(self, path: Path, size: tuple[int, int]) -> None:
        self._count += 1
        self._first = self._first or (path, size)

    def told(self) -> None:
        """Says which image files were resized."""
        if self._first is None:
            return
        path, size = self._first
        known, was = ("x".join(map(str, lengths)) for lengths in (self._known.size[:2], size))
        what = (
            f"{path} is {was}"
            if self._count == 1
            else f"{self._count:,} image files have another size; {path} is {was}"
        )
        message = f"{what}, and was brought to {known}, the size that the network was trained on"
        terminal.say([Diagnostic("W603", message)], sys.stderr)
