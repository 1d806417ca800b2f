"""What `cnndsl show` prints: figures counted by hand, the JSON form against its schema, files with mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cnndsl.cli.main import main
from cnndsl.resources import folder

Shown = Callable[..., tuple[int, str, str]]
SCHEMA = json.loads((folder("grammars") / "show.schema.json").read_text(encoding="utf-8"))
MODELS = sorted(p.stem for p in folder("models").glob("*.cnn") if p.stem != "pattern")
WRONG = """INPUT 32x32x3
CONV 5x5 *6 pad 2 relu
CONV 3x3x6 *2 stride 2 pad 1
POOL maks 2
FC 10
"""


@pytest.fixture
def show(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, models: Path) -> Shown:
    """Shows a text, or a model by its name; gives the exit code and what was printed and said."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(text: str, *arguments: str) -> tuple[int, str, str]:
        path = tmp_path / "net.cnn"
        if text.isidentifier():
            path = models / f"{text}.cnn"
        else:
            path.write_text(text, encoding="utf-8")
        code = main(["show", str(path), *arguments])
        found = capsys.readouterr()
        return code, found.out, found.err

    return run


def values(show: Shown, text: str, *arguments: str) -> Any:
    """The JSON of a text, held against the schema."""
    found = json.loads(show(text, "--format", "json", *arguments)[1])
    Draft202012Validator(SCHEMA).validate(found)
    return found


# ---- JSON


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_valid_against_the_schema(name: str, show: Shown) -> None:
    found = values(show, name)
    rows = found["layers"]
    for key in ("parameters", "buffers", "macs"):
        assert sum(row[key] for row in rows) == found["totals"][key]
    known = {"input"}
    for row in rows:
        assert set(row["inputs"]) <= known
        known.add(row["name"])


def test_layers_by_hand(show: Shown) -> None:
    # (3*3*2 + 1)*4 = 76; 6*6*4*18 MACs; BN 2*4 and as many running; 3*3*4 = 36 inputs of FC, 37*5
    found = values(show, "INPUT 8x8x2\nCONV 3x3 *4 relu\nBN; POOL max 2\n\nFC 5\ntrain { batch 10; optimizer adam }")
    assert found["input"] == [8, 8, 2]
    assert found["outputs"] == {"main": [5]}
    names = ["name", "layer", "inputs", "output", "arithmetic", "parameters", "buffers", "macs"]
    names += ["receptive_field", "jump", "line"]
    rows = [
        ["conv1", "CONV", ["input"], [6, 6, 4], "(8 - 3 + 2*0)/1 + 1 = 6", 76, 0, 2592, [3, 3], 1, 2],
        ["relu1", "RELU", ["conv1"], [6, 6, 4], "", 0, 0, 0, [3, 3], 1, 2],
        ["bn1", "BN", ["relu1"], [6, 6, 4], "", 8, 8, 0, [3, 3], 1, 3],
        ["pool1", "POOL", ["bn1"], [3, 3, 4], "(6 - 2 + 2*0)/2 + 1 = 3", 0, 0, 0, [4, 4], 2, 3],
        ["fc1", "FC", ["pool1"], [5], "3*3*4 = 36", 185, 0, 180, [8, 8], 2, 5],
    ]
    assert found["layers"] == [dict(zip(names, row, strict=True)) for row in rows]
    # parameters and buffers 76 + 16 + 185 = 277, of which 269 are trained. Asked: what BN reads and writes, 2*144. In
    # training, when POOL goes back: the input 128, what CONV (RELU over it) and BN wrote 2*144, what POOL wrote 36, in
    # steps of 16 values 48, FC's 5 in 16, and the gradients of POOL's output 48 and input 144: 672
    memory = {"inference": 4 * (277 + 288), "training": 4 * (2 * 277 + 3 * 269 + 10 * 672), "peak": 4 * 10 * 672}
    assert found["totals"] == {"parameters": 269, "buffers": 8, "macs": 2772, "memory_bytes": memory}


def test_jumps_as_json(show: Shown) -> None:
    found = values(show, "INPUT 8x8x1; CONV 2x2 *1 stride 2x1; UPSAMPLE 4; PAD 1x1x1x1; POOL max 2x3")
    assert [row["jump"] for row in found["layers"]] == [[2, 1], ["1/2", "1/4"], ["1/2", "1/4"], [1, "3/4"]]
    text = "INPUT 9x9x1; ADD( CONV 3x3 *1 stride 2 -> PAD 1x1x2x2 | CONV 3x3 *1 )"
    assert values(show, text)["layers"][-1]["jump"] is None


def test_several_outputs(show: Shown) -> None:
    text = "INPUT 8x8x1; CONV 3x3 *2; HEAD side( FC 3 ); FC 4"
    assert values(show, text)["outputs"] == {"main": [4], "side": [3]}
    _, out, _ = show(text)
    assert "outputs: main 4 (fc1), side 3 (side.fc1)" in out


def test_lines_are_those_of_the_file(show: Shown) -> None:
    lines = {row["name"]: row["line"] for row in values(show, "resnet18")["layers"]}
    assert lines["basic1.conv1"] is None  # models/blocks/resnet.cnn says it
    assert lines["fc1"] == 10


# ---- the cost of FC


def test_what_a_fully_connected_layer_would_cost(show: Shown) -> None:
    # the tutorial, section 3: a picture of 1000x1000 to 100 nodes is (1000*1000 + 1)*100; a filter of 10x10 has 101
    text = "INPUT 1000x1000x1; CONV 100x100 *1 stride 100; FC 100"
    conv, fc = values(show, text, "--fc-cost")["layers"]
    assert (conv["parameters"], conv["fc_parameters"]) == (100 * 100 + 1, 100_000_100)
    assert (fc["parameters"], fc["fc_parameters"]) == (10_100, None)
    assert "100,000,100" in show(text, "--fc-cost")[1]
    assert "100,000,100" in show(text, "--fc-cost", "--format", "markdown")[1]
    assert "100,000,100" not in show(text)[1]


# ---- files with mistakes


def test_a_file_with_mistakes_is_shown_to_the_first(show: Shown) -> None:
    code, out, err = show(WRONG)
    assert code == 1
    rows = [line for line in out.splitlines() if line[:4] in ("conv", "relu", "pool", "fc1 ")]
    assert [row.split()[0] for row in rows] == ["conv1", "relu1", "conv2"]
    assert rows[-1].split()[1] == "E301"
    assert "(32 - 3 + 2*1)/2 + 1 = 16.5" in out
    assert "total" not in out
    assert err.startswith("error[E301]")
    assert "error[E203]" in err


def test_a_file_with_mistakes_as_json(show: Shown) -> None:
    found = values(show, WRONG)
    assert [row["name"] for row in found["layers"]] == ["conv1", "relu1", "conv2"]
    last = found["layers"][-1]
    assert last["output"] is None
    assert last["error"] == {"code": "E301", "message": "CONV output size is not whole: 16.5"}
    assert last["line"] == 3
    assert (found["totals"], found["outputs"]) == (None, {})
    assert values(show, WRONG, "--fc-cost")["layers"][0]["fc_parameters"] == (32 * 32 * 3 + 1) * 32 * 32 * 6


def test_mistakes_without_sizes(show: Shown) -> None:
    found = values(show, "INPUT 8x8x1; CONV 3x3 *2; FC 0; FC 3")
    assert found["layers"][-1]["error"]["code"] == "E204"
    # a step that is none: what is known before it
    found = values(show, "INPUT 8x8x1; CONV 3x3 *2; FC $ 3; FC 3")
    assert [row["output"] for row in found["layers"][:1]] == [[6, 6, 2]]
    # the layers are right, the train block is not
    found = values(show, "INPUT 8x8x1; FC 3\ntrain { batch 0 }")
    assert ([row["output"] for row in found["layers"]], found["totals"]) == ([[3]], None)


@pytest.mark.parametrize("form", ["svg", "dot", "mermaid"])
def test_no_picture_of_a_file_with_mistakes(show: Shown, form: str) -> None:
    code, out, err = show(WRONG, "--format", form)
    assert (code, out) == (1, "")
    assert "E301" in err


@pytest.mark.parametrize("form", ["text", "json", "markdown", "svg"])
def test_what_has_no_sizes_is_not_shown(show: Shown, form: str) -> None:
    code, out, err = show("FC 3", "--format", form)
    assert (code, out) == (1, "")
    assert "E213" in err
    code, out, err = show("pattern", "--format", form)
    assert (code, out) == (1, "")
    assert "E210" in err


# ---- the table


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("width", ["80", "120"])
def test_the_table_fits_and_nothing_is_cut(name: str, width: str, show: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    _, out, _ = show(name)
    assert max(map(len, out.splitlines())) <= int(width)
    found = values(show, name)
    words = out.replace("\n", " ").split()
    for row in found["layers"]:
        assert row["name"] in words
        assert set(row["arithmetic"].split()) <= set(words)
    assert f"{found['totals']['parameters']:,}" in words
    assert f"{found['totals']['macs']:,}" in words


def test_columns_give_way_in_order(show: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = {}
    for width in ("120", "100", "80", "40"):
        monkeypatch.setenv("COLUMNS", width)
        _, out, _ = show("lenet5")
        heads[width] = out.splitlines()[2].replace("field (jump)", "field").split()
    narrow = ["layer", "output", "parameters", "MACs"]
    assert heads["40"] == narrow
    assert heads["80"] == [*narrow, "memory", "field"]
    assert heads["100"] == ["layer", "output", "arithmetic", "parameters", "MACs", "memory", "field"]
    assert heads["120"] == ["layer", "step", "output", "arithmetic", "parameters", "MACs", "memory", "field"]


def test_figures_in_the_table(show: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    _, out, _ = show("lenet5")
    row = next(line for line in out.splitlines() if line.startswith("conv2"))
    # 4*(10*10*16 + 2416) = 16,064 bytes
    assert row.split("  ")[-1].strip() == "14 (2)"
    assert "15.7 KiB" in row
    assert "CONV 5x5 *16" in row
    _, out, _ = show("digits_residual")
    assert "160 running statistics" in out  # five BN of 16


# ---- Markdown


def test_markdown_is_a_table(show: Shown) -> None:
    _, out, _ = show("resnet18", "--format", "markdown")
    rows = [line for line in out.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {8}
    assert rows[1] == "| :-- | :-- | :-- | :-- | --: | --: | --: |"
    assert "**11,689,512**" in rows[-1]
    assert "9,600 running statistics" in out
    outside = [piece for line in rows for piece in line.split("`")[::2]]
    assert not any("*" in piece.replace("**", "") for piece in outside)


def test_markdown_of_a_file_with_mistakes(show: Shown) -> None:
    code, out, _ = show(WRONG, "--format", "markdown")
    assert code == 1
    assert "**E301**" in out.splitlines()[-1]
