"""The graph written down, as JSON and as text, and read back to the same graph.

Text form, one node a line::

    graph lenet5
    input() : 32x32x1 = INPUT {"size": [32, 32, 1]}
    conv1(input) : 28x28x6 = CONV {"window": [5, 5], ...}  @14:30
    output main = fc3
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import Operation, Reject, TensorType
from cnndsl.ir.verify import verify
from cnndsl.resources import folder
from cnndsl.schema import Schema, complaints
from cnndsl.source import Source, Span

FORMAT = "cnndsl-graph-1"


class FormError(ValueError):
    """A written graph that cannot be read: the message says where and why."""


@cache
def schema() -> Schema:
    """The JSON Schema of the JSON form."""
    found: Schema = json.loads((folder("grammars") / "graph.schema.json").read_text(encoding="utf-8"))
    return found


def to_json(graph: Graph) -> dict[str, Any]:
    """The graph as plain JSON values."""
    return {
        "format": FORMAT,
        "name": graph.name,
        "nodes": [_node_values(node, _own_span(node, graph)) for node in graph.nodes],
        "outputs": dict(graph.outputs),
    }


def _own_span(node: Node, graph: Graph) -> Span | None:
    """The place of a node in the network's own file; none for one that comes from a file that it uses."""
    first = next((n.span for n in graph if n.span is not None), None)
    own = node.span is not None and first is not None and node.span.source is first.source
    return node.span if own else None


def _node_values(node: Node, span: Span | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": node.name,
        "layer": node.keyword,
        "inputs": list(node.inputs),
        "arguments": node.op.dump(node.attrs),
        "type": node.type.dimensions,
    }
    if span is not None:
        values["span"] = [span.start, span.end]
    return values


def from_json(values: Any, layers: Mapping[str, Operation], source: Source | None = None) -> Graph:
    """The graph of its JSON form; spans need the source they point into. Raises FormError or GraphError."""
    for complaint in complaints(schema(), values):
        raise FormError(f"{_place(complaint.path)} {complaint.text}")
    nodes: list[Node] = []
    types: dict[str, TensorType] = {}
    for item in values["nodes"]:
        node = _read_node(item, layers, types, source)
        types[node.name] = node.type
        nodes.append(node)
    return verify(Graph(values["name"], tuple(nodes), values["outputs"]))


def _place(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or "the graph"


def _read_node(
    item: Mapping[str, Any], layers: Mapping[str, Operation], types: Mapping[str, TensorType], source: Source | None
) -> Node:
    name, keyword = item["name"], item["layer"]
    op = layers.get(keyword)
    if op is None:
        raise FormError(f"{name}: there is no layer {keyword}")
    try:
        attrs = op.load(item["arguments"])
    except ValueError as error:
        raise FormError(f"{name}: {keyword}: {error}") from error
    missing = [i for i in item["inputs"] if i not in types]
    if missing:
        raise FormError(f"{name}: reads {', '.join(missing)}, which do not stand before it")
    inputs = tuple(types[i] for i in item["inputs"])
    try:
        op.infer(attrs, inputs)
        params = op.params(attrs, inputs)
    except (Reject, ValueError, IndexError) as error:
        raise FormError(f"{name}: {keyword}: {error}") from error
    sizes = item["type"]
    if len(sizes) == 2:
        raise FormError(f"{name}: type has two numbers; a map has three, a vector one")
    kind = TensorType.vector(sizes[0]) if len(sizes) == 1 else TensorType(*sizes)
    span = None
    if source is not None and "span" in item:
        start, end = item["span"]
        if not start <= end <= len(source.text):
            raise FormError(f"{name}: span {start}:{end} is outside of {source.name}")
        span = source.span(start, end)
    return Node(name, op, attrs, tuple(item["inputs"]), kind, params, span)


def to_text(graph: Graph) -> str:
    """The graph as text, one node a line."""
    lines = [f"graph {graph.name}"]
    for node in graph.nodes:
        arguments = json.dumps(node.op.dump(node.attrs))
        span = _own_span(node, graph)
        place = f"  @{span.start}:{span.end}" if span is not None else ""
        lines.append(f"{node.name}({', '.join(node.inputs)}) : {node.type} = {node.keyword} {arguments}{place}")
    lines += [f"output {name} = {at}" for name, at in graph.outputs.items()]
    return "\n".join(lines) + "\n"


_NODE = re.compile(
    r"(?P<name>[a-z][a-z0-9_.]*)\((?P<inputs>[^()]*)\) : (?P<type>[0-9]{1,10}(?:x[0-9]{1,10}){0,2}) = "
    r"(?P<layer>[A-Z][A-Z0-9_]+) (?P<arguments>\{.*\})(?:  @(?P<start>[0-9]{1,10}):(?P<end>[0-9]{1,10}))?"
)
_OUTPUT = re.compile(r"output (?P<name>[a-z][a-z0-9_.]*) = (?P<at>[a-z][a-z0-9_.]*)")


def from_text(text: str, layers: Mapping[str, Operation], source: Source | None = None) -> Graph:
    """The graph of its text form. Raises FormError or GraphError."""
    head, *rest = text.splitlines() or [""]
    if not head.startswith("graph ") or not head[6:].strip():
        raise FormError("line 1: a graph begins with `graph NAME`")
    values: dict[str, Any] = {"format": FORMAT, "name": head[6:].strip(), "nodes": [], "outputs": {}}
    for number, line in enumerate(rest, start=2):
        if found := _NODE.fullmatch(line):
            values["nodes"].append(_line_values(found, number))
        elif found := _OUTPUT.fullmatch(line):
            values["outputs"][found["name"]] = found["at"]
        elif line.strip():
            raise FormError(f"line {number}: neither a node nor an output: {line[:60]}")
    return from_json(values, layers, source)


def _line_values(found: re.Match[str], number: int) -> dict[str, Any]:
    try:
        arguments = json.loads(found["arguments"])
    except (json.JSONDecodeError, RecursionError) as error:
        raise FormError(f"line {number}: the arguments are not JSON: {error}") from error
    values: dict[str, Any] = {
        "name": found["name"],
        "layer": found["layer"],
        "inputs": [name.strip() for name in found["inputs"].split(",") if name.strip()],
        "arguments": arguments,
        "type": [int(n) for n in found["type"].split("x")],
    }
    if found["start"]:
        values["span"] = [int(found["start"]), int(found["end"])]
    return values
