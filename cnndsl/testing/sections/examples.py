"""The examples of every layer, those of plugins too: they run as naive runs them, and their gradients are right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cnndsl
from cnndsl.diagnostics import CnnError
from cnndsl.ir.graph import Graph
from cnndsl.plugins.admission import INPUTS
from cnndsl.plugins.admission import placed as programs
from cnndsl.testing.sections import agreement, gradients
from cnndsl.testing.subject import Subject
from cnndsl.testing.trial import Fault, Section, Trial


def trials(subject: Subject) -> Iterator[Trial]:
    for op in subject.registry.layers.values():
        if op.kind in ("input", "empty", "head"):
            continue
        for example in op.examples:
            graph = placed(example, subject)
            yield Trial(example, partial(_right, subject, graph))


def placed(example: str, subject: Subject) -> Graph | None:
    """The example behind the first input that it takes."""
    for text in programs(example):
        try:
            return cnndsl.loads(text, registry=subject.registry).graph
        except CnnError:
            continue
    return None


def _right(subject: Subject, graph: Graph | None) -> float:
    if graph is None:
        raise Fault(f"it fits none of the inputs {', '.join(INPUTS)}")
    return max(agreement.compare(subject, graph, "float64"), gradients.check(subject, graph, 2))


SECTION = Section("examples", "the examples of every layer, also those of plugins: as naive, gradients right", trials)
