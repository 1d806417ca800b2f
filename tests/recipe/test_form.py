"""Recipes as JSON and back, and the schema of that form."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cnndsl.recipe import form
from cnndsl.recipe.block import KEYS, recipe
from cnndsl.recipe.spec import Recipe
from cnndsl.resources import folder

TOOL = Path(__file__).parents[1] / "tools" / "train_schema.py"
MODELS = sorted(p.name for p in folder("models").glob("*.cnn"))
WHOLE = """INPUT 34x34x3
FC 10 as a
train {
  data random 32x32x3 classes 10 count 500 pad 1 limit 100; split 0.8; normalize mean 0.5 0.4 0.3 deviation 0.25
  augment flip crop 4 shift 2 rotate 10 cutout 8
  batch 32; steps 100; seed 7
  optimizer adamw lr 1e-4 decay 0.05; schedule step every 3 factor 0.5 warmup 2
  loss cross_entropy smooth 0.1; loss aux1 mse weight 0.3
  metric accuracy top5 loss confusion; init normal 0.01
  weights "old.safetensors" partial; freeze "conv*" "bn1.*"
  clip 1; ema 0.999; classweight auto; stop patience 5 at 0.99; save every 2 keep 3 best; backend naive
}
"""


@pytest.fixture(scope="module")
def schema() -> dict[str, object]:
    return json.loads((folder("grammars") / "train.schema.json").read_text(encoding="utf-8"))


def whole() -> Recipe:
    from cnndsl.api import examine
    from cnndsl.source import Source

    _, lowered, _ = examine(Source("whole.cnn", WHOLE))
    assert lowered is not None
    return lowered.recipe


def test_the_file_is_what_the_records_give() -> None:
    spec = importlib.util.spec_from_file_location("train_schema", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = (folder("grammars") / "train.schema.json").read_text(encoding="utf-8")
    assert written == tool.text(), "run python tests/tools/train_schema.py"


def test_it_is_a_schema(schema: dict[str, object]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["properties"].keys() == KEYS.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", MODELS)
def test_every_model(name: str, models: Path, schema: dict[str, object]) -> None:
    from cnndsl.api import examine, read_file

    _, lowered, _ = examine(read_file(models / name))
    assert lowered is not None
    plain = json.loads(json.dumps(form.dump(lowered.recipe)))
    Draft202012Validator(schema).validate(plain)
    assert form.load(plain) == lowered.recipe


def test_every_key_and_value(schema: dict[str, object]) -> None:
    found = whole()
    plain = json.loads(json.dumps(form.dump(found)))
    Draft202012Validator(schema).validate(plain)
    assert form.load(plain) == found
    assert plain["loss"] == {
        "main": {"word": "cross_entropy", "smooth": 0.1, "weight": 1.0},
        "aux1": {"word": "mse", "weight": 0.3},
    }
    assert [a["word"] for a in plain["augment"]] == ["flip", "crop", "shift", "rotate", "cutout"]
    assert plain["normalize"] == {"word": "mean", "mean": [0.5, 0.4, 0.3], "deviation": [0.25]}
    assert (plain["steps"], plain["clip"], plain["backend"]) == (100, 1, "naive")
    assert plain["freeze"] == [{"names": "conv*"}, {"names": "bn1.*"}]


def test_what_is_left_out_has_its_default() -> None:
    assert form.load({}) == recipe()
    assert form.load({"batch": 3, "optimizer": {"word": "adam"}}).optimizer.attrs.lr == 1e-3


def test_the_schema_says_the_defaults(schema: dict[str, object]) -> None:
    properties = schema["properties"]
    said = {name: value["default"] for name, value in properties.items() if "default" in value}  # type: ignore[attr-defined]
    assert said["batch"] == 64
    assert said["split"] == 0.9
    assert said["optimizer"] == {"word": "sgd", "lr": 0.1, "momentum": 0.0, "nesterov": False, "decay": 0.0}
    assert said["data"] is None


@pytest.mark.parametrize(
    "plain",
    [
        {"bach": 3},
        {"batch": 0},
        {"batch": "many"},
        {"optimizer": {"word": "sdg"}},
        {"optimizer": {"word": "sgd", "lr": 0}},
        {"augment": [{"word": "crop"}]},
        {"loss": {"Aux": {"word": "mse"}}},
        {"loss": {}},
        {"normalize": {"values": [1, 2, 3]}},
        {"data": {"word": "idx"}},
    ],
)
def test_what_is_wrong_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(plain))):
        form.load(plain)
