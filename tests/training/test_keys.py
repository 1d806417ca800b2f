"""What each key of the train block does to a training."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.api import trainer
from cnndsl.diagnostics import CnnError
from cnndsl.state import weights
from cnndsl.training.events import EpochDone, Finished, Started, StepDone

HEAD = "INPUT 8x8x1\nCONV 3x3 *4 pad 1 -> BN -> RELU\nPOOL max 2\nFC 10\n"


def train(keys: str, network: str = HEAD, data: str = "digits limit 200", **options):
    return cnndsl.train(f"{network}train {{ data {data}; batch 20; epochs 3; seed 2; {keys} }}", **options)


def states(keys: str, network: str = HEAD):
    """Parameters before and after."""
    made = trainer(cnndsl.loads(f"{network}train {{ data digits limit 100; epochs 2; batch 20; {keys} }}"))
    before = made.state()
    list(made.run())
    return before, made.state(), made


def test_freeze() -> None:
    """What is named stays to the bit, running statistics too; the rest learns."""
    before, after, made = states('freeze "conv*"; freeze "bn1.*"')
    same = {name for name in before if np.array_equal(before[name], after[name])}
    assert same == {name for name in before if name.startswith(("conv1.", "bn1."))}
    assert not any("conv1" in name for name in made.checkpoint().slots)


def test_ema_is_what_is_asked_with(tmp_path: Path) -> None:
    """With 0.9 the last ten steps count; validation, test and the file of weights are of the averages."""
    done = train("ema 0.9; optimizer adam lr 0.01", out=tmp_path / "run")
    made = trainer(cnndsl.loads((tmp_path / "run" / "program.cnn").read_text()))
    seen = []
    for event in made.run():
        if isinstance(event, StepDone):
            seen.append(made.state()["fc1.weight"])
    expected = seen[0].astype(np.float64)
    for array in seen[1:]:
        expected = 0.9 * expected + 0.1 * array
    np.testing.assert_allclose(done.model.parameters["fc1.weight"], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(
        weights.load(tmp_path / "run" / "weights.safetensors").state["fc1.weight"],
        done.model.parameters["fc1.weight"],
    )
    assert not np.array_equal(seen[-1], done.model.parameters["fc1.weight"])
    run = cnndsl.load_run(tmp_path / "run")
    assert run.evaluate().right == done.test.test_right
    assert run.evaluate("validation").accuracy == done.history[-1].validation_accuracy


def test_clip_shortens_the_steps() -> None:
    """Plain descent: a step is lr times the gradient, which is clip long or its own length."""
    made = trainer(cnndsl.loads("INPUT 8x8x1\nFC 10\ntrain { data digits; steps 5; clip 0.01; optimizer sgd lr 0.5 }"))
    before = made.state()
    for event in made.run():
        if isinstance(event, StepDone):
            after = made.state()
            moved = np.sqrt(sum(((after[n] - before[n]).astype(np.float64) ** 2).sum() for n in before))
            assert event.norm > 0.01
            assert moved == pytest.approx(0.5 * 0.01, rel=1e-4)
            before = after


def test_stop_patience() -> None:
    """A rate of nearly nothing changes no answer: the first epoch stays the best, and four more are waited for."""
    done = train("epochs 40; stop patience 4; optimizer sgd lr 1e-12".replace("epochs 40; ", ""), network=HEAD)
    assert done.test.ending == "epochs"  # three epochs are fewer than four
    text = f"{HEAD}train {{ data digits limit 200; batch 20; epochs 40; optimizer sgd lr 1e-12; stop patience 4 }}"
    done = cnndsl.train(text)
    assert done.test.ending == "patience"
    assert len(done.history) == done.test.epochs < 40
    assert done.test.epochs - done.test.best_epoch == 4


def test_stop_at() -> None:
    text = f"{HEAD}train {{ data digits; epochs 40; optimizer adam lr 0.01; stop at 0.9 }}"
    done = cnndsl.train(text)
    assert done.test.ending == "reached"
    *before, last = done.history
    assert last.validation_accuracy >= 0.9
    assert all(e.validation_accuracy < 0.9 for e in before)


def test_a_run_that_was_stopped_early_stays_stopped(tmp_path: Path) -> None:
    text = f"{HEAD}train {{ data digits; epochs 40; optimizer adam lr 0.01; stop at 0.9 }}"
    first = cnndsl.train(text, out=tmp_path / "run")
    again = cnndsl.resume(tmp_path / "run")
    assert again.history == ()
    assert (again.test.ending, again.test.epochs, again.test.test_right) == (
        "reached",
        first.test.epochs,
        first.test.test_right,
    )


def test_save(tmp_path: Path) -> None:
    """Every second epoch, three of them kept, and the best: 180 samples are trained on, 9 steps an epoch."""
    done = train("save every 2 keep 3 best".replace("epochs 3", ""), out=tmp_path / "run")
    assert sorted(p.stem for p in (tmp_path / "run" / "checkpoints").iterdir()) == [
        "0000000000",
        "0000000018",
        "0000000027",
    ]
    best = weights.load(tmp_path / "run" / "best.safetensors").state
    last = weights.load(tmp_path / "run" / "weights.safetensors").state
    assert set(best) == set(last)
    same = all(np.array_equal(best[name], last[name]) for name in best)
    assert same == (done.test.best_epoch == 3)


def test_classweight(tmp_path: Path) -> None:
    """Nine of ten samples are of class 0, and the pixels say which only roughly: a rare class is chosen more often."""
    rng = np.random.default_rng(1)
    y = (rng.random(2000) < 0.1).astype(np.int64)
    x = np.clip(rng.normal(100 + 20 * y[:, None, None], 20, (2000, 1, 1)), 0, 255).astype(np.uint8)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x[:500], y_test=y[:500])
    rare = {}
    for keys in ("", "classweight auto"):
        lines = f'data npz "d.npz"; epochs 20; optimizer adam lr 0.05; metric confusion; {keys}'
        done = cnndsl.train(cnndsl.loads(f"INPUT 1x1x1\nFC 2\ntrain {{ {lines} }}", base=tmp_path))
        rare[keys] = sum(row[1] for row in done.test.metrics["confusion"])
    truth = int(y[:500].sum())
    assert rare[""] < truth < rare["classweight auto"]


def test_classweight_counts_labels_only(tmp_path: Path) -> None:
    x, y = np.zeros((20, 1, 1), np.uint8), np.zeros((20, 2), np.float32)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    text = 'INPUT 1x1x1\nFC 2\ntrain { data npz "d.npz"; loss mse\nclassweight auto }'
    with pytest.raises(CnnError) as caught:
        cnndsl.train(cnndsl.loads(text, base=tmp_path))
    (found,) = caught.value.diagnostics
    assert (found.code, found.span and found.span.line) == ("E811", 4)
    assert "the targets of npz are none" in found.message


@pytest.mark.parametrize("partial", ["", "partial"])
def test_weights(tmp_path: Path, partial: str) -> None:
    first = train("", out=tmp_path / "run")
    head = HEAD if not partial else HEAD.replace("FC 10", "FC 7; FC 10")
    text = f'{head}train {{ data digits limit 100; weights "run" {partial} }}'
    made = trainer(cnndsl.loads(text, base=tmp_path))
    for name, array in first.model.state.items():
        same = np.array_equal(made.state()[name], array) if made.state()[name].shape == array.shape else False
        assert same == (not partial or not name.startswith("fc1")), name
    assert [d.code for d in made.warnings] == (["W702"] if partial else [])


@pytest.mark.parametrize(
    ("said", "code"), [("nowhere.safetensors", "E805"), ("junk", "E701"), ("other", "E702"), ("other partial", "E702")]
)
def test_weights_that_are_none(tmp_path: Path, said: str, code: str) -> None:
    name, _, more = said.partition(" ")
    (tmp_path / "junk").write_bytes(b"\x80\x04junk")
    weights.save(tmp_path / "other", {"conv9.weight": np.ones((1, 2), np.float32)}, network="o", program="")
    with pytest.raises(CnnError) as caught:
        trainer(cnndsl.loads(f'{HEAD}train {{ data digits limit 100; weights "{name}" {more} }}', base=tmp_path))
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_heads_are_trained_by_their_losses(tmp_path: Path) -> None:
    network = "INPUT 8x8x1\nCONV 3x3 *8 pad 1 relu\nHEAD aux( POOL mean 2 -> FC 10 )\nPOOL max 2\nFC 10\n"
    done = train("loss cross_entropy; loss aux cross_entropy weight 0.3; optimizer adam lr 0.01", network, out=tmp_path)
    last = done.history[-1]
    assert set(last.heads) == set(last.validation_heads) == set(done.test.heads) == {"main", "aux"}
    assert last.loss == pytest.approx(last.heads["main"]["loss"] + 0.3 * last.heads["aux"]["loss"], rel=1e-9)
    assert last.accuracy == last.heads["main"]["accuracy"]
    assert done.test.heads["main"]["accuracy"] == done.test.test_accuracy > 0.5 < done.test.heads["aux"]["accuracy"]
    again = cnndsl.load_run(tmp_path).evaluate().heads
    assert all(again[name] == pytest.approx(done.test.heads[name], rel=1e-5) for name in ("main", "aux"))
    line = json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[0])
    assert set(line["heads"]) == {"main", "aux"}


def test_heads_alone() -> None:
    done = train("optimizer adam lr 0.01", "INPUT 8x8x1\nHEAD digit( FC 10 )\n")
    assert done.test.test_accuracy > 0.3


def test_one_output_for_two_classes(tmp_path: Path) -> None:
    """A last SIGMOID is in the loss already: both are the same training."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 200)
    x = np.clip(100 + 60 * y[:, None, None] + rng.normal(0, 20, (200, 2, 2)), 0, 255).astype(np.uint8)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x[:50], y_test=y[:50])
    reached = []
    for last in ("FC 1", "FC 1 sigmoid"):
        text = f'INPUT 2x2x1\n{last}\ntrain {{ data npz "d.npz"; epochs 10; loss bce; optimizer adam lr 0.05 }}'
        done = cnndsl.train(cnndsl.loads(text, base=tmp_path))
        reached.append((done.test.test_right, done.test.test_loss))
    assert reached[0] == reached[1]
    assert reached[0][0] > 45
    with pytest.raises(CnnError, match="E604"):
        cnndsl.loads('INPUT 2x2x1\nFC 1\ntrain { data npz "d.npz" }', base=tmp_path)


def test_metrics_of_every_epoch() -> None:
    events = []
    done = train("metric top5 confusion loss", on_event=events.append)
    started = next(e for e in events if isinstance(e, Started))
    for epoch in (e for e in events if isinstance(e, EpochDone)):
        assert epoch.validation["top5"] >= epoch.validation["accuracy"]
        assert sum(map(sum, epoch.validation["confusion"])) == started.validation
    finished = next(e for e in events if isinstance(e, Finished))
    assert np.trace(finished.metrics["confusion"]) == finished.test_right
    assert done.test == finished


def test_gradients_are_measured_by_parameter() -> None:
    """The mean over an epoch's steps of each length; together they are the step's own."""
    events = []
    train("optimizer sgd lr 0.01", on_event=events.append)
    epoch = next(e for e in events if isinstance(e, EpochDone))
    norms = [e.norm for e in events if isinstance(e, StepDone) and e.epoch == 1]
    assert set(epoch.gradient_norms) == {f"{n}.{p}" for n in ("conv1", "bn1", "fc1") for p in ("weight", "bias")}
    assert all(0 <= norm <= np.mean(norms) * 1.0001 for norm in epoch.gradient_norms.values())
    assert max(epoch.gradient_norms.values()) > 0


def test_the_rate_rises_and_falls() -> None:
    events = []
    train("schedule cosine warmup 1; optimizer sgd lr 0.1", on_event=events.append)
    rates = [e.lr for e in events if isinstance(e, StepDone)]
    assert len(rates) == 27
    np.testing.assert_allclose(rates[:9], 0.1 * np.arange(1, 10) / 9)
    np.testing.assert_allclose(rates[9:], 0.05 * (1 + np.cos(np.pi * np.arange(18) / 18)))
    assert [e.lr for e in events if isinstance(e, EpochDone)] == [rates[8], rates[17], rates[26]]


def test_the_first_bad_layer_is_named() -> None:
    """A rate of a million: the weights of the second step are so large that the second FC's output overflows."""
    text = "INPUT 8x8x1\nFC 30; FC 30; FC 30; FC 10\ntrain { data digits; optimizer sgd lr 1e3; steps 30 }"
    with pytest.raises(CnnError) as caught:
        cnndsl.train(text)
    (d,) = caught.value.diagnostics
    assert (d.code, d.exit_code) == ("E804", 3)
    assert "(FC) gives " in d.message or "gradient by fc" in d.message
    assert "at epoch 1, step " in d.message
