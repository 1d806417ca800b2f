"""Pictures of networks: well-formed, whole, and readable."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cnndsl
from cnndsl.drawing import dot, mermaid, svg
from cnndsl.drawing.boxes import boxes
from cnndsl.drawing.colours import DARK, LIGHT
from cnndsl.ir.graph import Graph
from cnndsl.resources import folder

MODELS = sorted(p.stem for p in folder("models").glob("*.cnn") if p.stem != "pattern")
WIDEST = 0.6021 * 13
"""Of one letter: the widest of the usual monospaced fonts at 13 pixels (DejaVu Sans Mono, Menlo)."""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=MODELS)
def graph(request: pytest.FixtureRequest, models: Path) -> Graph:
    return cnndsl.load(models / f"{request.param}.cnn").graph


def drawn(text: str) -> Graph:
    return cnndsl.loads(text).graph


# ---- boxes


def test_what_follows_a_layer_stands_in_its_box() -> None:
    found = boxes(
        drawn("INPUT 8x8x1; CONV 3x3 *2 nobias -> BN -> RELU; POOL max 2; FC 4 relu -> DROPOUT 0.5; FC 2 -> SOFTMAX")
    )
    assert [[node.name for node in box.nodes] for box in found] == [
        ["input"], ["conv1", "bn1", "relu1"], ["pool1"], ["fc1", "relu2", "dropout1"], ["fc2"], ["softmax1"],
    ]  # fmt: skip
    assert found[1].lines == ["CONV 3x3 *2", "BN -> RELU"]
    assert [box.inputs for box in found] == [(), (0,), (1,), (2,), (3,), (4,)]


def test_what_is_read_between_has_a_box_of_its_own() -> None:
    found = boxes(drawn("INPUT 8x8x1; CONV 3x3 *2 as x; RELU; ADD( ID | @x ) -> RELU; HEAD side( FC 3 ); TANH"))
    names = [[node.name for node in box.nodes] for box in found]
    assert names == [["input"], ["x"], ["relu1"], ["add1", "relu2"], ["side.fc1"], ["tanh1"]]
    assert found[3].inputs == (2, 1)
    assert [box.outputs for box in found][-2:] == [["side"], ["main"]]


def test_every_layer_is_in_one_box(graph: Graph) -> None:
    assert sorted(n.name for box in boxes(graph) for n in box.nodes) == sorted(n.name for n in graph)


# ---- SVG


def test_svg_is_whole_and_its_text_fits(graph: Graph) -> None:
    root = ElementTree.fromstring(svg.document(graph))
    page = float(root.attrib["width"]), float(root.attrib["height"])
    (group,) = root.findall(f"{SVG}g")
    left, top = map(float, re.findall(r"[\d.]+", group.attrib["transform"]))
    found = boxes(graph)
    frames = [r for r in group.findall(f"{SVG}rect") if not r.attrib["class"].endswith("-edge")]
    assert len(frames) == len(found)
    tips = [p for p in group.findall(f"{SVG}path") if p.attrib["class"] == "tip"]
    assert len(tips) == sum(len(box.inputs) for box in found)
    places = [tuple(float(r.attrib[key]) for key in ("x", "y", "width", "height")) for r in frames]
    for x, y, width, height in places:
        assert left + x + width <= page[0]
        assert top + y + height <= page[1]
    for text in group.findall(f"{SVG}text"):
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        length = WIDEST * len(text.text or "")
        start = x - length if text.attrib.get("class") == "size" else x
        assert any(
            bx <= start and start + length <= bx + width and by + 10 <= y <= by + height - 4
            for bx, by, width, height in places
        )
    for text in root.findall(f"{SVG}text"):
        assert float(text.attrib["x"]) + WIDEST * len(text.text or "") <= page[0]
    shown = "\n".join(root.itertext())
    assert all(box.name in shown and box.size in shown for box in found)
    assert f"{graph.parameter_count:,} parameters" in shown


def test_svg_needs_nothing_from_elsewhere(graph: Graph) -> None:
    text = svg.document(graph).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"http|url\(|<script|<image|@import|href", text)


def test_svg_escapes() -> None:
    graph = Graph('a "b" <c> & d', drawn("INPUT 2x2x1; FC 2").nodes, {"main": "fc1"})
    root = ElementTree.fromstring(svg.document(graph))
    assert root.findall(f"{SVG}text")[0].text == 'a "b" <c> & d'


def test_a_file_may_have_any_name() -> None:
    for name in ("gr\u00fc\u00df", "\x01\x1b[31m", "a\nb", "\udcff"):
        graph = Graph(name, drawn("INPUT 2x2x1; FC 2").nodes, {"main": "fc1"})
        text = svg.document(graph)
        assert text.isascii()
        heading = ElementTree.fromstring(text).findall(f"{SVG}text")[0].text or ""
        assert heading.isprintable()
        assert heading == name or not name.isprintable()


def test_long_names_are_broken() -> None:
    name = "a" * 100
    root = ElementTree.fromstring(svg.document(drawn(f"INPUT 8x8x1; CONV 3x3 *2 as {name}; FC 2 as {'b' * 43}")))
    lines = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert max(map(len, lines)) <= 44
    assert "".join(line.strip() for line in lines).count("a" * 100) == 1


def brightness(colour: str) -> float:
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_letters_and_edges_stand_out() -> None:
    assert LIGHT.keys() == DARK.keys()
    for colours, ink, page in ((LIGHT, "#1f2328", "#ffffff"), (DARK, "#e6edf3", "#0d1117")):
        for ground, edge in colours.values():
            assert contrast(ink, ground) >= 7
            assert contrast(edge, page) >= 3


# ---- Mermaid and Graphviz


def test_mermaid_line_by_line(graph: Graph) -> None:
    head, *lines = mermaid.document(graph).splitlines()
    assert head == "flowchart TD"
    forms = (
        r'  n\d+\["[^"#&;`]*"\]:::[a-z]+',
        r"  n\d+ --> n\d+",
        r"  classDef [a-z]+ fill:#\w{6},stroke:#\w{6},color:#\w{6}",
    )
    assert all(any(re.fullmatch(form, line) for form in forms) for line in lines)
    found = boxes(graph)
    assert sum("[" in line for line in lines) == len(found)
    assert sum("-->" in line and "[" not in line for line in lines) == sum(len(box.inputs) for box in found)


def test_dot_line_by_line(graph: Graph) -> None:
    head, *lines, last = dot.document(graph).splitlines()
    assert (head, last) == (f'digraph "{graph.name}" {{', "}")
    found = boxes(graph)
    assert sum(bool(re.fullmatch(r"  n\d+ -> n\d+", line)) for line in lines) == sum(len(box.inputs) for box in found)
    assert sum(line.startswith("  n") and "label=" in line for line in lines) == len(found)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it() -> None:
    graph = Graph('a "b" \\ {c} <d>', drawn("INPUT 8x8x1; ADD( CONV 3x3 *1 pad 1 | ID )").nodes, {"main": "add1"})
    done = subprocess.run(["dot", "-Tsvg"], input=dot.document(graph), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.count('class="node"') == 3
    assert done.stdout.count('class="edge"') == 3
