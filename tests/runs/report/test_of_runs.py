"""The report that `cnndsl run` leaves, and what is made of a run for other tools."""

from __future__ import annotations

import json
import struct
from html.parser import HTMLParser
from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.diagnostics import CnnError

VOID = {"meta", "br", "img", "hr", "link", "input"}
NETWORK = "INPUT 8x8x1\nCONV 3x3 *4 pad 1 relu\nPOOL max 2\nFC 10\n"
SMALL = NETWORK + "train { data digits; epochs 3; optimizer adam lr 0.01; %s }\n"


class Page(HTMLParser):
    """Every tag is closed where it should be; attributes, text, and names of sections are kept."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f" {data} "

    @property
    def said(self) -> str:
        return " ".join(self.text.split())


def page(folder: Path) -> Page:
    found = Page((folder / "report.html").read_text(encoding="utf-8"))
    assert not {"script", "iframe", "link", "object"} & set(found.tags)
    for name, value in found.attributes:
        if name in ("src", "href"):
            assert value.startswith(("data:image/png;base64,", "data:image/svg+xml;base64,", "#")), value[:40]
        assert not name.startswith("on"), name
    anchors = [value[1:] for name, value in found.attributes if name == "href"]
    assert set(anchors) <= {value for name, value in found.attributes if name == "id"}
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    (place / "small.cnn").write_text(SMALL % "seed 1")
    assert main(["run", str(place / "small.cnn"), "--out", str(place / "run")]) == 0
    return place / "run"


def test_the_run_leaves_it(folder: Path) -> None:
    about = json.loads((folder / "run.json").read_text())
    found = page(folder)
    said = found.said
    assert f"{about['test_accuracy']:.2%}" in said
    assert f"{about['test_right']} of 360" in said
    assert "Finished after 3 epochs" in said
    for part in ("Curves", "Confusion", "Gradients", "Network", "First-layer filters", "Feature maps", "Active units"):
        assert part in said
    assert "(8 - 3 + 2*1)/1 + 1 = 8" in said
    assert "CONV3x3*4pad1relu" in "".join(found.text.split())  # the program, in colours
    assert cnndsl.__version__ in said
    assert found.tags.count("svg") >= 4


def test_a_report_that_fails_fails_no_training(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "small.cnn").write_text(SMALL % "batch 64")
    monkeypatch.setattr("cnndsl.runs.report.page", lambda _: 1 / 0)
    assert main(["run", str(tmp_path / "small.cnn"), "--out", str(tmp_path / "run")]) == 0
    assert "warning: the report could not be written" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "small.cnn"), "--out", str(tmp_path / "two"), "--no-report"]) == 0
    assert not (tmp_path / "two" / "report.html").exists()
    assert "warning" not in capsys.readouterr().err


def test_pictures(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    from cnndsl.runs.plots import plot

    for path in plot(cnndsl.load_run(folder)):
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert path.stat().st_size > 5000


def test_event_files(folder: Path) -> None:
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event

    from cnndsl.runs.tensorboard import write_events

    run = cnndsl.load_run(folder)
    for _ in range(2):  # the second time takes the place of the first
        (path,) = write_events(run).iterdir()
    data, found = path.read_bytes(), {}
    while data:  # length, its checksum, an event, its checksum
        (size,) = struct.unpack("<Q", data[:8])
        for value in Event.FromString(data[12 : 12 + size]).summary.value:
            found.setdefault(value.tag, []).append(value.simple_value)
        data = data[16 + size :]
    for name in ("loss", "validation_accuracy", "lr"):
        assert found[name] == pytest.approx([line[name] for line in run.history], rel=1e-6)
    norms = [line["gradient_norms"]["fc1.weight"] for line in run.history]
    assert found["gradient_norms/fc1.weight"] == pytest.approx(norms, rel=1e-6)


@pytest.mark.parametrize(("flag", "package"), [("--plot", "matplotlib"), ("--tensorboard", "tensorboardX")])
def test_packages_that_are_not_there(folder: Path, flag: str, package: str, monkeypatch, capsys) -> None:
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr("cnndsl.extras.import_module", missing)
    assert main(["report", str(folder), flag]) == CnnError(cnndsl.Diagnostic("E813", "")).exit_code
    assert f"needs {package}" in capsys.readouterr().err
