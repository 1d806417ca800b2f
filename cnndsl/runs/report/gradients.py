"""How long each layer's gradient was over the epochs, and whether it vanished on its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from cnndsl.ir.graph import Graph
from cnndsl.ops.spec import Op
from cnndsl.runs.report.charts import Axis, Line, chart, number, whole
from cnndsl.runs.report.curves import epochs_of
from cnndsl.runs.report.html import Html, note, section, table, tag, text
from cnndsl.runs.saved import Run

VANISHED = 100.0
"""How many times shorter the first layer's gradient must be than the last's to be called vanished."""
NAMED = 8
"""Layers in a legend."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The weights of a layer: their full name, how many there are, and the mean length (L2) of their gradient over each
    epoch's steps, None where it is not known."""

    name: str
    count: int
    norms: tuple[float | None, ...]

    @property
    def typical(self) -> float | None:
        """The median over the epochs."""
        known = [n for n in self.norms if n is not None]
        return median(known) if known else None


def layers(graph: Graph, history: Sequence[Mapping[str, object]]) -> list[Layer]:
    """The layers with weights, from the input on: convolutions and FC, not their biases, and not norms."""
    told = [e["gradient_norms"] if isinstance(e.get("gradient_norms"), dict) else {} for e in history]
    found = []
    for node in graph:
        if not isinstance(node.op, Op) or node.op.kind not in ("conv", "dense"):
            continue
        for name, spec in node.param_names().items():
            norms = tuple(number(norms.get(name)) for norms in told)  # type: ignore[attr-defined]
            if spec.trained and spec.init == "weight" and any(n is not None for n in norms):
                found.append(Layer(name, spec.count, norms))
    return found


def gradients(run: Run) -> Html:
    found = layers(run.model.graph, run.history)
    if not found:
        said = "This run's metrics have no lengths of gradients."
        return section("Gradients", note(said), name="gradients")
    drawn = filter(None, (_by_layer(found), _over_epochs(found, epochs_of(run))))
    explained = note(
        "The length (L2) of the gradient of each layer's weights, the mean over an epoch's steps, before clipping. On "
        "its way back the error passes through every layer's weights and the derivative of its activation: where these "
        "are small, the first layers get next to nothing and do not learn."
    )
    good, said = told(found)
    body = tag("div", *drawn, class_="grid2")
    verdict = tag("p", said, class_="told good" if good else "told bad")
    return section("Gradients", verdict, body, explained, _table(found, epochs_of(run)), name="gradients")


def told(found: Sequence[Layer]) -> tuple[bool, str]:
    """Whether all is well, and what is to be said of the first and the last layer."""
    known = [(layer, layer.typical) for layer in found if layer.typical is not None]
    first, last = known[0], known[-1]
    if len(known) == 1:
        return True, f"There is one layer with weights, {first[0].name}: its gradient's length is {first[1]:.3g}."
    pair = f"{first[0].name} {first[1]:.3g}, of {last[0].name} {last[1]:.3g} (medians over the epochs)"
    if not first[1] or not last[1]:
        which = first[0].name if not first[1] else last[0].name
        return False, f"The length of the gradient of {pair}: no gradient reaches {which}."
    ratio = last[1] / first[1]
    if ratio >= VANISHED:
        much = f"{ratio:,.0f}" if ratio < 1e6 else f"{ratio:.1e}"
        return False, (
            f"The gradient vanishes on its way back: its length is at {pair}, {much} times shorter in the first layer "
            f"than in the last. The first layers hardly learn."
        )
    if ratio <= 1 / VANISHED:
        return False, (
            f"The gradient grows on its way back: its length is at {pair}, {1 / ratio:,.0f} times longer in the first "
            f"layer than in the last."
        )
    compared = f"{ratio:.1f} times shorter" if ratio >= 1 else f"{1 / ratio:.1f} times longer"
    return True, (
        f"The gradient reaches the first layer: its length is at {pair}, {compared} in the first layer than in the "
        "last."
    )


def _by_layer(found: Sequence[Layer]) -> Html:
    """From the first layer to the last, in the first epoch and in the last."""
    if len(found) < 2:
        return Html()
    count = len(found)
    step = -(-count // 12)
    names = [(float(at), f"{at + 1}") for at in range(0, count, step)]
    x = Axis(0, count - 1, tuple(names))
    ends = [("first epoch", 0, "a"), ("last epoch", -1, "b")][: min(2, len(found[0].norms))]
    lines = [Line(name, [layer.norms[at] for layer in found], look) for name, at, look in ends]
    title = "Length of the gradient, from the first layer to the last"
    return chart(x, range(count), lines, title=title, label="layer with weights, from the input on", log=True)


def _over_epochs(found: Sequence[Layer], epochs: Sequence[int]) -> Html:
    last = max(1, len(found) - 1)
    named = {round(at * (len(found) - 1) / max(1, min(NAMED, len(found)) - 1)) for at in range(min(NAMED, len(found)))}
    lines = [Line(layer.name, layer.norms, "", shade(at / last)) for at, layer in enumerate(found)]
    title = "Length of the gradient over the epochs"
    drawn = chart(whole(epochs[0], epochs[-1]), epochs, lines, title=title, label="epoch", log=True, legend=False)
    if not drawn:
        return drawn
    keys = [
        tag("span", tag("i", class_="key", style=f"background:{shade(at / last)}"), layer.name)
        for at, layer in enumerate(found)
        if at in named
    ]
    some = "" if len(named) == len(found) else f" and {len(found) - len(named)} between"
    return tag("div", drawn, tag("p", *keys, text(some), class_="legend"))


def shade(share: float) -> str:
    """From blue, of the first layer, over violet to orange, of the last."""
    return f"hsl({round(215 + 175 * share) % 360} 75% 52%)"


def _table(found: Sequence[Layer], epochs: Sequence[int]) -> Html:
    head = ("weights", "number", f"epoch {epochs[0]}", f"epoch {epochs[-1]}", "median", "median a weight")
    rows = []
    for layer in found:
        typical = layer.typical
        each = None if typical is None else typical / sqrt(layer.count)
        figures = [layer.norms[0], layer.norms[-1], typical, each]
        rows.append([layer.name, f"{layer.count:,}", *("" if v is None else f"{v:.3g}" for v in figures)])
    return tag("details", tag("summary", "In figures"), table(head, rows, right=range(1, len(head))))
