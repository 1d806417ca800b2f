"""The train block: what each key takes, the exact code and place of each mistake, and what a recipe then says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl
from cnndsl.recipe.spec import Recipe

Found = Callable[[str], list[str]]


def recipe(text: str) -> Recipe:
    return cnndsl.loads(f"INPUT 32x32x3\nFC 10\ntrain {{ {text} }}").recipe


@pytest.mark.parametrize(
    "text",
    [
        "data random 32x32x3 classes 10 count 1000",
        "data cifar10 pad 2 limit 100 resize 32x32",
        "data cifar10; normalize none; augment flip crop 4",
        'data npz "a.npz" pad 1',
        'data images "photos" resize 32 limit 10',
        "normalize 0.5 0.25",
        "normalize 0.4 0.5 0.6 0.2 0.2 0.2",
        "normalize mean 0.4 0.5 0.6 deviation 0.2",
        "augment cutout 8 flip rotate 12.5 shift 2 crop 4",
        "augment flip\naugment crop 4",
        "optimizer sgd lr 0.1 momentum 0 nesterov decay 1e-4",
        "optimizer adam lr 1e-3 beta1 0.9 beta2 0.999 eps 1e-8 decay 0",
        "optimizer rmsprop lr 0.01 rho 0.99 eps 1e-8 decay 0",
        "optimizer adamw decay 0.05",
        "schedule constant warmup 5",
        "schedule step every 30 factor 0.1",
        "schedule cosine; steps 100",
        "schedule onecycle warmup 1",
        "loss cross_entropy smooth 0.1",
        "loss mse",
        "loss bce weight 2",
        "metric accuracy top5 loss confusion",
        "metric loss",
        'weights "a.safetensors" partial; freeze "conv*"',
        'freeze "conv*" "bn1.*"; freeze "fc1.bias"',
        "clip 1; ema 0.999; classweight auto",
        "stop patience 5; save every 2 keep 3 best",
        "stop at 0.99 patience 3; save best",
        "init he",
    ],
)
def test_what_is_right(text: str, found: Found) -> None:
    network = "INPUT 32x32x3\nCONV 5x5 *4 -> BN\nFC 10" if "freeze" in text else "INPUT 32x32x3\nFC 10"
    assert [d for d in found(f"{network}\ntrain {{ {text} }}") if d[0] == "E"] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data random", ["E506 3:9"]),
        ("data random 32x32", ["E504 3:21"]),
        ("data random 32x32x3 classes 1", ["E504 3:37"]),
        ("data random 32x32x3 count 0", ["E504 3:35"]),
        ("data digits resize 0", ["E504 3:28"]),
        ("data digits resize 3x4x5", ["E504 3:28"]),
        ("data npz", ["E506 3:9"]),
        ("data npz photos", ["E503 3:18"]),
        ("data cifar", ["E503 3:14"]),
        ("split 1.5", ["E504 3:15"]),
        ("normalize", ["E506 3:9"]),
        ("normalize automatic", ["E503 3:19"]),
        ("normalize 0.5", ["E504 3:19"]),
        ("normalize 0.5 0.4 0.3", ["E504 3:9"]),
        ("normalize 0.5 0", ["E504 3:9"]),
        ("normalize mean", ["E506 3:9"]),
        ("normalize mean 0.5 deviation", ["E506 3:28"]),
        ("normalize mean 0.5 deviation -1", ["E504 3:38"]),
        ("normalize mean 0.5 0.5", ["E504 3:9"]),
        ("augment", ["E506 3:9"]),
        ("augment flop", ["E503 3:17"]),
        ("augment flip flip", ["E505 3:22"]),
        ("augment flip\naugment flip", ["E505 4:9"]),
        ("augment crop", ["E506 3:9"]),
        ("augment crop 0 rotate 200", ["E504 3:22", "E504 3:31"]),
        ("optimizer lr 0.1", ["E503 3:19"]),
        ("optimizer adamw momentum 0.9", ["E503 3:25"]),
        ("optimizer rmsprop rho 1", ["E504 3:31"]),
        ("schedule step every 0", ["E504 3:29"]),
        ("schedule step factor 0", ["E504 3:30"]),
        ("schedule cosine warmup -1", ["E504 3:32"]),
        ("schedule warmup 5", ["E503 3:18"]),
        ("loss", ["E506 3:9"]),
        ("loss mse; loss bce", ["E505 3:19"]),
        ("loss main mse; loss bce", ["E505 3:24"]),
        ("loss cross_entropy smooth 1", ["E504 3:35"]),
        ("loss cross_entropy smooth -0.1", ["E504 3:35"]),
        ("loss mse weight 0", ["E504 3:25"]),
        ("loss aux1", ["E503 3:14"]),
        ("loss aux1 cross_entrpy", ["E503 3:19"]),
        ("loss cros_entropy smooth 0.1", ["E503 3:14"]),
        ("metric accuracy accuracy", ["E505 3:25"]),
        ("metric top6", ["E503 3:16"]),
        ("weights", ["E506 3:9"]),
        ("weights partial", ["E506 3:9"]),
        ("freeze conv1", ["E503 3:16"]),
        ("clip 0", ["E504 3:14"]),
        ("ema 1", ["E504 3:13"]),
        ("classweight", ["E506 3:9"]),
        ("classweight even", ["E503 3:21"]),
        ("stop", ["E506 3:9"]),
        ("stop 3", ["E503 3:14"]),
        ("stop patience 0", ["E504 3:23"]),
        ("stop at 1.1", ["E504 3:17"]),
        ("save", ["E506 3:9"]),
        ("save keep 0", ["E504 3:19"]),
        ("data cifar10 augment flip", ["E503 3:22"]),
        ("optimizer sgd lr 0.1 schedule cosine", ["E503 3:30"]),
        ("lr 0.1", ["E502 3:9"]),
        ("cosine", ["E502 3:9"]),
    ],
)
def test_what_is_wrong(text: str, expected: list[str], found: Found) -> None:
    assert found(f"INPUT 32x32x3\nFC 10\ntrain {{ {text} }}") == expected


def test_the_order_of_augmentations_is_kept() -> None:
    found = recipe("augment cutout 8 flip crop 4\naugment shift 2")
    assert [s.word for s in found.augment] == ["cutout", "flip", "crop", "shift"]
    assert [getattr(s.attrs, "pixels", None) for s in found.augment] == [8, None, 4, 2]


def test_numbers_of_normalize() -> None:
    for text in ("normalize mean 0.1 0.2 0.3 deviation 0.4 0.5 0.6", "normalize 0.1 0.2 0.3 0.4 0.5 0.6"):
        attrs = recipe(text).normalize.attrs
        assert (attrs.mean, attrs.deviation) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert recipe("normalize mean 0.5").normalize.attrs.deviation == (1.0,)


def test_a_loss_for_each_output() -> None:
    text = "HEAD aux1( FC 10 )\nFC 10\ntrain { loss aux1 cross_entropy weight 0.3; loss mse }"
    found = cnndsl.loads(f"INPUT 8x8x1\n{text}").recipe.losses
    assert {name: (s.word, s.attrs.weight) for name, s in found.items()} == {
        "aux1": ("cross_entropy", 0.3),
        "main": ("mse", 1.0),
    }


def test_every_default() -> None:
    found = recipe("")
    assert (found.split, found.batch, found.epochs, found.steps, found.seed) == (0.9, 64, 10, None, 0)
    assert (found.optimizer.word, found.optimizer.attrs.lr) == ("sgd", 0.1)
    assert (found.schedule.word, found.normalize.word, found.init.word) == ("constant", "auto", "auto")
    assert {name: s.word for name, s in found.losses.items()} == {"main": "cross_entropy"}
    assert [s.word for s in found.metrics] == ["accuracy"]
    assert (found.data, found.weights, found.clip, found.ema, found.stop, found.save) == (None,) * 6
    assert (found.augment, found.freeze, found.classweight, found.backend) == ((), (), None, "auto")
    adamw, rmsprop = recipe("optimizer adamw").optimizer.attrs, recipe("optimizer rmsprop").optimizer.attrs
    assert (adamw.lr, adamw.beta1, adamw.beta2, adamw.eps, adamw.decay) == (1e-3, 0.9, 0.999, 1e-8, 0.01)
    assert rmsprop.decay == 0


def one(text: str) -> str:
    (d,) = cnndsl.check(text)
    return "\n".join([d.message, *d.advice])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("optimizer lr 0.1", "`optimizer sgd lr …`"),
        ("schedule warmup 5", "`schedule constant warmup …`"),
        ("optimizer sgd lr 0.1 schedule cosine", "put `;` or a line end before `schedule`"),
        ("cosine", "it is a value of `schedule`"),
        ("patience 5", "it belongs to `stop`"),
        ("augment flop", "`flip`"),
        ("freeze conv1", 'write `"conv1"`'),
        ("loss mse; loss bce", "name another output's before its loss"),
        ("normalize mean 0.5 0.5", "one for each channel"),
    ],
)
def test_what_is_said(text: str, said: str) -> None:
    assert said in one(f"INPUT 32x32x3\nFC 10\ntrain {{ {text} }}")


@pytest.mark.parametrize("layer", ["CONV 3x3x3 *2 stride 2 pad 1", "CONV 11x11x3 *2 stride 4", "POOL max 2"])
def test_the_input_size_that_is_suggested_can_be_written(layer: str) -> None:
    (d,) = cnndsl.check(layer)
    size = d.help[0].split("`")[1]
    assert size.startswith("INPUT ")
    assert cnndsl.check(f"{size}\n{layer}") == []


def test_where_no_usual_input_size_fits_none_is_claimed() -> None:
    (d,) = cnndsl.check("CONV 3x3x5 *2")
    assert "`INPUT HxWxD`" in d.help[0]


def test_pad_goes_before_resize() -> None:
    assert cnndsl.loads("CONV 3x3 *4\nFC 10\ntrain { data digits pad 2 resize 20x30 }").input.dimensions == [20, 30, 1]
    said = one("INPUT 9x9x1\nFC 10\ntrain { data digits pad 2 resize 20x30 }")
    assert "the images of `digits` are 20x30x1 after `resize`" in said
    assert "`resize 9x9`" in said
