"""The same bits every time: what went through a program before must not show."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from cnndsl.backends.protocol import uniform
from cnndsl.testing.build import Net
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import Subject, batch_of, outside, random_state, through
from cnndsl.testing.trial import Section, Trial, close, same_bits


def trials(subject: Subject) -> Iterator[Trial]:
    for name in NETWORKS:
        for dtype in ("float64", "float32"):
            yield Trial(f"network {name} ({dtype})", partial(_again, subject, name, dtype))
    yield Trial("masks of DROPOUT are those of seed, step and name", partial(_masks, subject))


def _again(subject: Subject, name: str, dtype: str) -> float:
    """Twice by one program, with other batches in between, and by another one."""
    graph = NETWORKS[name]()
    rng = subject.rng(31)
    state = {key: array.astype(dtype) for key, array in random_state(graph, rng).items()}
    x, other = (rng.normal(size=batch_of(graph, count)).astype(dtype) for count in (3, 5))
    program = subject.program(graph, dtype)
    first = {key: array.copy() for key, array in through(program, state, x).arrays().items()}
    through(program, state, other)
    outside(program, state, other)
    for what, again in (("again", program), ("by a program of its own", subject.program(graph, dtype))):
        for key, array in through(again, state, x).arrays().items():
            same_bits(f"{key}, {what}", array, first[key])
    return 0.0


def _masks(subject: Subject) -> float:
    net = Net(3, 4, 2)
    net("DROPOUT", rate=0.75)
    program = subject.program(net.graph())
    x = np.arange(1.0, 49).reshape(2, 2, 3, 4)
    worst = 0.0
    for step in (0, 6):
        kept = uniform(subject.options.seed, step, "dropout1", x.shape) >= 0.75
        found = through(program, {}, x, step=step)
        worst = max(worst, close("y", found.outputs["main"], np.where(kept, 4 * x, 0), rtol=1e-12, atol=1e-12))
        worst = max(worst, close("dx", found.dx, np.where(kept, 16 * x, 0), rtol=1e-12, atol=1e-12))
    return worst


SECTION = Section("determinism", "the same bits again, whatever ran before; masks of DROPOUT by seed and step", trials)
