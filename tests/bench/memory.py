"""The most memory that training takes, beside PyTorch eager: resident memory above that after imports, of a process a
peer.

    python tests/bench/memory.py [--networks lenet5 vgg_small] [--steps N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from networks import NETWORKS, batch_of, network

PEERS = ("vectorized", "NCHW", "channels-last")


def resident(field: str) -> int:
    """Kilobytes of this process: VmRSS now, VmHWM at most so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise RuntimeError(f"this system does not tell {field}")


def trained(name: str, peer: str, steps: int) -> None:
    """Trains some steps, and prints the bytes that took."""
    import numpy as np
    from training_step import LAYOUTS, TRAIN, ours, theirs

    from cnndsl.training.init import initial_state

    made, batch = network(name, TRAIN), batch_of(name)
    rng = np.random.default_rng(0)
    np.ones((64, 64), np.float32) @ np.ones((64, 64), np.float32)  # BLAS takes its buffers
    before = resident("VmRSS")
    x = rng.standard_normal((batch, *made.graph.input.type.shape)).astype(np.float32)
    target = rng.integers(0, made.graph.output().type.depth, batch)
    state = initial_state(made.graph, 0, made.recipe.init)
    if peer in LAYOUTS:
        step = theirs(made.graph, state, x, target, LAYOUTS[peer])
    else:
        step = ours(peer, made, state, x, target)
    for _ in range(steps):
        step()
    print((resident("VmHWM") - before) * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), metavar="NAME")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--only", choices=PEERS, help="measure one peer in this process")
    given = parser.parse_args()
    if given.only:
        trained(given.networks[0], given.only, given.steps)
        return
    print(f"{'network':<14}{'vectorized':>12}{'PyTorch':>12}{'ratio':>8}")
    for name in given.networks:
        found = {}
        for peer in PEERS:
            command = [sys.executable, __file__, "--only", peer, "--networks", name, "--steps", str(given.steps)]
            found[peer] = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
        best = min(found["NCHW"], found["channels-last"])
        ratio = found["vectorized"] / best
        print(f"{name:<14}{found['vectorized'] / 2**20:>8.1f} MiB{best / 2**20:>8.1f} MiB{ratio:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
