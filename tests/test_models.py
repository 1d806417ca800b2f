"""The networks that come with the package: figures equal to the published ones, to the unit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.main import main

FIGURES = {
    # parameters and MACs: LeCun 1998 with every map connected, Simonyan 2014, He 2015, as torch and torchvision count
    "lenet5": ([32, 32, 1], 61_706, 416_520),
    "vgg16": ([224, 224, 3], 138_357_544, 15_470_264_320),
    "resnet18": ([224, 224, 3], 11_689_512, 1_814_073_344),
    # (3*3*3+1)*2 + (2*2*2+1)*10; 4*4*2*27 + 80
    "card": ([7, 7, 3], 146, 944),
    # (25+1)*3 + (27+1)*5 + (125+1)*50 + 51*10; 24*24*3*25 + 10*10*5*27 + 6250 + 500
    "figure": ([28, 28, 1], 7_028, 63_450),
    # 144 + 32 + 4*(2304 + 32) + 170; 64*144 + 4*64*2304 + 160
    "digits_residual": ([8, 8, 1], 9_690, 599_200),
}


def shown(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert main(["show", "--format", "json", str(path)]) == 0
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", FIGURES)
def test_figures(name: str, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size, parameters, macs = FIGURES[name]
    found = shown(models / f"{name}.cnn", capsys)
    assert found["input"] == size
    totals = found["totals"]
    assert isinstance(totals, dict)
    assert (totals["parameters"], totals["macs"]) == (parameters, macs)


def test_lenet5_layer_by_layer(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = shown(models / "lenet5.cnn", capsys)["layers"]
    assert isinstance(layers, list)
    assert [row["parameters"] for row in layers if row["parameters"]] == [156, 2_416, 48_120, 10_164, 850]
    assert [row["output"][0] for row in layers if row["layer"] in ("CONV", "POOL")] == [28, 14, 10, 5]
    assert layers[0]["arithmetic"] == "(32 - 5 + 2*0)/1 + 1 = 28"
    assert layers[0]["line"] == 3


def test_every_model_is_checked(models: Path) -> None:
    for path in models.glob("*.cnn"):
        text = path.read_text(encoding="utf-8")
        assert cnndsl.check(text) == [], path.name
        assert text.startswith("#"), f"{path.name} says where it comes from"
