"""Whether the targets of a data set are what the outputs and their losses take."""

from __future__ import annotations

from collections.abc import Iterator

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset, is_labels
from cnndsl.diagnostics import Diagnostic
from cnndsl.ir.graph import Graph, Node
from cnndsl.recipe.heads import trained
from cnndsl.recipe.spec import MAIN, Recipe, Setting
from cnndsl.training.objective import leading


def misfits(graph: Graph, recipe: Recipe, dataset: Dataset) -> Iterator[Diagnostic]:
    """What is wrong between targets and the outputs that are trained on them (E604).

    An output that has no targets of its own is trained on the main ones. Those, as labels, of the output that leads are
    held against its classes in `cnndsl.recipe.fit`.
    """
    leads = leading(recipe, graph)
    for output, loss in trained(recipe, graph.outputs).items():
        own = output if output in dataset.train.targets else MAIN
        both = [part.targets[own] for part in (dataset.train, dataset.test)]
        origin = dataset.origins.get(own, f"`{dataset.name}`")
        node = graph.output(output)
        if not is_labels(both[0]):
            yield from _numbers(origin, both, node, output, loss)
        elif own != MAIN or output != leads:
            yield from _labels(origin, both, node, output, loss)


def _labels(origin: str, both: list[Array], node: Node, output: str, loss: Setting) -> Iterator[Diagnostic]:
    classes = max((int(target.max(initial=0)) for target in both), default=0) + 1
    single = (node.type.height, node.type.width) == (1, 1)
    if single and (node.type.count >= classes or (loss.word == "bce" and node.type.count == 1 and classes <= 2)):
        return
    message = f"{origin} has labels from 0 to {classes - 1}, and the output `{output}` is {node.type}"
    yield _misfit(message, node, f"let `{output}` end with `FC {classes}`")


def _numbers(origin: str, both: list[Array], node: Node, output: str, loss: Setting) -> Iterator[Diagnostic]:
    size, shape = node.type, both[0].shape[1:]
    shown = "x".join(map(str, shape)) or "one number"
    if loss.word == "cross_entropy":
        message = f"{origin} has floating numbers, and `loss cross_entropy` takes labels"
        yield _misfit(message, node, "make whole numbers of labels, `y.astype(int)`; or use `loss mse` or `loss bce`")
    elif shape not in (size.shape, (size.count,)) and (shape, size.count) != ((), 1):
        message = f"{origin} has {shown} for each sample, and the output `{output}` gives {size}"
        lengths = dict.fromkeys(("x".join(map(str, size.shape)), str(size.count)))
        yield _misfit(message, node, f"a sample's targets are an array of {' or '.join(lengths)}")
    elif loss.word == "bce":
        low, high = min(float(t.min()) for t in both), max(float(t.max()) for t in both)
        if low < 0 or high > 1:
            message = f"{origin} has numbers from {low:g} to {high:g}, and `loss bce` takes those from 0 to 1"
            yield _misfit(message, node, "bring the targets between 0 and 1, or use `loss mse`")


def _misfit(message: str, node: Node, help: str) -> Diagnostic:
    return Diagnostic("E604", message, node.span, label=f"gives {node.type}", help=(help,))
