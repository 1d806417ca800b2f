"""What people who come from elsewhere write, and what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.diagnostics.fixes import applied

Capture = pytest.CaptureFixture[str]


def only(text: str) -> cnndsl.Diagnostic:
    (d,) = cnndsl.check(f"INPUT 28x28x1\n{text}\nFC 10")
    return d


@pytest.mark.parametrize("text", ["CONV(3x3, 8)", "POOL(2)", "POOL(max, 2)", "CONV(5)"])
def test_arguments_in_parentheses(text: str) -> None:
    assert "arguments stand without parentheses" in only(text).advice[0]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("CONV 3x3 *8 stride=1 pad=1", "CONV 3x3 *8 stride 1 pad 1"),
        ("CONV 3x3 *8 stride = 1 pad =1 # a=1", "CONV 3x3 *8 stride 1 pad 1 # a=1"),
        ("CONV 3x3 *8 pad=1; POOL max 2 stride=2", "CONV 3x3 *8 pad 1; POOL max 2 stride 2"),
    ],
)
def test_equals_signs_of_a_step_go_together(text: str, meant: str) -> None:
    whole = f"INPUT 28x28x1\n{text}\nFC 10"
    found = cnndsl.check(whole)
    assert {d.code for d in found} == {"E101"}
    assert all(d.fixes[0].sure for d in found)
    edits = [edit for d in found for edit in d.fixes[0].edits]
    assert applied(whole, edits) == f"INPUT 28x28x1\n{meant}\nFC 10"


def test_an_equals_sign_without_a_value_has_a_word_of_help() -> None:
    d = only("CONV 3x3 *8 stride=")
    assert (d.code, d.fixes) == ("E101", ())
    assert "after a space" in d.help[0]


def test_an_input_without_its_depth() -> None:
    (d,) = cnndsl.check("INPUT 28x28\nFC 10")
    assert d.code == "E204"
    assert "`28x28x1`" in d.help[0]
    assert "`28x28x3`" in d.help[0]


def test_a_count_of_dwconv_is_none_of_filters() -> None:
    (help,) = only("DWCONV 3x3 *6").help
    assert "as many filters as channels come in" in help


def test_an_activation_behind_as() -> None:
    assert only("CONV 3x3 *6 as relu").help == ("for the activation, leave `as` out: `relu`",)
    assert "start a branch" in only("CONV 3x3 *6 as early").help[0]


@pytest.mark.parametrize(
    "text",
    ["CONV 3x3 *6 {}", "{}", "{}(3)", "ADD( ID | @{} )", "CONV 3x3 *6 as {}"],
)
def test_a_very_long_word_is_cut(text: str) -> None:
    found = cnndsl.check(f"INPUT 28x28x1\n{text.format('a' * 10_000)}\nFC 10")
    assert {d.code for d in found} & {"E103", "E111"}
    assert all(len(d.message) < 300 for d in found)


KEYS_OF_OTHERS = {
    "weight_decay 0.1": "`optimizer sgd decay …`",
    "optimizer adam lr 1e-3; weight_decay 0.1": "`optimizer adam decay …`",
    "learning_rate 0.1": "`optimizer sgd lr …`",
    "optimizer adamw; lr 0.1": "`optimizer adamw lr …`",
    "momentum 0.9": "`optimizer sgd momentum …`",
    "nesterov": "`optimizer sgd nesterov`",
    "beta1 0.9": "`optimizer adam beta1 …`",
    "l2 0.1": "`optimizer sgd decay …`",
    "label_smoothing 0.1": "`loss cross_entropy smooth …`",
    "warmup_epochs 3": "`schedule constant warmup …`",
    "schedule cosine; warmup_epochs 3": "`schedule cosine warmup …`",
    "gamma 0.1": "`schedule step factor …`",
    "early_stopping 5": "`stop patience …`",
    "save_best": "`save best`",
    "save_every 3": "`save every …`",
    "batch_size 4": "`batch`",
    "bs 4": "`batch`",
    "num_epochs 3": "`epochs`",
    "iterations 100": "`steps`",
    "dataset digits": "`data`",
    "random_seed 1": "`seed`",
    "scheduler cosine": "`schedule`",
    "lr_scheduler cosine": "`schedule`",
    "criterion mse": "`loss`",
    "class_weights auto": "`classweight`",
    "max_grad_norm 1": "`clip`",
    "transforms flip": "`augment`",
    "kernel_initializer he": "`init`",
    'pretrained "a"': "`weights`",
    "moving_average 0.9": "`ema`",
    "dropout 0.5": "`DROPOUT 0.5`",
    "validation_split 0.1": "`split 0.9`",
    "val_split 0.1": "`split 0.9`",
    "test_split 0.1": "test part of its own",
    "shuffle true": "leave it out",
    "num_workers 4": "leave it out",
    "device cuda": "`backend`",
    "checkpoint 3": "`save every 5 keep 2`",
    "output_dir": "`cnndsl run FILE --out FOLDER`",
}
VALUES_OF_OTHERS = {
    "loss crossentropy": "`cross_entropy`",
    "loss categorical_crossentropy": "`cross_entropy`",
    "loss sparse_categorical_crossentropy": "`cross_entropy`",
    "loss CrossEntropyLoss": "`cross_entropy`",
    "loss binary_crossentropy": "`bce`",
    "loss bce_with_logits": "`bce`",
    "loss mean_squared_error": "`mse`",
    "loss cross_entropy label_smoothing 0.1": "`smooth`",
    "optimizer AdamW": "`adamw`",
    "optimizer SGD": "`sgd`",
    "optimizer sgd learning_rate 0.1": "`lr`",
    "optimizer adam weight_decay 0.1": "`decay`",
    "optimizer adam epsilon 1e-7": "`eps`",
    "schedule StepLR": "`step`",
    "schedule CosineAnnealingLR": "`cosine`",
    "schedule step gamma 0.1": "`factor`",
    "schedule step step_size 10": "`every`",
    "init kaiming": "`he`",
    "init he_normal": "`he`",
    "init glorot_uniform": "`xavier`",
    "augment horizontal_flip": "`flip`",
    "augment RandomCrop 4": "`crop`",
    "data CIFAR10": "`cifar10`",
    "data FashionMNIST": "`fashion_mnist`",
}


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [(t, "E502", p) for t, p in KEYS_OF_OTHERS.items()] + [(t, "E503", p) for t, p in VALUES_OF_OTHERS.items()],
)
def test_what_others_have_in_a_train_block(text: str, code: str, place: str) -> None:
    """Each is told the one right place."""
    (d,) = cnndsl.check(f"INPUT 28x28x1\nFC 10\ntrain {{ {text} }}")
    assert d.code == code
    (advice,) = d.advice
    assert place in advice


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("weight_decay=0.1", "`--set optimizer.decay=0.1`"),
        ("learning_rate=0.1", "`--set optimizer.lr=0.1`"),
        ("early_stopping=5", "`--set stop.patience=5`"),
        ("nesterov=1", "`--set optimizer.nesterov=true`"),
        ("dropout=0.5", "`DROPOUT 0.5`"),
        ("batch_size=4", "`batch`"),
        ("optimizer.weight_decay=4", "`decay`"),
        ("loss=bce_with_logits", "`bce`"),
    ],
)
def test_the_same_on_the_command_line(typed: str, told: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.cnn").write_text("INPUT 28x28x1\nFC 10\n", encoding="utf-8")
    assert main(["check", str(tmp_path / "a.cnn"), "--set", typed]) == 2
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "= help:" in line]
    assert told in said
