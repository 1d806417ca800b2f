"""A network as a file of Python: an `nn.Module`, and its weights beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnndsl.interchange.spec import Format, class_name, distinct, identifier, readable
from cnndsl.interchange.torch.layers import BIAS, HELPERS, Piece, piece
from cnndsl.interchange.torch.reserved import ATTRIBUTES, CLASSES, MODULES, VARIABLES
from cnndsl.ir.graph import Graph, Node

if TYPE_CHECKING:
    from cnndsl.interchange.spec import Arrays

WIDTH = 100
"""Comments on sizes begin no further to the right than this."""


def write(graph: Graph, arrays: Arrays) -> Mapping[str, str | bytes]:
    """``NAME.py`` and ``NAME.safetensors``. Raises CnnError (E812) for a layer that PyTorch has no words for."""
    import numpy as np
    from safetensors.numpy import save

    attributes = distinct((node.name for node in graph), ATTRIBUTES, BIAS)
    pieces, variables = _pieces(graph, attributes)
    stem = _stem(graph.name)
    named: dict[str, Any] = {}
    for node in graph.nodes:
        own = pieces.get(node.name)
        for spec in node.params:
            other = dict(own.names).get(spec.name) if own is not None else None
            key = other or f"{attributes[node.name]}.{spec.name}"
            named[key] = np.ascontiguousarray(arrays[f"{node.name}.{spec.name}"])
        if node.keyword == "BN":
            named[f"{attributes[node.name]}.num_batches_tracked"] = np.zeros((), np.int64)
    text = "\n".join(_lines(graph, stem, attributes, pieces, variables)) + "\n"
    return {f"{stem}.py": text, f"{stem}.safetensors": save(named)}


def _stem(name: str) -> str:
    """The file's name without its ending; a file of a module's name would be imported in that one's place."""
    found = identifier(name)
    return f"{found}_network" if found in MODULES else found


def _pieces(graph: Graph, attributes: Mapping[str, str]) -> tuple[dict[str, Piece], dict[str, str]]:
    """By node: the layer in PyTorch, and the variable that its output goes to: `x` as long as it is only handed on."""
    order = [node.name for node in graph.nodes]
    own = distinct(order, VARIABLES | HELPERS.keys())
    variables: dict[str, str] = {}
    pieces: dict[str, Piece] = {}
    for at, node in enumerate(graph.nodes):
        readers = graph.consumers[node.name]
        next_only = len(readers) == 1 and order[at + 1 : at + 2] == [readers[0].name]
        handed_on = next_only and readers[0].inputs.count(node.name) == 1
        ends = node.name in graph.outputs.values()
        last = ends and not readers and at == len(order) - 1
        variables[node.name] = "x" if (handed_on and not ends) or last else own[node.name]
        if node.inputs:
            given = [variables[name] for name in node.inputs]
            pieces[node.name] = piece(node, graph.input_types(node), given, attributes[node.name])
    return pieces, variables


def _lines(
    graph: Graph,
    stem: str,
    attributes: Mapping[str, str],
    pieces: Mapping[str, Piece],
    variables: Mapping[str, str],
) -> Iterator[str]:
    name, size = class_name(graph.name), graph.input.type
    name = f"{name}Network" if name in CLASSES else name
    shape = " x ".join(map(str, ("N", *size.shape)))
    yield f'"""{readable(graph.name)} in PyTorch: {graph.parameter_count:,} parameters, {graph.macs:,} MACs a sample.'
    yield ""
    yield f"Written by `cnndsl export --format torch`. `load()` gives it the weights of {stem}.safetensors."
    yield '"""'
    yield ""
    yield "from pathlib import Path"
    yield ""
    yield "import torch"
    yield "import torch.nn.functional as F"
    yield "from torch import Tensor, nn"
    for helper in dict.fromkeys(p.helper for p in pieces.values() if p.helper):
        yield f"\n{HELPERS[helper]}".rstrip("\n")
    yield ""
    yield ""
    yield f"class {name}(nn.Module):"
    yield f'    """Takes images {shape}: samples, depth, height, width."""'
    yield ""
    if any(p.module or p.parameters for p in pieces.values()):
        yield "    def __init__(self) -> None:"
        yield "        super().__init__()"
        block = ""
        for node in graph.nodes:
            own = pieces.get(node.name)
            if own is None or not (own.module or own.parameters):
                continue
            if _block(node) != block:
                block = _block(node)
                yield f"        # {block or 'outside of blocks'}"
            if own.module:
                yield f"        self.{attributes[node.name]} = {own.module}"
            for attribute, shape_of in dict(own.parameters).items():
                yield f"        self.{attribute} = nn.Parameter(torch.zeros({', '.join(map(str, shape_of))}))"
        yield ""
    yield from _forward(graph, pieces, variables)
    yield ""
    yield ""
    yield f'def load(path: str | Path = Path(__file__).with_name("{stem}.safetensors")) -> {name}:'
    yield '    """The network with its weights, ready to be asked; `.train()` makes it ready to be trained."""'
    yield "    from safetensors.torch import load_file"
    yield ""
    yield f"    model = {name}()"
    yield "    model.load_state_dict(load_file(path))"
    yield "    return model.eval()"


def _forward(graph: Graph, pieces: Mapping[str, Piece], variables: Mapping[str, str]) -> Iterator[str]:
    single = list(graph.outputs) == ["main"]
    yield f"    def forward(self, x: Tensor) -> {'Tensor' if single else 'dict[str, Tensor]'}:"
    if variables[graph.input.name] != "x":
        yield f"        {variables[graph.input.name]} = x"
    lines = [(node, f"        {variables[node.name]} = {pieces[node.name].call}") for node in graph.nodes[1:]]
    width = min(WIDTH, max((len(line) for _, line in lines), default=0))
    block = ""
    for node, line in lines:
        if _block(node) != block:
            block = _block(node)
            yield f"        # {block or 'outside of blocks'}"
        yield f"{line:<{width}}  # {node.type}"
    if single:
        yield f"        return {variables[graph.outputs['main']]}"
    else:
        given = ", ".join(f'"{name}": {variables[at]}' for name, at in graph.outputs.items())
        yield f"        return {{{given}}}"


def _block(node: Node) -> str:
    """The block or group that a layer came from."""
    return node.name.rpartition(".")[0]


FORMAT = Format("torch", "PyTorch: a module to read in NAME.py, its weights in NAME.safetensors", write)
