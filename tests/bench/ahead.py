"""Epochs whose batches are made ahead in a thread, beside the same ones made in between: a few steps of the one and a
few of the other in turn; medians, as a ratio (below 1: the thread is worth it).

    OPENBLAS_NUM_THREADS=2 python tests/bench/ahead.py [--model lenet5] [--batch 64] [--rounds 7] [--steps 200]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain, count
from statistics import median
from time import perf_counter

import cnndsl
from cnndsl import api
from cnndsl.data.ahead import ahead
from cnndsl.data.samples import Batch, ReadAhead
from cnndsl.resources import folder as shipped

AUGMENT = ("", "augment flip", "augment shift 2", "augment rotate 10", "augment flip crop 2 rotate 10 cutout 4")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lenet5")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=200, help="in a round")
    given = parser.parse_args()
    text = (shipped("models") / f"{given.model}.cnn").read_text(encoding="utf-8").partition("\ntrain")[0]
    data = f"data random {cnndsl.loads(text).input} count {given.batch * 200}; batch {given.batch}"
    for augment in AUGMENT:
        trainer = api.trainer(cnndsl.loads(f"{text}\ntrain {{ {data}; optimizer sgd lr 1e-3; {augment} }}"))
        supply = trainer._data.train
        plain = supply._supply if isinstance(supply, ReadAhead) else supply
        inside = chain.from_iterable(plain.batches(given.batch, 0, epoch) for epoch in count(1))
        endless = chain.from_iterable(plain.batches(given.batch, 0, epoch) for epoch in count(1))
        program, seconds = trainer._program, ([], [])

        def steps(batches: Iterator[Batch], start: int, program=program) -> float:  # type: ignore[no-untyped-def]
            begin = perf_counter()
            for k in range(start, start + given.steps):
                batch = next(batches)
                program.step(batch.x, batch.targets, step=k, lr=1e-3)
            return (perf_counter() - begin) / given.steps

        # Started and ended in every round: a thread that makes batches during the other's turn would slow it.
        for turn in range(given.rounds):
            seconds[0].append(steps(inside, turn * given.steps))
            threaded = ahead(endless, Batch.kept)
            seconds[1].append(steps(threaded, turn * given.steps))
            threaded.close()  # type: ignore[attr-defined]
        ratio = median(b / a for a, b in zip(*seconds, strict=True))
        between, thread = (median(s) * 1e3 for s in seconds)
        print(f"{augment or 'as they are':>40}: {between:>7.2f} ms{thread:>9.2f} ms ahead{ratio:>8.3f}", flush=True)


if __name__ == "__main__":
    main()
