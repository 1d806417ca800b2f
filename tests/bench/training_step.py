"""One training step of our backends beside PyTorch eager: forward, cross-entropy, backward, SGD 0.9.

    python tests/bench/training_step.py [--steps N] [--networks lenet5 vgg_small] [--threads N] [--markdown]

All run in one process on the same number of threads, in turn, from the same weights on the same batch, and must agree
on the loss before anything is timed; medians of many steps. PyTorch gets the better of its two memory layouts. naive,
loops in Python, is measured once, on a batch of one, where a network is small enough for that, and multiplied. GFLOP/s
count convolutions and FC: forward, weight gradients, and input gradients but the first layer's.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

import numpy as np
from networks import NETWORKS, batch_of, network

import cnndsl
from cnndsl.backends.protocol import Options
from cnndsl.ir.graph import Graph, Node
from cnndsl.ops import conv, pool
from cnndsl.plugins import load
from cnndsl.training.init import initial_state
from cnndsl.training.objective import make_objective

try:
    import torch
    import torch.nn.functional as nnf
except ImportError:
    sys.exit("this benchmark stands beside PyTorch; install it with: pip install torch")

LR, MOMENTUM = 0.01, 0.9
TRAIN = f"train {{ optimizer sgd lr {LR} momentum {MOMENTUM} }}"
TURN, REST = 5, 0.1
SLOW = 1_000_000
"""MACs a sample up to which naive is measured."""
Arrays = dict[str, np.ndarray]
Step = Callable[[], float]


def ours(backend: str, made: cnndsl.Network, state: Arrays, x: np.ndarray, target: np.ndarray) -> Step:
    """A training step of one of our backends; gives the loss before it."""
    runner = made.registry.backend(backend)
    program = runner.compile_training(made.graph, make_objective(made.recipe, made.graph), state, Options())
    count = iter(range(sys.maxsize))
    return lambda: program.step(x, {"main": target}, step=next(count), lr=LR).loss


def theirs(graph: Graph, state: Arrays, x: np.ndarray, target: np.ndarray, layout: torch.memory_format) -> Step:
    """The same step by PyTorch eager, with maps in the given layout."""

    def tensor(array: np.ndarray) -> torch.Tensor:
        made = torch.from_numpy(array.copy())
        return made.to(memory_format=layout) if made.ndim == 4 else made

    weights = {name: tensor(array) for name, array in state.items()}
    trained = [weights[name].requires_grad_() for name, spec in graph.params.items() if spec.trained]
    optimizer = torch.optim.SGD(trained, lr=LR, momentum=MOMENTUM)
    given, wanted = tensor(x), torch.from_numpy(target)

    def step() -> float:
        optimizer.zero_grad()
        values = {graph.input.name: given}
        for node in graph.nodes[1:]:
            values[node.name] = torch_layer(graph, node, weights, *(values[name] for name in node.inputs))
        loss = nnf.cross_entropy(values[graph.outputs["main"]], wanted)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def torch_layer(graph: Graph, node: Node, weights: dict[str, torch.Tensor], *xs: torch.Tensor) -> torch.Tensor:
    """One node by PyTorch, in training."""
    a, x, size = node.attrs, xs[0], graph.input_types(node)[0]
    W, b = weights.get(f"{node.name}.weight"), weights.get(f"{node.name}.bias")
    match node.keyword:
        case "CONV":
            rows, columns = conv.window.axes(a, size)
            return nnf.conv2d(x, W, b, a.stride, (rows.before, columns.before), a.dilate, a.groups)
        case "POOL":
            rows, columns = pool.axes(a, size)
            by = nnf.max_pool2d if a.mode == "max" else nnf.avg_pool2d
            return by(x, (rows.window, columns.window), (rows.stride, columns.stride))
        case "FC":
            return nnf.linear(x.flatten(1), W, b)
        case "BN":
            mean, var = weights[f"{node.name}.running_mean"], weights[f"{node.name}.running_var"]
            return nnf.batch_norm(x, mean, var, W, b, True, a.momentum, a.eps)
        case "RELU":
            return nnf.relu(x)
        case "ADD":
            return xs[0] + xs[1]
    raise NotImplementedError(node.keyword)


def gflop(graph: Graph, batch: int) -> float:
    """Work of one step in 10**9 additions and multiplications."""
    macs = [cost for node in graph if (cost := graph.cost(node).macs)]
    return 2 * batch * (3 * sum(macs) - macs[0]) / 1e9


def measure(steps: dict[str, Step], count: int) -> dict[str, float]:
    """Median seconds of each step; the peers take turns of a few steps.

    The threads of one library still spin for a while when the other begins: a turn starts with a rest and with two
    steps that do not count.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(-(-count // TURN)):
        for name, step in steps.items():
            time.sleep(REST)
            for turn in range(-2, TURN):
                start = time.perf_counter()
                step()
                if turn >= 0:
                    times[name].append(time.perf_counter() - start)
    return {name: median(found) for name, found in times.items()}


class Row(NamedTuple):
    """One network: seconds a step by peer, and the work of a step in GFLOP."""

    name: str
    batch: int
    work: float
    took: dict[str, float]

    @property
    def best(self) -> str:
        """PyTorch's better layout."""
        return min(LAYOUTS, key=lambda layout: self.took[layout])


LAYOUTS = {"NCHW": torch.contiguous_format, "channels-last": torch.channels_last}


def run(name: str, backends: list[str], count: int) -> Row:
    """Measures one network."""
    made, batch = network(name, TRAIN), batch_of(name)
    graph = made.graph
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, *graph.input.type.shape)).astype(np.float32)
    target = rng.integers(0, graph.output().type.depth, batch)
    state = initial_state(graph, 0, made.recipe.init)
    steps = {backend: ours(backend, made, state, x, target) for backend in backends if backend != "naive"}
    steps.update({layout: theirs(graph, state, x, target, kind) for layout, kind in LAYOUTS.items()})
    losses = {peer: step() for peer, step in steps.items()}
    if not np.allclose(list(losses.values()), losses["NCHW"], rtol=1e-4):
        sys.exit(f"{name}: the losses differ before the first update: {losses}")
    took = measure(steps, count)
    if "naive" in backends and graph.macs <= SLOW:
        step = ours("naive", made, state, x[:1], target[:1])
        start = time.perf_counter()
        step()
        took["naive"] = (time.perf_counter() - start) * batch
    return Row(name, batch, gflop(graph, batch), took)


def cells(row: Row, backends: list[str]) -> Iterator[str]:
    """The row's figures: of each backend milliseconds, GFLOP/s and the ratio to PyTorch's better layout."""
    best = row.took[row.best]
    yield row.name
    yield str(row.batch)
    yield f"{best * 1e3:.1f} ms ({row.best})"
    for backend in backends:
        if backend not in row.took:
            yield "-"
            continue
        took = row.took[backend]
        if backend == "naive":
            yield f"about {took:.0f} s, **{took / best:,.0f}**"
        else:
            yield f"{took * 1e3:,.1f} ms, {row.work / took:.0f} GFLOP/s, **{took / best:.2f}**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=30, help="steps whose median is taken")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), metavar="NAME")
    parser.add_argument("--backends", nargs="+", choices=sorted(load().backends), default=sorted(load().backends))
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="threads of PyTorch; set NumPy's with OPENBLAS_NUM_THREADS"
    )
    parser.add_argument("--markdown", action="store_true", help="print a table for a README")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(f"PyTorch {torch.__version__} eager, NumPy {np.__version__}, {given.threads} threads, float32\n")
    head = ["network", "batch", "PyTorch", *(f"{backend}, ratio" for backend in given.backends)]
    if given.markdown:
        print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for name in given.networks:
        found = list(cells(run(name, given.backends, given.steps), given.backends))
        if given.markdown:
            print(f"| {' | '.join(found)} |", flush=True)
        else:
            print(
                "   ".join(f"{title}: {cell}" for title, cell in zip(head, found, strict=True)).replace("**", ""),
                flush=True,
            )


if __name__ == "__main__":
    main()
