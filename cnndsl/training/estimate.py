"""What training will take, computed from sizes alone before anything is taken. Needs no NumPy.

Python integers throughout: `FC 9999999999` on a large image is a number like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.diagnostics import Diagnostic
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import DTYPES
from cnndsl.memory import amount
from cnndsl.passes.lists import INFERENCE_UNFUSED
from cnndsl.passes.plan import lifetimes
from cnndsl.passes.run import run
from cnndsl.recipe.spec import Recipe


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes, by purpose. `parameters` counts buffers too; `kept` is their copy of the last epoch's end; `tensors` are
    the outputs of layers and their gradients for one batch, as many as live at one time by the memory plan of a
    training step, `asked` by that of a network that is only asked; `workspace` is what the backend's kernels work in
    besides, and `images` the batches that are made ready for it. `largest` is the layer that takes most in training,
    with its own bytes."""

    batch: int
    parameters: int
    kept: int
    gradients: int
    slots: int
    tensors: int
    asked: int
    workspace: int
    images: int
    largest: Node
    largest_bytes: int

    @property
    def inference(self) -> int:
        """Without training: parameters, and the outputs that live at one time."""
        return self.parameters + self.asked

    @property
    def training(self) -> int:
        arrays = self.parameters + self.kept + self.gradients + self.slots
        return arrays + self.tensors + self.workspace + self.images


def estimate(
    graph: Graph, batch: int, *, slots: int, dtype: str = "float32", workspace: int = 0, batches: int = 0
) -> Estimate:
    """The estimate for batches of that many samples. `slots`: arrays that the optimizer keeps for each parameter;
    `workspace`: bytes that the backend says its kernels work in; `batches`: how many are made ready at one time."""
    size = DTYPES[dtype]
    owned = {node.name: size * sum(p.count for p in node.params) for node in graph}
    trained = {node.name: size * sum(p.count for p in node.params if p.trained) for node in graph}
    outputs = {node.name: size * batch * node.type.count for node in graph}
    total = {name: 2 * owned[name] + trained[name] * (1 + slots) + 2 * outputs[name] for name in owned}
    largest = max(graph, key=lambda node: total[node.name])
    return Estimate(
        batch=batch,
        parameters=sum(owned.values()),
        kept=sum(owned.values()),
        gradients=sum(trained.values()),
        slots=slots * sum(trained.values()),
        tensors=size * batch * lifetimes(graph, "step").peak,
        asked=size * batch * lifetimes(run(graph, INFERENCE_UNFUSED), "inference").peak,
        workspace=workspace,
        images=size * batch * batches * graph.input.type.count,
        largest=largest,
        largest_bytes=total[largest.name],
    )


def slots_of(recipe: Recipe) -> int:
    """Arrays that are kept for each parameter: the optimizer's, and an average."""
    return len(recipe.optimizer.attrs.slots) + (recipe.ema is not None)


def refusal(found: Estimate, limit: int, giver: str = "this machine can give") -> Diagnostic | None:
    """The diagnostic (E802) for an estimate above `limit` bytes, or None; `giver` says where the limit comes from."""
    if found.training <= limit:
        return None
    node = found.largest
    parts = {
        "parameters and a copy of them": found.parameters + found.kept,
        "their gradients": found.gradients,
        "the optimizer": found.slots,
        f"outputs and their gradients, batch {found.batch}": found.tensors,
        "what kernels work in": found.workspace,
        "images made ready": found.images,
    }
    return Diagnostic(
        "E802",
        f"training needs about {amount(found.training)}, of which {giver} {amount(limit)}",
        node.span,
        label=f"{node.name} alone takes {amount(found.largest_bytes)}",
        notes=(
            ", ".join(f"{what}: {amount(size)}" for what, size in parts.items() if size),
            f"most of it in {node.name} ({node.keyword}): {amount(found.largest_bytes)}",
        ),
        help=("make that layer smaller, or the batch",),
    )
