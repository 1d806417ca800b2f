"""report.html: whole, by itself, with the figures of the run; and pictures for other tools."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.diagnostics import CnnError
from cnndsl.runs.report.gradients import layers, told

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


def test_the_confusion_is_that_of_the_run(folder: Path) -> None:
    counts = cnndsl.load_run(folder).evaluate().confusion
    text = (folder / "report.html").read_text()
    table = text[text.index('id="confusion"') :].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]
    cells = [[re.sub("<.*?>", "", c) for c in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]
    found = [[0 if c == "·" else int(c) for c in row[-10:]] for row in cells]
    assert found == counts.tolist()


def test_the_filters_are_its_weights(folder: Path) -> None:
    """The pictures are PNG, and the first filter's brightest pixel is where its largest weight is."""
    text = (folder / "report.html").read_text()
    part = text[text.index('id="filters"') :].split("</section>")[0]
    pictures = [base64.b64decode(p) for p in re.findall(r"base64,([^\"]+)", part)]
    assert len(pictures) == 4
    weights = cnndsl.load_run(folder).model.parameters["conv1.weight"]
    for picture, w in zip(pictures, weights[:, 0], strict=True):
        width, height, depth, colour = struct.unpack(">IIBB", picture[16:26])
        assert (width, height, depth, colour) == (3, 3, 8, 0)
        data = zlib.decompress(picture[picture.index(b"IDAT") + 4 : picture.index(b"IEND") - 8])
        pixels = np.frombuffer(data, np.uint8).reshape(3, 4)[:, 1:]
        at = np.unravel_index(np.abs(w).argmax(), w.shape)
        assert pixels[at] in (0, 1, 254, 255)  # the largest is all black or all white
        assert np.corrcoef(pixels.reshape(-1), w.reshape(-1))[0, 1] > 0.99


@pytest.mark.parametrize("name", ['<img src=x onerror="alert(1)">', "a&b</style><script>", "'\"><b>"])
def test_hostile_names_are_text(tmp_path: Path, name: str) -> None:
    text = f"{SMALL % 'limit'}".replace("limit", "batch 50") + f"# {name}\n"
    network = cnndsl.loads(text, name=name.replace("/", "-"))
    cnndsl.train(network, out=tmp_path / "run")
    cnndsl.load_run(tmp_path / "run").report()
    found = page(tmp_path / "run")
    assert "onerror" not in {n for n, _ in found.attributes}
    assert name.replace("/", "-").split(">")[0][:4] in found.text


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """Data that are gone, no validation, no metrics, no run.json."""
    rng = np.random.default_rng(0)
    arrays = {"x": rng.integers(0, 256, (40, 4, 4), np.uint8), "y": np.arange(40) % 3}
    np.savez(tmp_path / "d.npz", **{f"{n}_{p}": a for n, a in arrays.items() for p in ("train", "test")})
    text = 'INPUT 4x4x1\nFC 3\ntrain { data npz "d.npz"; split 1; epochs 2 }'
    cnndsl.train(cnndsl.loads(text, base=tmp_path), out=tmp_path / "run")
    cnndsl.load_run(tmp_path / "run").report()
    assert "validation" not in page(tmp_path / "run").said.split("Training figures")[0]
    (tmp_path / "d.npz").unlink()
    cnndsl.load_run(tmp_path / "run").report()
    assert "is not shown: " in page(tmp_path / "run").said
    (tmp_path / "run" / "metrics.jsonl").unlink()
    (tmp_path / "run" / "run.json").unlink()
    cnndsl.load_run(tmp_path / "run").report()
    assert "FC 3" in page(tmp_path / "run").said


@pytest.mark.parametrize(
    "text",
    [
        "INPUT 8x8x1\nHEAD digit( FC 10 )\ntrain { data digits; epochs 1 }",
        "INPUT 8x8x1\nCONV 3x3 *4\nHEAD aux( FC 10 )\nFC 10\ntrain { data digits; epochs 1; loss mse; loss aux bce }",
        "INPUT 6x6x3\nCONV 5x5 *7 tanh\nFC 30\ntrain { data random 6x6x3 classes 30 count 90; epochs 1 }",
        "INPUT 4x4x5\nDWCONV 3x3\nFC 4\nSOFTMAX\ntrain { data random 4x4x5 classes 4 count 30; steps 2 }",
    ],
)
def test_networks_of_all_kinds(tmp_path: Path, text: str) -> None:
    cnndsl.train(text, out=tmp_path / "run")
    cnndsl.load_run(tmp_path / "run").report()
    assert "report" in page(tmp_path / "run").said


@pytest.mark.parametrize(("activation", "starves"), [("sigmoid", True), ("relu", False)])
def test_a_deep_sigmoid_network_starves(tmp_path: Path, activation: str, starves: bool) -> None:
    """Eight layers: the derivative of a sigmoid is 1/4 at most, so that of seven in a row next to nothing is left."""
    deep = "; ".join([f"FC 30 {activation}"] * 8)
    text = f"INPUT 8x8x1\n{deep}; FC 10\ntrain {{ data digits; epochs 2; optimizer sgd lr 0.05 }}"
    cnndsl.train(text, out=tmp_path / "run")
    run = cnndsl.load_run(tmp_path / "run")
    norms = run.history[-1]["gradient_norms"]
    ratio = norms["fc9.weight"] / norms["fc1.weight"]
    assert (ratio > 1000) == starves
    assert (ratio < 20) == (not starves)
    good, said = told(layers(run.model.graph, run.history))
    assert good == (not starves)
    assert said.startswith(
        "The gradient vanishes on its way back" if starves else "The gradient reaches the first layer"
    )
    run.report()
    assert said in page(tmp_path / "run").said


def test_active_units_are_counted(folder: Path) -> None:
    """Of the first 256 test digits, the share of conv1's outputs that are above zero."""
    run = cnndsl.load_run(folder)
    from cnndsl.data.samples import prepare

    samples = prepare(run.data(), split=0.9, normalize=run.recipe.normalize, seed=1).test
    x = next(samples.in_order(256)).x
    w, b = run.model.parameters["conv1.weight"], run.model.parameters["conv1.bias"]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x[:, 0], ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
    y = np.einsum("nhwij,kij->nkhw", windows, w[:, 0]) + b[:, None, None]
    assert f"{(y > 0).mean():.1%}" in page(folder).said.split("Active units")[-1]


def test_a_report_that_fails_fails_no_training(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "small.cnn").write_text(SMALL % "batch 64")
    monkeypatch.setattr("cnndsl.runs.report.page", lambda _: 1 / 0)
    assert main(["run", str(tmp_path / "small.cnn"), "--out", str(tmp_path / "run")]) == 0
    assert "warning: the report could not be written" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "small.cnn"), "--out", str(tmp_path / "two"), "--no-report"]) == 0
    assert not (tmp_path / "two" / "report.html").exists()
    assert "warning" not in capsys.readouterr().err


def test_the_command(folder: Path, tmp_path: Path, capsys) -> None:
    assert main(["report", str(folder), "--out", str(tmp_path / "r.html")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'r.html'}\n"
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(folder), "--out", str(tmp_path / "no" / "r.html")]) == 5


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
