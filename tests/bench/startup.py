"""Time of the whole process `cnndsl check models/lenet5.cnn` beside `python -c pass`, in turn.

python tests/bench/startup.py [--runs N] [FILE]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

from cnndsl.resources import folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20, help="runs whose median is taken")
    parser.add_argument("file", nargs="?", default=str(folder("models") / "lenet5.cnn"))
    given = parser.parse_args()
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "cnndsl check": [sys.executable, "-m", "cnndsl", "check", given.file],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(given.runs):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    took = {name: median(found) * 1e3 for name, found in times.items()}
    for name, milliseconds in took.items():
        print(f"{name:<16}{milliseconds:>8.0f} ms")
    print(f"{'difference':<16}{took['cnndsl check'] - took['python -c pass']:>8.0f} ms")


if __name__ == "__main__":
    main()
