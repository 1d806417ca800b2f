"""Trains a network by the `train` block of its file, and tests it on data it has not seen.

The run's folder gets weights.safetensors, checkpoints/, program.cnn, metrics.jsonl, run.json and report.html. Ctrl-C
ends the training after the step that it is at, and saves; `--resume` goes on from there, or from the last checkpoint of
a run that was killed, with the same weights in the end as if it had never stopped.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from cnndsl import api
from cnndsl.cli import options, terminal
from cnndsl.diagnostics import CnnError, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnndsl.runs.folder import RunFolder
    from cnndsl.runs.saved import Run
    from cnndsl.training.events import Event
    from cnndsl.training.trainer import Trainer

HELP = "train, and test on data the network has not seen"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="a .cnn file; - is standard input")
    parser.add_argument("--data", type=options.existing_folder, metavar="FOLDER", help="where the data files are")
    parser.add_argument("--backend", metavar="NAME", help="what runs the network: auto, naive, vectorized, ...")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--out", type=options.folder, metavar="FOLDER", help="the run's folder; runs/NAME-N where left out"
    )
    where.add_argument(
        "--resume", type=options.folder, metavar="RUN", help="go on with the run in this folder; FILE is left out"
    )
    first = parser.add_mutually_exclusive_group()
    first.add_argument(
        "--dry", action="store_true", help="only see whether one batch can be learned by heart; nothing is written"
    )
    first.add_argument(
        "--find-lr", action="store_true", help="only try learning rates, from low to high; nothing is written"
    )
    parser.add_argument("--no-report", action="store_true", help="write no report.html in the end")
    parser.add_argument("--plot", action="store_true", help="in the end also curves.png and confusion.png")
    parser.add_argument("--tensorboard", action="store_true", help="event files for TensorBoard, as training goes on")
    options.add_choices(parser)
    options.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    if args.dry or args.find_lr:
        return _trial(args)
    _look_for_packages(args)
    trainer, folder = _resumed(args) if args.resume is not None else _fresh(args)

    from cnndsl.cli.progress import report
    from cnndsl.runs.recorded import recorded
    from cnndsl.runs.signals import Signals

    with Signals() as signals, closing(recorded(trainer, folder, asked=signals.asked)) as events:
        report(_seen(args, events, folder.path), folder.path, sys.stdout)
    if signals.received is None:
        del trainer, events  # with their data, which the report loads again
        if not args.no_report:
            _afterwards("report", lambda run: (run.report(),), folder.path)
        if args.plot:
            from cnndsl.runs.plots import plot

            _afterwards("pictures", plot, folder.path)
        return 0
    sys.stderr.write(f"stopped; to go on: cnndsl run --resume {shlex.quote(str(folder.path))}\n")
    return 128 + signals.received


def _look_for_packages(args: argparse.Namespace) -> None:
    """What is missing is said before the training, not behind it. Raises CnnError (E813)."""
    if args.plot:
        from cnndsl.runs import plots

        plots.needed()
    if args.tensorboard:
        from cnndsl.runs import tensorboard

        tensorboard.needed()


def _seen(args: argparse.Namespace, events: Iterable[Event], folder: Path) -> Iterable[Event]:
    if not args.tensorboard:
        return events
    from cnndsl.runs.tensorboard import followed

    return followed(events, folder)


def _afterwards(what: str, write: Callable[[Run], tuple[Path, ...]], folder: Path) -> None:
    """Writes the report, or pictures. The training is done and saved: what goes wrong here is a warning, but for a disk
    that is full or the like. Raises CnnError (E803)."""
    try:
        paths = write(api.load_run(folder))
    except Exception as error:
        found = error.diagnostics if isinstance(error, CnnError) else ()
        if any(d.code == "E803" for d in found):
            raise
        said = found[0].message if found else repr(error)
        sys.stderr.write(f"warning: the {what} could not be written: {said}\n")
    else:
        sys.stdout.write(f"{what} in {', '.join(map(str, paths))}\n")


def _trial(args: argparse.Namespace) -> int:
    if args.resume is not None or args.out is not None or args.plot or args.tensorboard:
        which = "--dry" if args.dry else "--find-lr"
        raise CnnError(
            Diagnostic("E806", f"`{which}` writes nothing: leave `--out`, `--resume`, `--plot` and `--tensorboard` out")
        )
    from cnndsl.cli import trials

    trainer = _trainer(args)[1]
    return trials.dry(trainer, sys.stdout) if args.dry else trials.find_lr(trainer, sys.stdout)


def _fresh(args: argparse.Namespace) -> tuple[Trainer, RunFolder]:
    network, trainer = _trainer(args)
    return trainer, api.run_folder(network, trainer, args.out)


def _trainer(args: argparse.Namespace) -> tuple[api.Network, Trainer]:
    if args.file is None:
        help = ("`cnndsl run FILE` trains; `cnndsl run --resume RUN` goes on with a run",)
        raise CnnError(Diagnostic("E806", "`run` needs a FILE, or a run to `--resume`", help=help))
    network = options.network(args)
    terminal.say(network.diagnostics, sys.stderr)
    return network, api.trainer(network, backend=args.backend)


def _resumed(args: argparse.Namespace) -> tuple[Trainer, RunFolder]:
    if args.file is not None:
        help = (f"leave {args.file} out: a run has its program in its folder",)
        raise CnnError(Diagnostic("E806", "`--resume` takes no FILE beside the run", help=help))
    settings = options.settings(args)
    _, trainer, folder = api.take_up(args.resume, backend=args.backend, data=args.data, settings=settings)
    return trainer, folder
