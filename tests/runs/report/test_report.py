"""report.html: one file that needs nothing else, with the figures of the run."""

from __future__ import annotations

import json
import math
import re
import shutil
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zlib import decompress

import numpy as np
import pytest
from scipy.signal import correlate2d

import cnndsl
from cnndsl.cli.main import main
from cnndsl.data.dataset import Dataset, Part
from cnndsl.runs.report import write_report
from cnndsl.runs.report.charts import linear
from cnndsl.runs.report.page import page
from cnndsl.runs.saved import Run

TRAIN = "train {{ data digits; normalize none; epochs {epochs}; batch 32; seed 1; optimizer sgd lr {lr} momentum 0.9 }}"
PROGRAM = f"""# small
INPUT 8x8x1
CONV 3x3 *6 pad 1 relu
POOL max 2
FC 16 relu
DROPOUT 0.2
FC 10
{TRAIN.format(epochs=3, lr=0.05)}
"""
VOID = {"meta", "img", "line", "path", "circle", "rect", "polyline"}


class Page(HTMLParser):
    """A page read strictly: what opens closes, in order, and nothing comes from elsewhere."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open
        assert len(self.ids) == len(set(self.ids))
        assert {link.removeprefix("#") for link in self.links} <= set(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "form", "use"), tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert "url(" not in (value or "")
            assert "http:" not in (value or "")
            assert "https:" not in (value or "")
            if name in ("src", "srcset", "data", "action", "xlink:href"):
                assert (value or "").startswith("data:image/"), value
            if name == "href":
                assert (value or "").startswith("#")
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag == "img":
            self.images.append(dict(attrs))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())

    def row(self, *begins: str) -> list[str]:
        """The one row that begins so."""
        (found,) = [row for row in self.rows if row[: len(begins)] == list(begins)]
        return found


def trained(text: str, folder: Path, name: str = "net") -> Run:
    cnndsl.train(cnndsl.loads(text, name=name), out=folder)
    return cnndsl.load_run(folder)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(PROGRAM, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def shown(run: Run) -> Page:
    path = run.report()
    assert path == run.folder / "report.html"
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """The test part by its own file: pixels from 0 to 1, and labels."""
    with np.load(Path(cnndsl.__file__).parent / "data/files/digits.npz") as members:
        return members["images"][1437:].astype(np.float64) / 16, members["labels"][1437:]


@pytest.fixture(scope="module")
def outputs(run: Run, digits: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
    """The network on the test part, worked out with SciPy and NumPy alone."""
    state = {name: array.astype(np.float64) for name, array in run.model.state.items()}
    images, _ = digits
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    maps = np.stack([[correlate2d(x, w[0], "valid") for w in state["conv1.weight"]] for x in padded])
    conv = np.maximum(maps + state["conv1.bias"][:, None, None], 0)
    pooled = conv.reshape(len(conv), 6, 4, 2, 4, 2).max(axis=(3, 5)).reshape(len(conv), -1)
    fc = np.maximum(pooled @ state["fc1.weight"].T + state["fc1.bias"], 0)
    return {"conv1": conv, "fc1": fc, "main": fc @ state["fc2.weight"].T + state["fc2.bias"]}


def test_the_verdict_is_that_of_the_run(run: Run, shown: Page) -> None:
    told = json.loads((run.folder / "run.json").read_text())
    assert f"{told['test_accuracy']:.2%}" in shown.text
    assert f"test accuracy, {told['test_right']} of 360 right" in shown.text
    assert f"{told['test_loss']:.4f}" in shown.text
    assert "Finished after 3 epochs." in shown.said
    assert f"cnndsl {told['cnndsl']}" in shown.said
    assert "seed 1" in shown.said
    assert "backend vectorized" in shown.said
    assert str(run.folder.parent) not in shown.said  # nothing of the machine


def test_the_network_with_its_arithmetic(shown: Page) -> None:
    row = shown.row("conv1", "CONV 3x3 *6 pad 1")  # 6*(3*3 + 1) parameters, 8*8*6*9 products
    assert row[2:6] == ["8x8x6", "(8 - 3 + 2*1)/1 + 1 = 8", "60", "3,456"]
    assert shown.row("fc1", "FC 16")[2:6] == ["16", "4*4*6 = 96", "1,552", "1,536"]
    assert shown.row("total")[4:6] == [f"{60 + 1552 + 170:,}", f"{3456 + 1536 + 160:,}"]
    assert "# small" in shown.said


def test_the_curves_have_every_epoch(run: Run, shown: Page) -> None:
    lines = lines_of(run.folder)
    for line in lines[:3]:
        shown.row(str(line["epoch"]) + (" (best)" if _best(lines) == line["epoch"] else ""), f"{line['loss']:.4f}")
        assert any(f"{line['validation_accuracy']:.2%}" in row for row in shown.rows)


def _best(lines: list[dict[str, Any]]) -> Any:
    return [line["epoch"] for line in lines if line.get("best")][-1]


def test_the_confusion_is_counted_right(
    shown: Page, digits: tuple[np.ndarray, np.ndarray], outputs: dict[str, np.ndarray]
) -> None:
    taken, labels = outputs["main"].argmax(axis=1), digits[1]
    counts = np.zeros((10, 10), int)
    for label, choice in zip(labels, taken, strict=True):
        counts[label, choice] += 1
    at = shown.rows.index(["class", *map(str, range(10))])
    for label, row in enumerate(shown.rows[at + 1 : at + 11]):
        assert row == [str(label), *(str(n) if n else "·" for n in counts[label])]
    for label, row in enumerate(shown.rows[at + 12 : at + 22]):
        right = counts[label, label]
        taken = counts[:, label].sum()
        found, sure = f"{right / counts[label].sum():.1%}", f"{right / taken:.1%}" if taken else ""
        assert row[:5] == [str(label), str(counts[label].sum()), str(right), found, sure]


def test_the_worst_mistakes_have_the_highest_loss(
    shown: Page, digits: tuple[np.ndarray, np.ndarray], outputs: dict[str, np.ndarray]
) -> None:
    x, labels = outputs["main"], digits[1]
    shares = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    losses = -np.log(shares[np.arange(len(x)), labels])
    wrong = np.flatnonzero(x.argmax(axis=1) != labels)
    assert len(wrong) > 2  # three epochs leave some
    worst = wrong[np.argsort(-losses[wrong])][:3]
    named = [int(n) for n in re.findall(r"loss [0-9.e+-]+, image (\d+)", shown.said)]
    assert named[:3] == worst.tolist()
    first, choice = worst[0], x[worst[0]].argmax()
    assert f"{labels[first]}, taken for {choice} {shares[first, choice]:.1%} for {choice}" in shown.said
    tile = next(image for image in shown.images if image["alt"] == f"test image {first}" and image["width"] == "112")
    np.testing.assert_array_equal(pixels(tile), np.rint(digits[0][first] * 255))


def test_the_share_of_active_units(shown: Page, outputs: dict[str, np.ndarray]) -> None:
    for name in ("conv1", "fc1"):
        y = outputs[name][:256]
        silent = int((y.max(axis=(0, *range(2, y.ndim))) <= 0).sum())
        assert shown.row(name, "RELU")[2:] == [f"{(y > 0).mean():.1%}", f"{silent} of {y.shape[1]}"]


def test_filters_and_maps_are_images(run: Run, shown: Page, outputs: dict[str, np.ndarray]) -> None:
    weights = run.model.state["conv1.weight"].astype(np.float64)
    tile = next(image for image in shown.images if image["alt"] == "filter 2")
    np.testing.assert_array_equal(pixels(tile), np.rint((weights[2, 0] / np.abs(weights[2]).max() + 1) / 2 * 255))
    maps = outputs["conv1"][0]
    drawn = pixels(next(image for image in shown.images if image["alt"] == "conv1, 6 maps"))
    assert drawn.shape == (8, 6 * 8 + 5)
    expected = (maps - maps.min()) / (maps.max() - maps.min()) * 255
    np.testing.assert_allclose(drawn[:, :8], expected[0], atol=0.51)
    np.testing.assert_allclose(drawn[:, 45:], expected[5], atol=0.51)
    assert "6 of 6 maps 8x8" in shown.said


def pixels(image: dict[str, str | None]) -> np.ndarray:
    """A grey image's pixels, read back chunk by chunk."""
    data = b64decode((image["src"] or "").removeprefix("data:image/png;base64,"))
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    size = int.from_bytes(data[33:37], "big")
    rows = np.frombuffer(decompress(data[41 : 41 + size]), np.uint8).reshape(height, width + 1)
    return rows[:, 1:].astype(np.float64)


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """The same nine layers with SIGMOID and with RELU."""
    folder = tmp_path_factory.mktemp("deep")
    text = "INPUT 8x8x1\n{layers}\nFC 10\n" + TRAIN.format(epochs=2, lr=0.05)
    return {
        name: trained(text.replace("{layers}", "\n".join([f"FC 32 {name}"] * 8)), folder / name)
        for name in ("sigmoid", "relu")
    }


def test_a_deep_sigmoid_network_starves_and_one_of_relu_does_not(deep: dict[str, Run]) -> None:
    ratios, said = {}, {}
    for name, run in deep.items():
        norms = [line.get("gradient_norms") for line in lines_of(run.folder)]
        first, last = (np.median([n[f"{layer}.weight"] for n in norms if n]) for layer in ("fc1", "fc9"))
        ratios[name] = first / last
        said[name] = Page(page(run)).said
        assert f"its length is at fc1.weight {first:.3g}, of fc9.weight {last:.3g}" in said[name]
    assert ratios["sigmoid"] < 1e-3
    assert 0.1 < ratios["relu"] < 10
    much = re.search(r"The gradient vanishes on its way back: .*?, ([0-9,]+) times shorter", said["sigmoid"])
    assert much is not None
    assert int(much[1].replace(",", "")) == pytest.approx(1 / ratios["sigmoid"], rel=1e-3)
    assert "The gradient reaches the first layer" in said["relu"]
    assert "vanishes" not in said["relu"]


HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def test_no_name_and_no_text_becomes_markup(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "run")
    (tmp_path / "run/program.cnn").write_text(f"# {HOSTILE}\n{PROGRAM}")
    about = json.loads((tmp_path / "run/run.json").read_text())
    about |= {"network": HOSTILE.replace("/", ""), "backend": HOSTILE, "cnndsl": HOSTILE, "seed": HOSTILE}
    about |= {"status": "stopped", "reason": [HOSTILE], "borrowed": [HOSTILE], "training": HOSTILE}
    (tmp_path / "run/run.json").write_text(json.dumps(about))
    lines = lines_of(tmp_path / "run")
    lines[0] |= {"heads": {HOSTILE: {"loss": 1.0}}, "lr": HOSTILE, "validation_loss": [HOSTILE]}
    (tmp_path / "run/metrics.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = cnndsl.load_run(tmp_path / "run")
    named = replace(found.data(), names=tuple(f"{HOSTILE}{n}" for n in range(10)))
    text = page(replace(found, data=lambda: named))
    said = Page(text).said
    assert said.count("<script>alert(1)</script>") > 20
    assert "<script" not in text
    assert "<img src=x" not in text


def test_what_is_not_there_is_told_and_the_rest_is_shown(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "run")
    for name in ("run.json", "metrics.jsonl"):
        (tmp_path / "run" / name).unlink()
    program = PROGRAM.replace("data digits", 'data npz "gone.npz"')
    (tmp_path / "run/program.cnn").write_text(program)
    shown = Page(write_report(cnndsl.load_run(tmp_path / "run")).read_text(encoding="utf-8"))
    assert "How it ended is not known" in shown.said
    assert "No epoch came to its end" in shown.said
    assert "have no lengths of gradients" in shown.said
    assert "What the weights do on the test part is not shown:" in shown.said
    assert "gone.npz" in shown.said
    assert any(image["alt"] == "filter 2" for image in shown.images)
    assert shown.row("total")


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"status": "interrupted"}, "Interrupted after 3 epochs."),
        ({"status": "stopped", "reason": ["training stopped: the loss is nan"]}, "the loss is nan"),
        ({"status": "running"}, "it runs still, or was cut off after 3 epochs"),
        ({"status": "finished", "ending": "patience"}, "validation had not become better"),
    ],
)
def test_how_it_ended(run: Run, about: dict[str, object], says: str) -> None:
    assert says in Page(page(replace(run, about=about))).said


def test_a_learning_rate_that_stays_is_told_and_one_that_changes_is_drawn(run: Run) -> None:
    shown = Page(page(run))
    assert "The learning rate was 0.05 throughout." in shown.said
    assert "Learning rate" not in shown.text
    rates = ({"epoch": 1, "loss": 1.0, "lr": 0.1}, {"epoch": 2, "loss": 0.5, "lr": 0.05})
    shown = Page(page(replace(run, history=rates)))
    assert "Learning rate" in shown.text
    assert "throughout" not in shown.said


def test_the_end_of_a_cosine_does_not_hide_the_rest(run: Run) -> None:
    """Half a wave from 0.1 to next to nothing is drawn as it is; one thousandth from the first epoch on by powers."""
    for rates, ticks in ((cos_of(3), "0.02"), (cos_of(40), "0.02"), ([0.1, *[1e-5] * 9], "1e-5")):
        history = tuple({"epoch": n, "loss": 1.0, "lr": lr} for n, lr in enumerate(rates, 1))
        assert ticks in Page(page(replace(run, history=history))).said.split()


def cos_of(count: int) -> list[float]:
    return [0.05 * (1 + math.cos(math.pi * n / count)) + 1e-9 for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("low", "high", "percent", "ticks"),
    [
        (0.085, 0.1, True, ["8.50 %", "8.75 %", "9.00 %", "9.25 %", "9.50 %", "9.75 %", "10.00 %"]),
        (0.0, 1.0, True, ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        (0.5, 2.3, False, ["0.5", "1.0", "1.5", "2.0", "2.5"]),
        (0.0, 1234.0, False, ["0", "250", "500", "750", "1000", "1250"]),
    ],
)
def test_ticks_are_round_and_stand_at_what_they_say(low: float, high: float, percent: bool, ticks: list[str]) -> None:
    axis = linear(low, high, percent=percent)
    assert [said for _, said in axis.ticks] == ticks
    for value, said in axis.ticks:
        assert float(said.removesuffix(" %")) / (100 if percent else 1) == pytest.approx(value)
    assert axis.low <= low
    assert axis.high >= high


def test_hundreds_of_epochs(run: Run) -> None:
    history = tuple(
        {"epoch": n, "loss": 1 / n, "accuracy": 1 - 1 / n, "lr": 0.1, "best": n == 77} for n in range(1, 501)
    )
    text = page(replace(run, history=history))
    shown = Page(text)
    assert "of 500 epochs" in shown.said
    assert len(shown.rows) < 200
    assert any(row[0] == "77 (best)" for row in shown.rows)
    assert len(text) < 400_000


def dataset(classes: int, size: tuple[int, int, int], count: int = 300) -> Dataset:
    random = np.random.default_rng(0)
    height, width, depth = size
    images = random.integers(0, 256, (count, depth, height, width)).astype(np.uint8)
    part = Part(images, np.arange(count) % classes)
    return Dataset(name="made", train=part, test=part, classes=classes, pixel_max=255)


def untrained(text: str, folder: Path, found: Dataset) -> Run:
    """A run of a network as it starts."""
    from cnndsl.state import weights

    folder.mkdir()
    network = cnndsl.loads(text)
    (folder / "program.cnn").write_text(network.text)
    weights.save(folder / "weights.safetensors", cnndsl.compile(network).state, network="net", program=network.text)
    return replace(cnndsl.load_run(folder), data=lambda: found)


def test_a_thousand_classes_show_the_worst(tmp_path: Path) -> None:
    run = untrained(
        "INPUT 4x4x3; CONV 3x3 *2 pad 1 tanh; FC 1000; train { data random 4x4x3 classes 1000 count 9 }",
        tmp_path / "run",
        dataset(1000, (4, 4, 3), 2000),
    )
    shown = Page(page(run))
    assert "The 20 classes of 1,000 with the most mistakes" in shown.said
    (head,) = [row for row in shown.rows if row[0] == "class" and row[-1] == "other"]
    assert len(head) == 22
    colour = next(image for image in shown.images if image["alt"] == "filter 0")
    assert b64decode((colour["src"] or "").partition(",")[2])[25] == 2  # red, green, blue


@pytest.mark.parametrize(
    ("text", "size", "says"),
    [
        ("INPUT 1x1x6; FC 4 relu; FC 3; train { data random 1x1x6 classes 3 count 9 }", (1, 1, 6), "sees no maps"),
        ("INPUT 6x6x5; CONV 3x3 *4 relu; FC 3", (6, 6, 5), "its 5 channels"),
        ("INPUT 6x6x1; FC 3", (6, 6, 1), "no activations"),
        (
            "INPUT 6x6x2; FC 4 sigmoid; HEAD one( FC 3 ); HEAD two( FC 3 ); train { data random 6x6x2 classes 3 "
            "count 9; loss one cross_entropy; loss two mse weight 0.5 }",
            (6, 6, 2),
            "Outputs: one 3",
        ),
    ],
)
def test_networks_of_other_kinds(tmp_path: Path, text: str, size: tuple[int, int, int], says: str) -> None:
    height, width, depth = size
    block = "" if "train" in text else f"; train {{ data random {height}x{width}x{depth} classes 3 count 9 }}"
    run = untrained(text + block, tmp_path / "run", dataset(3, size))
    shown = Page(page(run))
    assert says in shown.said
    assert "Confusion" in shown.said


def test_a_hundred_layers(tmp_path: Path) -> None:
    run = untrained(
        f"INPUT 6x6x1; {'CONV 3x3 *2 pad 1 relu; ' * 50} FC 3; train {{ data random 6x6x1 classes 3 count 9 }}",
        tmp_path / "run",
        dataset(3, (6, 6, 1)),
    )
    names = {name: 10.0**-at for at, name in enumerate(n for n in run.model.parameters if "weight" in n)}
    shown = Page(page(replace(run, history=({"epoch": 1, "loss": 1.0, "gradient_norms": names},))))
    assert "Behind 16 of 50 convolutions" in shown.said
    assert "The gradient grows on its way back" in shown.said


def test_the_command(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run.folder), "--out", str(tmp_path / "page.html")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'page.html'}\n"
    assert Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(run.folder), "--out", str(tmp_path / "none" / "page.html")]) == 5
    assert "Traceback" not in capsys.readouterr().err
