"""What stands behind the layers while some images go through: how much of it is above zero, and how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cnndsl.backends.protocol import Array, Options
from cnndsl.data.dataset import is_labels
from cnndsl.data.samples import Supply
from cnndsl.drawing.boxes import Box, boxes, kind
from cnndsl.ir.graph import Graph, Node
from cnndsl.runs.saved import Run

IMAGES, FEWEST = 256, 16
"""Images that are gone through, and how many at least of a large network."""
MOST = 20_000_000_000
"""Multiplications, above which fewer images are gone through."""
SPACE = 16 << 20
"""Bytes that the values of one batch may take."""
SHOWN, CHANNELS, STAGES, PIXELS = 4, 8, 16, 64
"""Of feature maps: images, channels of a stage, stages, and pixels that one is high or wide at most."""


@dataclass(slots=True)
class Active:
    """A layer's activation: of `cells` values `positive` were above 0; `ever` is for each unit (a channel of maps)
    whether it was so once at least."""

    layer: str
    node: Node
    cells: int = 0
    positive: int = 0
    ever: Array = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def share(self) -> float:
        return self.positive / self.cells if self.cells else 0.0

    def add(self, y: Array) -> None:
        above = y > 0
        self.cells += y.size
        self.positive += int(np.count_nonzero(above))
        ever: Array = np.asarray(above.any(axis=(0, *range(2, y.ndim))))
        self.ever = ever if not len(self.ever) else self.ever | ever


@dataclass(frozen=True, slots=True)
class Stage:
    """A convolution or a pooling with what follows it, and the node whose output is shown."""

    name: str
    said: str
    node: Node


@dataclass(frozen=True, slots=True)
class Image:
    """An image, D, H, W, its label, and the first maps behind each stage, C, H, W."""

    number: int
    pixels: Array
    label: int | None
    maps: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Watched:
    """`images` were gone through. `stages` are some of `stages_in_all`."""

    images: int
    active: tuple[Active, ...]
    stages: tuple[Stage, ...]
    stages_in_all: int
    shown: tuple[Image, ...]


def watch(run: Run, ready: Supply, plain: Supply) -> Watched:
    """Goes through the first samples, as they are made ready and as plain pixels."""
    graph = run.model.graph
    made = boxes(graph)
    active = [Active(box.name, node) for box in made for node in box.nodes if kind(node) == "activation"]
    every = [_stage(box) for box in made if box.kind in ("conv", "pool") and not box.nodes[-1].type.flat]
    stages = _some(every)
    wanted = {a.node.name: a.node for a in active} | {s.node.name: s.node for s in stages}
    limit = min(len(ready), IMAGES, max(FEWEST, MOST // max(1, graph.macs)))
    if not wanted:
        return Watched(0, (), (), 0, ())
    asked = Graph(graph.name, graph.nodes, {name: name for name in wanted})
    program, state = run.backend.compile(asked, Options(seed=run.recipe.seed, fuse=False)), run.model.state
    size = max(1, min(64, SPACE // (8 * sum(node.type.count for node in wanted.values()))))
    shown: list[Image] = []
    done = 0
    for batch, pixels in zip(ready.in_order(size), plain.in_order(size), strict=True):
        count = min(len(batch.x), limit - done)
        values = program.forward(state, batch.x[:count]).outputs
        for a in active:
            a.add(values[a.node.name])
        for i in range(count):
            label = int(batch.labels[i]) if is_labels(batch.labels) else None
            if len(shown) < SHOWN and (label is None or label not in [s.label for s in shown]):
                maps = {s.name: _reduced(values[s.node.name][i, :CHANNELS]) for s in stages}
                shown.append(Image(done + i, pixels.x[i].copy(), label, maps))
        done += count
        if done >= limit:
            break
    return Watched(done, tuple(active), tuple(stages), len(every), tuple(shown))


def _stage(box: Box) -> Stage:
    return Stage(box.name, " -> ".join(box.lines), box.nodes[-1])


def _some(stages: list[Stage]) -> list[Stage]:
    """All, or so many of them, the first and the last among them."""
    if len(stages) <= STAGES:
        return stages
    return [stages[round(i * (len(stages) - 1) / (STAGES - 1))] for i in range(STAGES)]


def _reduced(maps: Array) -> Array:
    """Maps C, H, W, of blocks the mean where they are large."""
    _, height, width = maps.shape
    by = -(-max(height, width) // PIXELS)
    if by == 1 or min(height, width) < by:
        return maps.copy()
    cut = maps[:, : height // by * by, : width // by * by]
    return np.asarray(cut.reshape(len(maps), height // by, by, width // by, by).mean(axis=(2, 4)))
