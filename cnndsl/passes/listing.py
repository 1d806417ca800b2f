"""What a network looks like after a pass, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnndsl.ir.form import to_text
from cnndsl.ir.graph import Graph
from cnndsl.passes.lists import INFERENCE, TRAINING
from cnndsl.passes.plan import Plan, plan
from cnndsl.passes.run import Pass, run

PLAN = "plan"
"""The name of the memory plan among the passes: it comes last, and gives no graph."""


def names(passes: Iterable[Pass] = INFERENCE) -> tuple[str, ...]:
    """The passes that `after` knows, in their order."""
    return (*(step.name for step in passes), PLAN)


def after(graph: Graph, name: str, passes: Iterable[Pass] = INFERENCE) -> str:
    """The graph after that pass and all before it, as `cnndsl.ir.form.from_text` reads it back; after ``plan`` where
    tensors lie, outside training and in it. Raises ValueError where there is no such pass."""
    if name == PLAN:
        inside = lines(plan(run(graph, TRAINING), "step"), "a training step")
        return "\n".join([*lines(plan(run(graph, passes), "inference"), "outside training"), "", *inside]) + "\n"
    for step in passes:
        graph = run(graph, [step])
        if step.name == name:
            return to_text(graph)
    raise ValueError(f"there is no pass `{name}`")


def lines(found: Plan, title: str) -> Iterator[str]:
    """A buffer a line: where it begins and how long it is, in values a sample, and from when to when it lives."""
    yield f"{title}: {found.cells:,} values a sample, {found.total:,} without sharing, {found.peak:,} live at one time"
    width = max((len(b.name) for b in found.buffers), default=0)
    for b in sorted(found.buffers, key=lambda b: (b.first, b.offset)):
        yield f"  {b.name:<{width}}  at {b.offset:>12,}  {b.cells:>12,} values  from {b.first} to {b.last}"
