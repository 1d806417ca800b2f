"""Tries a backend against the conformance kit: hand-worked numbers, the tutorial's identities, finite differences,
naive's numbers on random layers and whole networks, fusion, determinism.

Any installed backend can be tried. Exit code 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys

from cnndsl.cli import terminal

HELP = "try a backend against the conformance kit"
QUICK = 0.2
"""The share of random layers that `--quick` tries."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backend", metavar="BACKEND", help="its name; `cnndsl plugins` lists those here")
    parser.add_argument("--only", action="append", default=[], metavar="SECTION", help="one section; may be repeated")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="draws the random layers and numbers (0)")
    parser.add_argument("--quick", action="store_true", help="a fifth of the random layers")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to tell it")


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"a whole number from 0 on, found `{text[:20]}`")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from cnndsl.testing import conform
    from cnndsl.testing.report import Found, section_lines, verdict

    def tell(found: Found) -> None:
        print("\n".join(section_lines(found, terminal.width(sys.stdout))), flush=True)

    report = conform(
        args.backend,
        only=args.only,
        seed=args.seed,
        size=QUICK if args.quick else 1.0,
        told=tell if args.format == "text" else None,
    )
    print(json.dumps(report.as_json(), indent=2) if args.format == "json" else verdict(report))
    return 0 if report.passed else 1
