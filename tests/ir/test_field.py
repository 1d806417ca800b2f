"""Receptive fields: published and hand-counted figures, and against the gradient of single output cells."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.ir.field import fields

FIGURES: dict[str, dict[str, tuple[int, int]]] = {
    "lenet5": {"conv2": (14, 2), "pool2": (16, 4)},
    "alexnet": {"conv5": (163, 16), "pool3": (195, 32)},
    "vgg16": {"pool5": (212, 32)},
    "googlenet": {"i5b.conv5": (715, 32), "i5b.concat1": (715, 32)},
    "resnet18": {"basic5.add1": (435, 32), "pool1": (435 + 6 * 32, 7 * 32)},
    "resnet34": {"basic13.add1": (899, 32)},
    "resnet50": {"bottleneck12.add1": (427, 32)},
    "resnet101": {"bottleneck29.add1": (971, 32)},
    "resnet152": {"bottleneck46.add1": (1451, 32)},
    "resnet50_paper": {"bottleneck12.add1": (483, 32)},
    "resnet101_paper": {"bottleneck29.add1": (1027, 32)},
    "resnet152_paper": {"bottleneck46.add1": (1507, 32)},
    "mobilenet_v1": {"separable13.conv1": (315, 32)},
    "alphago": {"conv13": (27, 1)},
    "alphago_zero": {"residual19.add1": (79, 1), "value.conv1": (79, 1)},
    "digits_residual": {"conv5": (11, 1)},
}
"""Name of a layer to field and jump, as they are known before any global pool or FC; such a pool then spans the map."""


@pytest.mark.parametrize("name", FIGURES)
def test_figures(name: str, models: Path) -> None:
    found = fields(cnndsl.load(models / f"{name}.cnn").graph)
    for layer, (size, jump) in FIGURES[name].items():
        assert (found[layer].size, found[layer].jump) == ((size, size), (jump, jump))


def last(text: str) -> tuple[tuple[int, int], tuple[Fraction, Fraction] | None]:
    graph = cnndsl.loads(text).graph
    field = fields(graph)[graph.outputs["main"]]
    return field.size, field.jump


def test_height_and_width_are_apart() -> None:
    # height 1 + 2*1, width 1 + 4*1; then 2 rows a jump of 2 apart, 3 columns a jump of 1 apart
    assert last("INPUT 33x33x1; CONV 3x5 *1 stride 2x1; CONV 2x3 *1 dilate 1x1") == ((3 + 1 * 2, 5 + 2), (2, 1))


def test_dilation_counts_the_span() -> None:
    assert last("INPUT 33x33x1; CONV 3x3 *1 dilate 4") == ((9, 9), (1, 1))


def test_paths_whose_jumps_differ() -> None:
    # one path steps by 2 and is brought back by PAD, the other by 1; CONV 3x3 then adds 2*2 or 2*1 to each
    text = "INPUT 9x9x1; ADD( CONV 3x3 *1 stride 2 -> PAD 1x1x2x2 | CONV 3x3 *1 )"
    assert last(text) == ((3, 3), None)
    assert last(text + "; CONV 3x3 *1") == ((7, 7), None)
    # the path with the larger field need not stay it: 5 by 1 against 3 by 2, over a window of 5: 9 against 11
    text = "INPUT 9x9x1; ADD( CONV 3x3 *1 stride 2 -> PAD 0x0x1x1 | CONV 5x5 *1 ); CONV 5x5 *1"
    assert last(text) == ((3 + 4 * 2, 3 + 4 * 2), None)


def test_a_finer_output() -> None:
    half = Fraction(1, 2)
    assert last("INPUT 9x9x1; UPSAMPLE 2") == ((1, 1), (half, half))
    # four cells of half the size lie over up to three of the input's
    assert last("INPUT 9x9x1; UPSAMPLE 2; CONV 4x4 *1") == ((3, 3), (half, half))
    assert last("INPUT 8x8x1; CONV 2x2 *1 stride 2; UPSAMPLE 2; CONV 3x3 *1") == ((4, 4), (1, 1))


def test_everything_through_a_vector() -> None:
    assert last("INPUT 7x5x3; FC 2")[0] == (7, 5)
    assert last("INPUT 7x5x3; FLATTEN")[0] == (7, 5)
    assert last("INPUT 7x5x3; POOL mean global; FC 3")[0] == (7, 5)


def test_one_value_for_a_whole_map_has_no_jump_of_its_own() -> None:
    gate = "INPUT 8x8x2; CONV 3x3 *2 pad 1; MUL( ID | POOL mean global -> CONV 1x1 *2 )"
    assert last(gate) == ((3 + 7, 3 + 7), (1, 1))
    # 3 by 1 grows to 5; 10 by nothing stays
    assert last(gate + "; CONV 3x3 *2") == ((10, 10), (1, 1))


def spans(text: str, size: int) -> tuple[int, int]:
    """The widest span of input rows, and of columns, that the gradient of one output cell reaches: of cells in the
    middle of the map, that no border clips."""
    model = cnndsl.compile(text, dtype="float64", backend="vectorized")
    for array in model.parameters.values():
        array[...] = 1.0
    step = model.forward(np.ones((1, 1, size, size)), training=True)
    height, width = step.output.shape[2:]
    widest = [0, 0]
    middle = [(y, x) for y in around(height) for x in around(width)]
    for y, x in middle:
        dy = np.zeros_like(step.output)
        dy[0, 0, y, x] = 1.0
        reached = model.backward(step, dy).input[0, 0] != 0
        for axis in (0, 1):
            at = np.flatnonzero(reached.any(axis=1 - axis))
            assert at[0] > 0
            assert at[-1] < size - 1
            widest[axis] = max(widest[axis], int(at[-1] - at[0] + 1))
    return widest[0], widest[1]


def around(length: int) -> range:
    return range(length // 2 - 2, length // 2 + 2)


def drawn(seed: int) -> str:
    """A chain with residual blocks, windows of every form."""
    pick = random.Random(seed)
    steps = ["INPUT 96x96x1"]
    strides = 1
    for _ in range(pick.randint(2, 4)):
        kind = pick.choice(("conv", "conv", "pool", "branches", "dilated", "up"))
        a, b = pick.choice((1, 2, 3, 5)), pick.choice((1, 2, 3))
        if kind == "conv" and strides < 4 and pick.random() < 0.5:
            strides *= 2
            steps.append(f"CONV {max(a, 2)}x{b + 1} *1 stride 2 floor")
        elif kind == "conv":
            steps.append(f"CONV {a}x{b} *1")
        elif kind == "pool" and strides < 4:
            strides *= 2
            steps.append("POOL mean 2 floor" if a < 3 else "POOL mean 3 stride 2 floor")
        elif kind == "dilated":
            steps.append(f"CONV 3x3 *1 dilate {pick.randint(1, 3)}x{pick.randint(1, 3)}")
        elif kind == "up" and strides > 1:
            strides //= 2
            steps.append(pick.choice(("UPSAMPLE 2", "DECONV 2 *1 stride 2")))
        else:
            steps.append(
                f"ADD( CONV {2 * b - 1}x{2 * b - 1} *1 pad {b - 1} | CONV 3x5 *1 pad 1x2 -> CONV 3x1 *1 pad 1x0 )"
            )
    return "\n".join(steps)


@pytest.mark.parametrize("seed", range(40))
def test_against_gradients(seed: int) -> None:
    text = drawn(seed)
    graph = cnndsl.loads(text).graph
    expected = spans(text, 96)
    found = fields(graph)[graph.outputs["main"]].size
    if "UPSAMPLE" in text or "DECONV" in text:
        # a finer output: what a cell sees depends on where it lies over the coarser ones, by up to a jump of those
        assert all(abs(e - f) < 4 for e, f in zip(expected, found, strict=True)), text
    else:
        assert found == expected, text
