"""Time of the whole processes `cnndsl check` and `cnndsl show --format json` on every network of models/, beside
`python -c pass`, in turn.

python tests/bench/models.py [--runs N] [NAME ...]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

from cnndsl.resources import folder

NOTHING = "python -c pass"


def commands(names: list[str]) -> dict[tuple[str, str], list[str]]:
    """What is measured: network and command to the process."""
    cnndsl, models = [sys.executable, "-m", "cnndsl"], folder("models")
    found = {("", NOTHING): [sys.executable, "-c", "pass"]}
    for name in names:
        path = str(models / f"{name}.cnn")
        found[name, "check"] = [*cnndsl, "check", path]
        found[name, "show"] = [*cnndsl, "show", "--format", "json", path]
    return found


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    every = sorted(path.stem for path in folder("models").glob("*.cnn") if path.stem != "pattern")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=7, help="runs whose median is taken")
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks by their files' names; all if left out")
    given = parser.parse_args()
    if unknown := set(given.names) - set(every):
        parser.error(f"models/ has no {', '.join(sorted(unknown))}; it has {', '.join(every)}")
    measured = commands(given.names or every)
    times: dict[tuple[str, str], list[float]] = {key: [] for key in measured}
    for turn in range(-1, given.runs):
        for key, command in measured.items():
            took = seconds(command)
            if turn >= 0:  # the first turn only warms the caches of files
                times[key].append(took)
    milliseconds = {key: median(found) * 1e3 for key, found in times.items()}
    print(f"{NOTHING:<24}{milliseconds['', NOTHING]:>6.0f} ms")
    print(f"{'network':<24}{'check':>9}{'show':>9}")
    for name in given.names or every:
        print(f"{name:<24}{milliseconds[name, 'check']:>6.0f} ms{milliseconds[name, 'show']:>6.0f} ms", flush=True)


if __name__ == "__main__":
    main()
