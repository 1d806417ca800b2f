"""The networks that come with the package: figures equal to the published ones, to the unit; and they run."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import Any

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.resources import folder

MODELS = folder("models")
NETWORKS = sorted(path.stem for path in MODELS.glob("*.cnn") if path.stem != "pattern")
FILES = sorted(path.relative_to(MODELS).as_posix() for path in MODELS.rglob("*.cnn"))

FIGURES = {
    # input, parameters, MACs: as torch and torchvision count the same definitions; the papers agree where they tell
    "lenet5": ([32, 32, 1], 61_706, 416_520),
    "lenet5_relu": ([28, 28, 1], 61_706, 416_520),
    "caffe_lenet": ([28, 28, 1], 431_080, 2_293_000),
    "alexnet": ([227, 227, 3], 60_965_224, 724_406_816),
    "alexnet_one_tower": ([227, 227, 3], 62_378_344, 1_135_256_096),
    "alexnet_torchvision": ([224, 224, 3], 61_100_840, 714_188_480),
    "vgg16": ([224, 224, 3], 138_357_544, 15_470_264_320),
    "vgg19": ([224, 224, 3], 143_667_240, 19_632_062_464),
    "googlenet": ([224, 224, 3], 6_998_552, 1_582_671_872),
    "googlenet_torchvision": ([224, 224, 3], 6_624_904, 1_498_376_192),
    "resnet18": ([224, 224, 3], 11_689_512, 1_814_073_344),
    "resnet34": ([224, 224, 3], 21_797_672, 3_663_761_408),
    "resnet50": ([224, 224, 3], 25_557_032, 4_089_184_256),
    "resnet101": ([224, 224, 3], 44_549_160, 7_801_405_440),
    "resnet152": ([224, 224, 3], 60_192_808, 11_513_626_624),
    "resnet50_paper": ([224, 224, 3], 25_557_032, 3_857_973_248),
    "resnet101_paper": ([224, 224, 3], 44_549_160, 7_570_194_432),
    "resnet152_paper": ([224, 224, 3], 60_192_808, 11_282_415_616),
    "resnet20_cifar": ([32, 32, 3], 269_722, 40_551_040),
    "alphago": ([19, 19, 48], 3_882_793, 1_400_726_208),
    "alphago_zero": ([19, 19, 17], 22_827_877, 8_105_976_564),
    "mobilenet_v1": ([224, 224, 3], 4_231_976, 568_740_352),
    "mobilenet_v2": ([224, 224, 3], 3_504_872, 300_774_272),
    "squeezenet": ([224, 224, 3], 1_248_424, 818_924_576),
    "densenet121": ([224, 224, 3], 7_978_856, 2_834_161_664),
    # resnet18 with 3*9*64 for 3*49*64 in the stem and 10 classes for 1,000; the blocks' MACs times (32/56)**2
    "resnet18_cifar": ([32, 32, 3], 11_173_962, 555_422_720),
    # 896 + 9248 + 18496 + 36928 + 73856 + 147584 + 262272 + 1290
    # with BN 4*(32 + 64 + 128) more, and 2*(32 + 64 + 128) biases less
    "vgg_small": ([32, 32, 3], 550_570, 38_896_896),
    "vgg_small_bn": ([32, 32, 3], 551_018, 38_896_896),
    # (3*3*3+1)*2 + (2*2*2+1)*10; 4*4*2*27 + 80
    "card": ([7, 7, 3], 146, 944),
    # (25+1)*3 + (27+1)*5 + (125+1)*50 + 51*10; 24*24*3*25 + 10*10*5*27 + 6250 + 500
    "figure": ([28, 28, 1], 7_028, 63_450),
    # 240 + (9*24+1)*48 + (4*4*48+1)*64 + 650; 64*9*24 + 64*216*48 + 768*64 + 640
    "digits": ([8, 8, 1], 60_522, 727_168),
    # 144 + 32 + 4*(2304 + 32) + 170; 64*144 + 4*64*2304 + 160
    "digits_residual": ([8, 8, 1], 9_690, 599_200),
}

OUTPUTS = {"alphago": {"main": [361]}, "alphago_zero": {"policy": [362], "value": [1]}}
"""Those that do not classify."""

INCEPTIONS = {
    # parameters, depth
    "i3a": (163_696, 256),
    "i3b": (388_736, 480),
    "i4a": (376_176, 512),
    "i4b": (449_160, 512),
    "i4c": (510_104, 512),
    "i4d": (605_376, 528),
    "i4e": (868_352, 832),
    "i5a": (1_043_456, 832),
    "i5b": (1_444_080, 1024),
}

FIELDS = [
    # receptive field and jump, before any global pooling or FC
    ("lenet5", "conv2", 14, 2),
    ("lenet5", "pool2", 16, 4),
    ("alexnet", "conv5", 163, 16),
    ("alexnet", "pool3", 195, 32),
    ("vgg16", "pool5", 212, 32),
    ("resnet18", "basic5.relu2", 435, 32),
    ("resnet34", "basic13.relu2", 899, 32),
    ("resnet50_paper", "bottleneck12.relu3", 483, 32),
    ("resnet101_paper", "bottleneck29.relu3", 1027, 32),
    ("resnet152_paper", "bottleneck46.relu3", 1507, 32),
    ("resnet50", "bottleneck12.relu3", 427, 32),
    ("resnet101", "bottleneck29.relu3", 971, 32),
    ("resnet152", "bottleneck46.relu3", 1451, 32),
    ("mobilenet_v1", "separable13.relu2", 315, 32),
    ("googlenet", "i5b.concat1", 715, 32),
    ("alphago", "conv13", 27, 1),
    ("alphago_zero", "residual19.relu2", 79, 1),
]

SMALLER = {
    # of each family one, at an input small enough for a test
    "googlenet": "64x64x3",
    "resnet50": "32x32x3",
    "resnet20_cifar": "32x32x3",
    "mobilenet_v1": "32x32x3",
    "mobilenet_v2": "32x32x3",
    "densenet121": "32x32x3",
    "squeezenet": "32x32x3",
    "alphago": "19x19x48",
    "alphago_zero": "19x19x17",
}


@cache
def shown(name: str) -> dict[str, Any]:
    with redirect_stdout(StringIO()) as out:
        assert main(["show", "--format", "json", str(MODELS / f"{name}.cnn")]) == 0
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def smaller(name: str, size: str) -> cnndsl.Network:
    """The network with another input size."""
    path = MODELS / f"{name}.cnn"
    written = "x".join(map(str, FIGURES[name][0]))
    text = path.read_text(encoding="utf-8")
    return cnndsl.loads(text.replace(f"INPUT {written}\n", f"INPUT {size}\n"), name=name, base=path.parent)


@pytest.mark.parametrize("name", NETWORKS)
def test_figures(name: str) -> None:
    found = shown(name)
    totals = found["totals"]
    assert (found["input"], totals["parameters"], totals["macs"]) == FIGURES[name]
    classes = 1000 if found["input"][0] > 32 else 10
    assert found["outputs"] == OUTPUTS.get(name, {"main": [classes]})


def test_lenet5_layer_by_layer() -> None:
    layers = shown("lenet5")["layers"]
    assert [row["parameters"] for row in layers if row["parameters"]] == [156, 2_416, 48_120, 10_164, 850]
    assert [row["output"][0] for row in layers if row["layer"] in ("CONV", "POOL")] == [28, 14, 10, 5]
    assert layers[0]["arithmetic"] == "(32 - 5 + 2*0)/1 + 1 = 28"
    assert layers[0]["line"] == 3


def test_alexnet_map_by_map() -> None:
    rows = [row for row in shown("alexnet")["layers"] if row["layer"] in ("CONV", "POOL")]
    assert [row["output"][0] for row in rows] == [55, 27, 27, 13, 13, 13, 13, 6]


def test_alexnet_does_not_fit_the_224_of_its_paper() -> None:
    with pytest.raises(cnndsl.CnnError) as caught:
        smaller("alexnet", "224x224x3")
    (found,) = caught.value.diagnostics
    assert found.code == "E301"
    assert "(224 - 11 + 2*0)/4 + 1 = 54.25" in found.notes[0]


@pytest.mark.parametrize("module", INCEPTIONS)
def test_inception_modules(module: str) -> None:
    rows = [row for row in shown("googlenet")["layers"] if row["name"].startswith(f"{module}.")]
    assert (sum(row["parameters"] for row in rows), rows[-1]["output"][2]) == INCEPTIONS[module]


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_where_the_stride_stands_changes_no_parameter(depth: int) -> None:
    paper, torchvision = (cnndsl.load(MODELS / f"resnet{depth}{kind}.cnn").graph for kind in ("_paper", ""))
    assert {n: p.shape for n, p in paper.params.items()} == {n: p.shape for n, p in torchvision.params.items()}


@pytest.mark.parametrize(("name", "layer", "field", "jump"), FIELDS)
def test_receptive_fields(name: str, layer: str, field: int, jump: int) -> None:
    (row,) = [row for row in shown(name)["layers"] if row["name"] == layer]
    assert (row["receptive_field"], row["jump"]) == ([field, field], jump)


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_clean(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = MODELS / file
    main(["check", "--format", "json", str(path)])
    found = [diagnostic["code"] for diagnostic in json.loads(capsys.readouterr().out)]
    assert [code for code in found if code != "W602"] == [], "but for data sets that are not on this machine"
    assert main(["fmt", "--check", str(path)]) == 0
    assert path.read_text(encoding="utf-8").startswith("#"), "says where it comes from"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_one(name: str) -> None:
    assert not cnndsl.load(MODELS / f"{name}.cnn").pattern


@pytest.mark.parametrize("name", SMALLER)
def test_whole_networks_run(name: str) -> None:
    network = smaller(name, SMALLER[name])
    model = cnndsl.compile(network, backend="vectorized", seed=1)
    x = np.random.default_rng(0).standard_normal((2, *network.input.shape), dtype=np.float32)
    outputs = model.forward(x).outputs
    assert {at: list(y.shape) for at, y in outputs.items()} == {
        at: [2, *size] for at, size in shown(name)["outputs"].items()
    }
    assert all(np.isfinite(y).all() for y in outputs.values())


@pytest.mark.parametrize(
    ("name", "size"), [("digits_residual", "8x8x1"), ("resnet20_cifar", "32x32x3"), ("googlenet", "64x64x3")]
)
def test_gradients_reach_every_parameter(name: str, size: str) -> None:
    network = smaller(name, size)
    model = cnndsl.compile(network, backend="vectorized", seed=1)
    rng = np.random.default_rng(0)
    step = model.forward(rng.standard_normal((4, *network.input.shape), dtype=np.float32), training=True)
    found = model.backward(step, rng.standard_normal(step.output.shape, dtype=np.float32)).params
    assert set(found) == set(model.parameters)
    assert all(np.isfinite(g).all() for g in found.values())
    assert [name for name, g in found.items() if not g.any()] == []
