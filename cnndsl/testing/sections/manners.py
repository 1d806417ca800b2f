"""How a program takes arrays and gives them: any memory layout in, nothing of its caller's changed, nothing given that
it changes later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.diagnostics import CnnError
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import Subject, batch_of, outside, random_state, through
from cnndsl.testing.trial import Fault, Section, Trial, close, same_bits, same_names

NAMES = ("residual", "inception", "two outputs", "gated", "pooled", "two heads")


def trials(subject: Subject) -> Iterator[Trial]:
    tried: tuple[tuple[str, Callable[[Subject, str], float]], ...] = (
        ("inputs of any memory layout", _layouts),
        ("what it is given stays as it was", _unchanged),
        ("what it gave stays as it was", _kept),
        ("a batch of one, and of none", _small),
        ("each sample by itself outside training", _samples),
        ("gradients of some outputs alone", _some),
        ("what does not fit is refused", _refused),
    )
    for what, trial in tried:
        for name in NAMES:
            yield Trial(f"{what}: {name}", partial(trial, subject, name))


def _given(subject: Subject, name: str, count: int = 3) -> tuple[dict[str, Array], Array]:
    graph, rng = NETWORKS[name](), subject.rng(41)
    return random_state(graph, rng), rng.normal(size=batch_of(graph, count))


def _layouts(subject: Subject, name: str) -> float:
    state, x = _given(subject, name)
    program = subject.program(NETWORKS[name]())
    plain = outside(program, state, x).outputs
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]))
    wide[..., ::2] = x
    samples_last = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    read_only = x.copy()
    read_only.flags.writeable = False
    for what, other in (("strided", wide[..., ::2]), ("transposed", samples_last), ("read-only", read_only)):
        for key, y in outside(program, state, other).outputs.items():
            same_bits(f"{key} of a {what} input", y, plain[key])
    return 0.0


def _unchanged(subject: Subject, name: str) -> float:
    state, x = _given(subject, name)
    program = subject.program(NETWORKS[name]())
    before = {**{key: array.copy() for key, array in state.items()}, "the input": x.copy()}
    forward = program.forward(state, x, training=True)
    assert forward.tape is not None
    dys = {key: np.ones_like(y) for key, y in forward.outputs.items()}
    program.backward(state, forward.tape, dys)
    outside(program, state, x)
    for key, array in {**state, "the input": x}.items():
        same_bits(key, array, before[key])
    for key, dy in dys.items():
        same_bits(f"the gradient of {key}", dy, np.ones_like(dy))
    return 0.0


def _kept(subject: Subject, name: str) -> float:
    state, x = _given(subject, name)
    program = subject.program(NETWORKS[name]())
    first, asked = through(program, state, x), outside(program, state, x)
    held = [*first.arrays().items(), *asked.arrays().items()]
    copies = [array.copy() for _, array in held]
    through(program, state, 2 * x + 1)
    outside(program, state, 2 * x + 1)
    for (key, array), copy in zip(held, copies, strict=True):
        same_bits(f"{key}, after another pass", array, copy)
        if not array.flags.c_contiguous:
            raise Fault(f"{key} is not C-contiguous")
    return 0.0


def _small(subject: Subject, name: str) -> float:
    state, x = _given(subject, name, 1)
    graph = NETWORKS[name]()
    program = subject.program(graph)
    worst = 0.0
    naive = outside(subject.reference(graph), state, x).outputs
    for key, y in outside(program, state, x).outputs.items():
        worst = max(worst, close(f"{key} of one sample", y, naive[key], rtol=1e-9, atol=1e-9))
    for key, y in outside(program, state, x[:0]).outputs.items():
        close(f"{key} of no samples", y, naive[key][:0], rtol=0, atol=0)
    return worst


def _samples(subject: Subject, name: str) -> float:
    state, x = _given(subject, name, 5)
    program = subject.program(NETWORKS[name]())
    together = outside(program, state, x).outputs
    worst = 0.0
    for i in range(5):
        for key, y in outside(program, state, x[i : i + 1]).outputs.items():
            worst = max(worst, close(f"{key} of sample {i}", y, together[key][i : i + 1], rtol=1e-9, atol=1e-9))
    return worst


def _some(subject: Subject, name: str) -> float:
    """Gradients are linear in those of the outputs: all together are the sum of each alone."""
    state, x = _given(subject, name)
    graph = NETWORKS[name]()
    program = subject.program(graph)
    rng = subject.rng(42)
    dys = {key: rng.normal(size=(3, *graph[at].type.shape)) for key, at in graph.outputs.items()}
    whole = through(program, state, x, dys)
    parts = [through(program, state, x, {key: dy}) for key, dy in dys.items()]
    same_names("gradients", {n for part in parts for n in part.dparams}, whole.dparams)
    worst = 0.0
    for key, g in whole.dparams.items():
        total = sum(part.dparams.get(key, np.zeros_like(g)) for part in parts)
        worst = max(worst, close(f"gradient of {key}", np.asarray(total), g, rtol=1e-9, atol=1e-9))
    return worst


def _refused(subject: Subject, name: str) -> float:
    """By a diagnostic, not by an error from inside."""
    state, x = _given(subject, name)
    program = subject.program(NETWORKS[name]())
    lacking = dict(list(state.items())[1:])
    broken = x.copy()
    broken.flat[0] = np.nan
    tried: tuple[tuple[str, dict[str, Array], Array], ...] = (
        ("an input of another rank", state, x[0]),
        ("an input of another size", state, x[:, :, 1:]),
        ("complex numbers", state, x.astype(complex)),
        ("an input with a cell that is not a number", state, broken),
        ("a parameter that is not there", lacking, x),
        ("a parameter of another shape", {key: array[..., None] for key, array in state.items()}, x),
    )
    for what, given, value in tried:
        try:
            program.forward(given, value)
        except CnnError:
            continue
        raise Fault(f"{what} is taken")
    passed = program.forward(state, x, training=True)
    assert passed.tape is not None
    y = next(iter(passed.outputs))
    for what, dy in (("a gradient of another shape", x), ("a gradient of no output", None)):
        try:
            program.backward(state, passed.tape, {y: dy} if dy is not None else {"nowhere": passed.outputs[y]})
        except CnnError:
            continue
        raise Fault(f"{what} is taken")
    return 0.0


SECTION = Section("manners", "how arrays are taken and given: layouts, what stays as it was, small batches", trials)
