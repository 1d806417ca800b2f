"""What trainings promise to whoever leaves them alone, shown: kills, faults, and what else has a file here.

    python -m tests.suites.reliability [--only NAME ...] [--count N] [--seed S]

A line a promise, with counts and the seed. Ends with 1 where anything did not hold. All of it takes half an hour on
two busy cores; `--count 10` takes ten of each.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from time import monotonic

NAMES = ("kills", "faults", "disk", "resumes", "signals", "hostile", "same", "memory")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.suites.reliability", description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="only this promise; may be given again")
    parser.add_argument("--count", type=int, help="how many of each, in place of the promised number")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    failed = 0
    for name in args.only or NAMES:
        module = import_module(f".{name}", __package__)
        start = monotonic()
        found = module.show(module.COUNT if args.count is None else args.count, args.seed)
        counts = ", ".join(f"{number:,} {what}" for what, number in found.counts.items())
        taken = f"seed {args.seed}, {monotonic() - start:.0f} s"
        print(f"{name}: {counts}; {len(found.failures)} failed ({taken})", flush=True)
        for line in found.failures[:40]:
            print(f"  {line}", flush=True)
        failed += len(found.failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
