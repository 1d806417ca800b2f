"""Runs the kit on a backend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec

import numpy as np

from cnndsl.backends.protocol import Backend
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.plugins import Registry, load
from cnndsl.testing.report import Found, Report
from cnndsl.testing.sections import (
    adjoint,
    agreement,
    cases,
    determinism,
    examples,
    fusion,
    gradients,
    manners,
    tutorial,
)
from cnndsl.testing.subject import Subject
from cnndsl.testing.trial import Fault, Section

SECTIONS: tuple[Section, ...] = tuple(
    module.SECTION
    for module in (cases, tutorial, gradients, adjoint, agreement, fusion, determinism, manners, examples)
)


def conform(
    backend: str | Backend,
    *,
    only: Iterable[str] = (),
    seed: int = 0,
    size: float = 1.0,
    registry: Registry | None = None,
    told: Callable[[Found], None] | None = None,
) -> Report:
    """Tries a backend, by name or itself, in all sections or `only` those. `seed` draws the random networks, of which
    `size` says how many, 1 being all; `told` hears of each section as it ends. Raises CnnError: E801 where there is no
    such backend or section."""
    known = registry or load()
    chosen = tuple(only) or tuple(s.name for s in SECTIONS)
    names = [s.name for s in SECTIONS]
    for name in chosen:
        if name not in names:
            message = f"the conformance kit has no section `{name}`"
            raise CnnError(Diagnostic("E801", message, help=(f"sections: {', '.join(names)}",)))
    made = known.backend(backend) if isinstance(backend, str) else backend
    subject = Subject(made, known.backend("naive"), known, seed, size)
    found = []
    for section in SECTIONS:
        if section.name in chosen:
            found.append(run(section, subject))
            if told is not None:
                told(found[-1])
    return Report(subject.name, seed, tuple(found))


def run(section: Section, subject: Subject) -> Found:
    """One section. NumPy's warnings are faults."""
    if section.needs and find_spec(section.needs) is None:
        why = f"it needs {section.needs}: pip install 'cnndsl[testing]'"
        return Found(section.name, section.doc, 0, 0.0, 0.0, skipped=why)
    start = time.perf_counter()
    passed, worst = 0, 0.0
    faults: list[tuple[str, str]] = []
    left_out: list[tuple[str, str]] = []
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        for trial in section.trials(subject):
            try:
                worst = max(worst, trial.run())
                passed += 1
            except Exception as error:
                why = _lacks(error)
                if why:
                    left_out.append((trial.what, why))
                else:
                    faults.append((trial.what, _told(error)))
    seconds = time.perf_counter() - start
    return Found(section.name, section.doc, passed, worst, seconds, tuple(faults), tuple(left_out))


def _lacks(error: Exception) -> str:
    """Why a trial cannot be run on this backend: it has no kernel for a layer."""
    if isinstance(error, CnnError) and all(d.code == "E807" for d in error.diagnostics):
        return "; ".join(d.message for d in error.diagnostics)
    return ""


def _told(error: Exception) -> str:
    if isinstance(error, Fault):
        return str(error)
    if isinstance(error, CnnError):
        return "; ".join(f"{d.code}: {d.message}" for d in error.diagnostics)
    return f"raises {type(error).__name__}: {error}"
