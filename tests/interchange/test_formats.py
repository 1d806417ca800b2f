# ruff: noqa: ARG005
"""Formats of packages come in through the door, and what they do wrong is named."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import cnndsl
from cnndsl.builtin import PLUGIN as BUILTIN
from cnndsl.cli.commands.plugins import brings
from cnndsl.diagnostics import CnnError
from cnndsl.interchange.spec import Format
from cnndsl.plugins import Plugin, PluginError, registry

SAMPLE = Path(__file__).parent.parent / "plugin_sample"
GRAPH = cnndsl.loads("INPUT 2x2x1; RELU").graph


def plugin(write: Any, name: str = "lines") -> Plugin:
    return Plugin("writer", formats=(Format(name, "a line a layer", write),))


def test_a_format_of_a_package() -> None:
    ours = plugin(lambda graph, arrays: {f"{graph.name}.txt": "\n".join(node.keyword for node in graph)})
    formats = registry([BUILTIN, ours]).formats
    assert sorted(formats) == ["lines", "torch"]
    assert formats["lines"].write(GRAPH, {}) == {"network.txt": "INPUT\nRELU"}
    assert brings(ours) == {"formats": ["lines"]}
    assert brings(BUILTIN)["formats"] == ["torch"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (Plugin("writer", formats=(7,)), "7 in `formats` is not a Format"),  # type: ignore[arg-type]
        (Plugin("writer", formats=7), "`formats` is a int, not a tuple"),  # type: ignore[arg-type]
        (plugin(lambda graph: {}), "format lines: `write` must take 2 arguments"),
        (plugin(lambda graph, arrays: {}, "torch"), "a format `torch` is already there"),
        (plugin(lambda graph, arrays: {}, "My Form"), "format 'My Form': a name is a-z, 0-9 and _"),
    ],
)
def test_one_that_is_turned_away(wrong: Plugin, says: str) -> None:
    with pytest.raises(PluginError) as caught:
        registry([BUILTIN, wrong])
    assert str(caught.value).startswith("plugin writer: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda graph, arrays: 1 / 0, "format lines raises ZeroDivisionError"),
        (lambda graph, arrays: "text", "format lines gives str 'text', which is not what was agreed"),
        (lambda graph, arrays: {"a.txt": 5}, "which is not what was agreed"),
        (lambda graph, arrays: {"../a.txt": ""}, "which is not what was agreed"),
        (lambda graph, arrays: {"": ""}, "which is not what was agreed"),
    ],
)
def test_one_that_goes_wrong(write: Any, says: str) -> None:
    with pytest.raises(CnnError, match=r"plugin writer: format lines") as caught:
        registry([BUILTIN, plugin(write)]).formats["lines"].write(GRAPH, {})
    (d,) = caught.value.diagnostics
    assert d.code == "E808"
    assert says in d.message


def test_a_layer_that_a_format_has_no_words_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SAMPLE))
    both = registry([BUILTIN, import_module("cnndsl_sample").PLUGIN])
    graph = cnndsl.loads("INPUT 4x4x1\nRELU -> CLIP low -1 high 1", registry=both).graph
    with pytest.raises(CnnError) as caught:
        both.formats["torch"].write(graph, {})
    (d,) = caught.value.diagnostics
    assert (d.code, d.message) == ("E812", "PyTorch cannot say CLIP")
    assert d.span is not None
    assert (d.span.line, d.span.column) == (2, 9)
