"""A network's figures as JSON: the form that `grammars/show.schema.json` describes."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from cnndsl.inspection.summary import Row, Summary
from cnndsl.ir.field import Field

VERSION = 1


def document(summary: Summary) -> str:
    return json.dumps(as_json(summary), indent=2)


def as_json(summary: Summary) -> dict[str, Any]:
    """The figures as plain JSON values. After a mistake there are no totals, and the last layer says what it was."""
    graph = summary.graph
    layers = [_layer(row, fc_cost=summary.fc_cost) for row in summary.rows]
    if summary.broken is not None:
        layers.append(_broken(summary))
    return {
        "version": VERSION,
        "model": graph.name,
        "input": graph.input.type.dimensions,
        "layers": layers,
        "outputs": {name: graph[at].type.dimensions for name, at in graph.outputs.items()},
        "totals": _totals(summary),
    }


def _layer(row: Row, *, fc_cost: bool) -> dict[str, Any]:
    node = row.node
    values: dict[str, Any] = {
        "name": node.name,
        "layer": node.keyword,
        "inputs": list(node.inputs),
        "output": node.type.dimensions,
        "arithmetic": row.arithmetic,
        "parameters": row.parameters,
        "buffers": row.buffers,
        "macs": row.macs,
        "receptive_field": list(row.field.size),
        "jump": jump(row.field),
        "line": row.line,
    }
    return {**values, "fc_parameters": row.fc_parameters} if fc_cost else values


def _broken(summary: Summary) -> dict[str, Any]:
    broken = summary.broken
    assert broken is not None
    said = broken.diagnostic
    none = dict.fromkeys(("parameters", "buffers", "macs", "receptive_field", "jump"))
    return {
        "name": broken.name,
        "layer": broken.keyword,
        "inputs": [],
        "output": None,
        "arithmetic": broken.arithmetic,
        **none,
        "line": broken.line,
        **({"fc_parameters": None} if summary.fc_cost else {}),
        "error": {"code": said.code, "message": said.message},
    }


def _totals(summary: Summary) -> dict[str, Any] | None:
    graph, memory = summary.graph, summary.memory
    if memory is None:
        return None
    return {
        "parameters": graph.parameter_count,
        "buffers": graph.buffer_count,
        "macs": graph.macs,
        "memory_bytes": {"inference": memory.inference, "training": memory.training, "peak": memory.peak},
    }


def jump(field: Field) -> Any:
    """A whole number where height and width agree in one, else both; a fraction is a string such as ``"1/2"``. None
    where paths differ."""
    if field.jump is None:
        return None
    height, width = field.jump
    return _number(height) if height == width and height.denominator == 1 else [_number(height), _number(width)]


def _number(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else str(value)
