"""The memory plan: nothing that lives at one time overlaps, and nothing is larger than it need be."""

from __future__ import annotations

import random
from typing import Any

import pytest

import cnndsl
from cnndsl.passes.plan import GRAIN, Buffer, Mode, Plan, lifetimes, peak, placed, plan
from cnndsl.resources import folder

MODES: tuple[Mode, ...] = ("inference", "step", "tape")
MODELS = sorted(path.stem for path in folder("models").glob("*.cnn"))


def planned(text: str, mode: Mode, **options: Any) -> Plan:
    return plan(cnndsl.loads(text).graph, mode, **options)


def sound(found: Plan) -> None:
    for i, a in enumerate(found.buffers):
        assert a.first <= a.last
        assert a.offset % GRAIN == 0
        for b in found.buffers[:i]:
            assert not (a.meets(b) and a.overlaps(b)), (a, b)
    assert found.peak <= found.cells <= found.total


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [m for m in MODELS if m not in ("resnet152", "figure", "pattern")])
def test_no_two_live_buffers_overlap(name: str, mode: Mode) -> None:
    network = cnndsl.load(folder("models") / f"{name}.cnn")
    sound(plan(network.graph, mode, input_gradient=True))


def test_offsets_of_random_lifetimes() -> None:
    rng = random.Random(0)
    for _ in range(200):
        found = []
        for i in range(rng.randint(1, 30)):
            first = rng.randint(0, 20)
            found.append(Buffer(str(i), GRAIN * rng.randint(1, 9), first, first + rng.randint(0, 9)))
        sound(Plan(placed(tuple(found)), {}, {}, {}))


def test_peak_by_hand() -> None:
    """a lives at 0 to 2, b at 1 to 1, c at 3: 5 + 2 at time 1, 4 at time 3."""
    assert peak([Buffer("a", 5, 0, 2), Buffer("b", 2, 1, 1), Buffer("c", 4, 3, 3)]) == 7
    assert peak([]) == 0


def test_a_chain_outside_training_needs_two_neighbours() -> None:
    """Maps of 64 values, 64, 32 and 16: the largest two that live at one time are the first two."""
    found = planned("INPUT 8x8x1; CONV 3x3 *1 pad 1; CONV 3x3 *1 pad 1; FC 32; FC 16", "inference")
    assert [b.cells for b in found.buffers] == [64, 64, 64, 32, 16]
    assert found.cells == 128
    assert found.total == 240


def test_an_activation_lies_where_its_input_lay() -> None:
    found = planned("INPUT 4x4x1; CONV 3x3 *2 pad 1; RELU; FC 16", "step")
    assert found.outputs["relu1"] == found.outputs["conv1"]
    shares = found.shares["relu1", 0]
    assert found.buffers[shares].name == "relu1 gradient"
    assert shares == found.shares["fc1", 0]  # its gradient lies where that of its output lay


def test_not_where_somebody_else_still_reads_it() -> None:
    found = planned("INPUT 4x4x1; CONV 3x3 *1 pad 1; ADD( RELU | SIGMOID ); FC 16", "step")
    assert found.outputs["relu1"] != found.outputs["conv1"]
    assert found.outputs["sigmoid1"] == found.outputs["conv1"]  # the last to read it
    # LEAKY's backward reads its input, so RELU behind it keeps it; RELU's own backward reads its output alone
    found = planned("INPUT 4x4x1; CONV 3x3 *1 pad 1; LEAKY; RELU; FC 16", "step")
    assert found.outputs["leaky1"] != found.outputs["conv1"]
    assert found.outputs["relu1"] == found.outputs["leaky1"]
    found = planned("INPUT 4x4x1; CONV 3x3 *1 pad 1; POOL max 1; RELU; FC 16", "step")
    assert found.outputs["relu1"] != found.outputs["pool1"]  # POOL's backward reads its output


def test_what_backward_reads_lives_until_then() -> None:
    """Four nodes: fc2 runs backward at 4, relu at 5, fc1 at 6. fc1 reads the input, relu and fc2 what relu gave."""
    found = planned("INPUT 4x4x1; FC 32; RELU; FC 16", "step")
    assert found.buffers[found.outputs["input"]].last == 6
    assert found.buffers[found.outputs["relu1"]].last == 5
    again = planned("INPUT 4x4x1; FC 32; RELU; FC 16", "tape")
    assert again.buffers[again.outputs["relu1"]].last == 8


def test_the_gradient_of_a_sum_is_handed_on() -> None:
    """y = f(x) + x: both get dy itself, and x's second share is added to it once nobody else reads it."""
    found = planned("INPUT 4x4x1; CONV 3x3 *1 pad 1 as c; ADD( CONV 3x3 *1 pad 1 | ID ); FC 16", "step")
    dy = found.shares["add1", 0]
    assert dy == found.shares["add1", 1]
    assert found.sums["conv1", 0] == dy
    assert found.shares["conv1", 0] != dy


@pytest.mark.parametrize(("name", "least"), [("vgg16", 1.3), ("resnet18", 1.3), ("lenet5", 1.2)])
def test_sharing_is_worth_it(name: str, least: float) -> None:
    found = lifetimes(cnndsl.load(folder("models") / f"{name}.cnn").graph, "step")
    assert found.total > least * found.peak
