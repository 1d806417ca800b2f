"""What this version cannot train with is refused before anything starts, in one diagnostic."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnndsl
from cnndsl import api
from cnndsl.cli.main import main
from cnndsl.data.sets import LOADERS
from cnndsl.diagnostics import CnnError
from cnndsl.recipe import later
from cnndsl.recipe.block import KEYS
from cnndsl.training import ability
from cnndsl.training.losses import MAKERS as LOSSES
from cnndsl.training.optim import MAKERS as OPTIMIZERS
from cnndsl.training.schedule import SCHEDULES

PARTS = [
    ("augment flip crop 4", "augment"),
]


def program(text: str) -> str:
    data = "" if text.startswith("data") else "data digits; "
    return f"INPUT 8x8x1\nFC 10\ntrain {{ {data}{text} }}"


@pytest.mark.parametrize(("text", "name"), PARTS)
def test_one_part(text: str, name: str, monkeypatch) -> None:
    monkeypatch.setattr("cnndsl.data.sets.load", lambda *_: pytest.fail("data were loaded"))
    with pytest.raises(CnnError) as caught:
        api.trainer(cnndsl.loads(program(text)))
    (d,) = caught.value.diagnostics
    assert (d.code, d.exit_code) == ("E811", 2)
    assert f"`{name}`" in d.message
    assert d.span is not None
    assert d.span.line == 3


def test_several_parts_are_one_message(monkeypatch) -> None:
    monkeypatch.setattr(later, "KEYS", ("augment", "ema"))
    with pytest.raises(CnnError) as caught:
        ability.refuse(cnndsl.loads(program("ema 0.9; augment flip")).recipe)
    (d,) = caught.value.diagnostics
    assert d.message == "this version cannot train with `augment` and `ema` yet"
    assert [label.span.text for label in d.related] == ["ema 0.9"]


@pytest.mark.parametrize(
    "text",
    [
        "clip 1; schedule cosine warmup 1; optimizer adamw; metric accuracy loss",
        "optimizer rmsprop; schedule onecycle; normalize 0.5 0.5; loss cross_entropy weight 2",
        "data digits limit 50 pad 0 resize 8; schedule step every 1; loss mse",
    ],
)
def test_what_it_can_do(text: str) -> None:
    ability.refuse(cnndsl.loads(program(text)).recipe)


def test_what_is_said_to_come_later_is_what_is_not_there() -> None:
    tables = {"data": LOADERS, "loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}
    for key, table in tables.items():
        assert [e.word for e in KEYS[key].entries if e.word not in table] == list(later.WORDS.get(key, ())), key


def test_pages_and_check_say_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("augment",):
        assert main(["explain", key]) == 0
        assert "does not follow it yet" in " ".join(capsys.readouterr().out.split())
    assert main(["explain", "clip"]) == 0
    assert "not follow" not in capsys.readouterr().out
    path = tmp_path / "a.cnn"
    path.write_text(program("augment flip; clip 1"), encoding="utf-8")
    assert main(["check", str(path)]) == 0
    assert "`run` does not train with `augment` yet" in capsys.readouterr().out
    path.write_text(program("clip 1"), encoding="utf-8")
    assert main(["check", str(path)]) == 0
    assert "does not train" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("size", "names", "others"),
    [
        ("8x8x1", ["`data digits`"], ["mnist", "cifar10"]),
        ("32x32x1", ["`data mnist pad 2`", "`data fashion_mnist pad 2`"], ["digits", "cifar10"]),
        ("32x32x3", ["`data cifar10`"], ["digits", "mnist"]),
        ("224x224x3", ['`data npz "my/data.npz"`', "`data random 224x224x3`"], ["digits", "mnist", "cifar10"]),
    ],
)
def test_without_data_sets_are_named_that_fit(size: str, names: list[str], others: list[str]) -> None:
    for train in ("", "train { batch 3 }"):
        with pytest.raises(CnnError) as caught:
            api.trainer(cnndsl.loads(f"INPUT {size}\nFC 10\n{train}"))
        (d,) = caught.value.diagnostics
        assert d.code == "E606"
        assert all(name in d.help[0] for name in names)
        assert not any(f"data {other}" in d.help[0] for other in others)
        assert ("to its train block" in d.help[0]) == bool(train)
