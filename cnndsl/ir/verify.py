"""Verify: the graph says what its layers say. Run after lowering and after every pass."""

from __future__ import annotations

from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import Inputs, Reject


class GraphError(Exception):
    """A graph that contradicts itself: a mistake of the compiler or of a pass, not of the author of a file."""


def verify(graph: Graph) -> Graph:
    """Gives the graph back. Raises GraphError with everything that is wrong with it."""
    problems = list(_problems(graph))
    if problems:
        raise GraphError(f"graph {graph.name}: " + "; ".join(problems))
    return graph


def _problems(graph: Graph) -> list[str]:
    if not graph.nodes:
        return ["it has no nodes"]
    found = []
    earlier: dict[str, Node] = {}
    owners: dict[str, str] = {}
    for index, node in enumerate(graph.nodes):
        if (node.keyword == "INPUT") != (index == 0):
            found.append(f"{node.name}: INPUT is the first node, and only the first")
        if node.name in earlier:
            found.append(f"{node.name}: two nodes have this name")
        late = [name for name in node.inputs if name not in earlier]
        if late:
            found.append(f"{node.name}: reads {', '.join(late)}, which do not stand before it")
        elif (index > 0) != bool(node.inputs):
            found.append(f"{node.name}: {'has no input' if index else 'INPUT has inputs'}")
        else:
            found += _node_problems(node, tuple(earlier[name].type for name in node.inputs))
        for name in node.param_names():
            if name in owners:
                found.append(f"{node.name}: parameter {name} belongs to {owners[name]} too")
            owners[name] = node.name
        earlier.setdefault(node.name, node)
    if not graph.outputs:
        found.append("it has no output")
    found += [f"output {name}: there is no node {at}" for name, at in graph.outputs.items() if at not in earlier]
    return found


def _node_problems(node: Node, inputs: Inputs) -> list[str]:
    try:
        expected = node.op.infer(node.attrs, inputs)
        params = node.op.params(node.attrs, inputs)
    except Reject as reject:
        return [f"{node.name}: {node.keyword} {reject.message}"]
    except (AttributeError, TypeError, ValueError) as error:
        return [f"{node.name}: {node.keyword} cannot read its arguments {node.attrs!r}: {error}"]
    found = []
    if expected != node.type:
        found.append(f"{node.name}: type is {node.type}, but {node.keyword} gives {expected}")
    if params != node.params:
        found.append(f"{node.name}: parameters are not those of {node.keyword}")
    return found
