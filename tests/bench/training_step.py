"""One training step of the vectorized backend beside PyTorch eager: forward, cross-entropy, backward, SGD 0.9.

    python tests/bench/training_step.py [--steps N] [--networks lenet5 vgg_small] [--batch N]

Both run in one process on the same number of threads, step by step in turn, from the same weights on the same batch,
and must agree on the loss before anything is timed. PyTorch gets the better of its two memory layouts. GFLOP/s count
convolutions and FC: forward, weight gradients, and input gradients but the first layer's.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import cnndsl
import numpy as np
from cnndsl.backends.protocol import Options
from cnndsl.ir.graph import Graph, Node
from cnndsl.ops import conv, pool
from cnndsl.train.init import initial_state
from cnndsl.train.objective import make_objective

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    sys.exit("this benchmark stands beside PyTorch: install it with `pip install torch`")

VGG = """
block pair(n) {{ [ CONV 3x3 *n pad 1{norm} -> RELU ]*2 -> POOL max 2 }}
INPUT 32x32x3
pair(32); pair(64); pair(128)
FC 128 relu; FC 10
"""

NETWORKS = {
    "lenet5": """
INPUT 28x28x1
CONV 5x5 *6 pad 2 relu; POOL max 2; CONV 5x5 *16 relu; POOL max 2
FC 120 relu; FC 84 relu; FC 10
""",
    "caffe_lenet": """
INPUT 28x28x1
CONV 5x5 *20; POOL max 2; CONV 5x5 *50; POOL max 2
FC 500 relu; FC 10
""",
    "vgg_small": VGG.format(norm=""),
    "vgg_small_bn": VGG.format(norm=" -> BN"),
    "resnet18_32": """
set CONV nobias floor
block basic(n) { ADD( CONV 3x3 *n pad 1 -> BN -> RELU -> CONV 3x3 *n pad 1 -> BN | ID ); RELU }
block down(n) {
  ADD( CONV 3x3 *n stride 2 pad 1 -> BN -> RELU -> CONV 3x3 *n pad 1 -> BN | CONV 1x1 *n stride 2 -> BN ); RELU
}
INPUT 32x32x3
CONV 3x3 *64 pad 1 -> BN -> RELU
[ basic(64) ]*2
down(128) -> basic(128) -> down(256) -> basic(256) -> down(512) -> basic(512)
POOL mean global; FC 10
""",
}
BATCHES = {"resnet18_32": 32}
TRAIN = "train { optimizer sgd lr 0.01 momentum 0.9 }"
LR = 0.01
Step = Callable[[], float]


class Network(nn.Module):
    """A graph in PyTorch, with the names of its nodes."""

    def __init__(self, graph: Graph):
        super().__init__()
        self.graph = graph
        self.layers = nn.ModuleDict({node.name.replace(".", "_"): _layer(graph, node) for node in graph.nodes[1:]})
        self.plan = [(node.name, self.layers[node.name.replace(".", "_")], node.inputs) for node in graph.nodes[1:]]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = {self.graph.input.name: x}
        for name, layer, inputs in self.plan:
            values[name] = layer(*(values[source] for source in inputs))
        return values[self.graph.outputs["main"]]

    def take(self, state: dict[str, np.ndarray]) -> None:
        """Copies cnndsl's parameters and buffers."""
        named = {f"{node}.{local}": array for node, local, array in _split(state)}
        mine = {name.removeprefix("layers."): value for name, value in self.state_dict().items()}
        for name, value in mine.items():
            if not name.endswith("num_batches_tracked"):
                value.copy_(torch.from_numpy(named[name.replace("_1.", ".").replace("fc.", "")]))


class Add(nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b


def _split(state: dict[str, np.ndarray]) -> Iterator[tuple[str, str, np.ndarray]]:
    for name, array in state.items():
        node, local = name.rsplit(".", 1)
        yield node.replace(".", "_"), local, array


def _layer(graph: Graph, node: Node) -> nn.Module:
    a, x = node.attrs, graph.input_types(node)[0]
    match node.keyword:
        case "CONV":
            rows, _ = conv.window.axes(a, x)
            bias = a.bias == "filter"
            return nn.Conv2d(x.depth, a.filters, a.window[:2], a.stride, rows.before, groups=a.groups, bias=bias)
        case "POOL":
            rows, columns = pool.axes(a, x)
            kind = nn.MaxPool2d if a.mode == "max" else nn.AvgPool2d
            return kind((rows.window, columns.window), (rows.stride, columns.stride))
        case "FC":
            return Dense(x.count, a.units)
        case "BN":
            return nn.BatchNorm2d(x.depth, a.eps, a.momentum)
        case "RELU":
            return nn.ReLU()
        case "ADD":
            return Add()
    raise NotImplementedError(node.keyword)
