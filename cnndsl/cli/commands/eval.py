"""Tests a trained network on data it has not seen: how many are right, the loss, and each class by itself.

RUN is the folder that `cnndsl run` left. Exit code 1 where its data are not there or not right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cnndsl import api
from cnndsl.cli import options

if TYPE_CHECKING:
    from cnndsl.runs.saved import Evaluation

HELP = "test a trained network on its data"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument(
        "--part", choices=("test", "validation", "train"), default="test", help="which part of the data"
    )
    parser.add_argument("--data", type=options.existing_folder, metavar="FOLDER", help="where the data files are")
    parser.add_argument("--backend", metavar="NAME", help="what runs the network; the train block's where left out")
    options.add_weights(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to tell it")


def run(args: argparse.Namespace) -> int:
    run = api.load_run(args.run_folder, backend=args.backend, data=args.data, weights=args.weights)
    found = run.evaluate(args.part)
    if args.format == "json":
        print(json.dumps(_as_json(found), indent=2))
    else:
        print("\n".join(_lines(found)))
    return 0


def _figure(what: str, value: float) -> str:
    return f"{value:.4f}" if what == "loss" else f"{value:.2%}"


def _as_json(found: Evaluation) -> dict[str, object]:
    return {
        "version": 1,
        "part": found.part,
        "samples": found.samples,
        "right": found.right,
        "accuracy": found.accuracy,
        "loss": found.loss,
        "classes": [{"name": name, "right": right, "samples": count} for name, right, count in found.by_class()],
        "confusion": None if found.confusion is None else found.confusion.tolist(),
        "metrics": dict(found.metrics),
        "heads": {name: dict(values) for name, values in found.heads.items()},
    }


def _lines(found: Evaluation) -> Iterator[str]:
    share = "" if found.accuracy is None else f"accuracy {found.accuracy:.2%} ({found.right:,} of {found.samples:,}), "
    yield f"{found.part} {share}loss {found.loss:.4f}"
    for name, value in found.metrics.items():
        if isinstance(value, float) and name != "accuracy":
            yield f"{name} {value:.2%}"
    for name, values in found.heads.items():
        yield f"{name}: " + ", ".join(f"{what} {_figure(what, value)}" for what, value in values.items())
    rows = found.by_class()
    if found.confusion is None:
        return
    wide = max(len("class"), *(len(name) for name, _, _ in rows))
    yield f"{'class':<{wide}}   right      of  accuracy  most often taken for"
    for number, (name, right, count) in enumerate(rows):
        share = f"{right / count:.1%}" if count else "-"
        others = found.confusion[number].copy()
        others[number] = 0
        worst = int(others.argmax())
        taken = f"{rows[worst][0]} ({int(others[worst])})" if others[worst] else ""
        yield f"{name:<{wide}}  {right:>6,}  {count:>6,}  {share:>8}  {taken}".rstrip()
