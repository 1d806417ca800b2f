"""What a size rule suggests does what it says: every change is written into the layer, and the layer is read again."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

import pytest

import cnndsl
from cnndsl.ir.types import Change, Reject, TensorType
from cnndsl.ops.spec import Op

Written = dict[str, str]
"""Field to its argument as it stands in the text."""


UNSEEN = {"E207": {"E303", "E306"}, "E305": {"E303", "E306"}, "E307": {"E306"}}
"""A mistake that is there whatever the input is, to others that show only after it."""


def text(keyword: str, written: Mapping[str, str]) -> str:
    return " ".join([keyword, *(argument for argument in written.values() if argument)])


def rejection(op: Op, given: Mapping[str, Any], x: TensorType) -> Reject | None:
    try:
        op.check(op.attrs(**given))
        op.infer(op.attrs(**given), (x,))
    except Reject as reject:
        return reject
    return None


def follow(keyword: str, written: Written, x: TensorType, reject: Reject) -> int:
    """Follows every change of a rejection; gives how many there were."""
    changes = [help for help in reject.help if isinstance(help, Change)]
    for change in changes:
        line = f"INPUT {x.height}x{x.width}x{x.depth}; {text(keyword, {**written, **change.arguments})}"
        if others := [d.code for d in cnndsl.check(line) if d.severity == "error"]:
            assert set(others) <= UNSEEN.get(reject.code, set()), (line, change, others)
            continue
        graph = cnndsl.loads(line).graph
        for argument in change.arguments.values():
            assert f" {argument}" in line
        size = graph.nodes[-1].type
        promised = re.search(r"(?:gives|:) (\d+x\d+)$", change.help)
        if promised:
            assert str(size).startswith(f"{promised[1]}x"), (line, change)
        if "keeps the size" in change.help:
            assert (size.height, size.width) == (x.height, x.width), (line, change)
    return len(changes)


def pair(rng: random.Random, low: int, high: int) -> tuple[int, int]:
    return rng.randint(low, high), rng.choice([low, rng.randint(low, high)])


def drawn(rng: random.Random, keyword: str) -> tuple[dict[str, Any], Written, TensorType]:
    """A layer with windows, often one that does not fit, as values and as written."""
    x = TensorType(*pair(rng, 1, 20), rng.choice([2, 4, 6]))
    if rng.random() < 0.5:
        x = TensorType(x.height, x.height, x.depth)
    window = pair(rng, 1, 7)
    if rng.random() < 0.7:
        window = (window[0], window[0])
    given: dict[str, Any] = {"window": window}
    if rng.random() < 0.6:
        given["stride"] = pair(rng, 1, 4)
    if rng.random() < 0.5:
        given["pad"] = tuple(rng.randint(0, 3) for _ in range(4)) if rng.random() < 0.3 else (rng.randint(0, 3),) * 4
    if rng.random() < 0.2:
        given["fit"] = rng.choice(["floor", "ceil", "same"])
    if keyword != "POOL" and rng.random() < 0.3:
        given["dilate"] = pair(rng, 1, 3)
    written = {
        "window": "x".join(map(str, window)),
        **{f: f"{f} {'x'.join(map(str, given[f]))}" for f in ("stride", "pad", "dilate") if f in given},
        "fit": given.get("fit", ""),
    }
    if keyword == "POOL":
        given["mode"] = written["mode"] = rng.choice(["max", "mean"])
    if keyword == "CONV":
        given["filters"] = rng.choice([2, 4, 6])
        written["filters"] = f"*{given['filters']}"
        if rng.random() < 0.3:
            given["groups"] = rng.randint(1, 5)
            written["groups"] = f"groups {given['groups']}"
        if rng.random() < 0.3:
            given["window"] = (*window, rng.randint(1, 6))
            written["window"] = "x".join(map(str, given["window"]))
    return given, written, x


@pytest.mark.parametrize("keyword", ["CONV", "DWCONV", "POOL"])
def test_windows(keyword: str, layers: Mapping[str, Op]) -> None:
    rng = random.Random(keyword)
    followed, codes = 0, set()
    for _ in range(250):
        given, written, x = drawn(rng, keyword)
        if reject := rejection(layers[keyword], given, x):
            codes.add(reject.code)
            followed += follow(keyword, written, x, reject)
    assert followed > 200
    assert codes >= {"E301", "E302", "E305"} | ({"E303", "E306"} if keyword == "CONV" else set())


def helps(layers: Mapping[str, Op], keyword: str, x: str, **given: Any) -> dict[str, Mapping[str, str]]:
    """What a layer's rejection suggests: text to changes, none for what is only told."""
    numbers = [int(n) for n in x.split("x")]
    of = TensorType.vector(numbers[0]) if len(numbers) == 1 else TensorType(*numbers)
    reject = rejection(layers[keyword], given, of)
    assert reject is not None
    return {h.help: dict(h.arguments) if isinstance(h, Change) else {} for h in map(_change, reject.help)}


def _change(help: str | Change) -> Change:
    return help if isinstance(help, Change) else Change(help, {})


def test_the_likeliest_first(layers: Mapping[str, Op]) -> None:
    found = helps(layers, "CONV", "32x32x3", window=(3, 3, 3), filters=2, stride=(2, 2), pad=(1, 1, 1, 1))
    assert list(found.items()) == [
        ("add `floor` to drop the rows that fill no window: 16x16", {"fit": "floor"}),
        ("add `ceil` to let the last window hang over: 17x17", {"fit": "ceil"}),
        ("use `stride 1`, which gives 32x32", {"stride": "stride 1"}),
        ("use `pad 1x1x0x0`, which gives 16x16", {"pad": "pad 1x1x0x0"}),
        ("or give it another input: 31x31 gives 16x16, 33x33 gives 17x17 (`cnndsl sizes` tries every layer)", {}),
    ]
    found = helps(layers, "POOL", "28x28x3", mode="max", window=(3, 3))
    assert list(found.items()) == [
        ("use `pad 1`, which gives 10x10", {"pad": "pad 1"}),
        ("add `floor` to drop the rows that fill no window: 9x9", {"fit": "floor"}),
        ("add `ceil` to let the last window hang over: 10x10", {"fit": "ceil"}),
        ("use a window of 2, which gives 14x14", {"window": "2", "stride": ""}),
        ("or give it another input: 27x27 gives 9x9, 30x30 gives 10x10 (`cnndsl sizes` tries every layer)", {}),
    ]
    found = helps(layers, "CONV", "4x4x3", window=(5, 5, 3), filters=2)
    assert list(found.items()) == [
        ("use a window of 4, which gives 1x1", {"window": "4x4x3"}),
        ("use `pad 1`, which gives 2x2", {"pad": "pad 1"}),
        ("use `same`, which gives 4x4", {"fit": "same"}),
    ]


def test_one_axis_at_a_time(layers: Mapping[str, Op]) -> None:
    """Where height and width need different things, each gets its own."""
    wide = {"window": (3, 3), "filters": 2, "stride": (2, 3)}
    found = helps(layers, "CONV", "7x9x1", **wide, pad=(0, 1, 0, 1))
    assert found["use `stride 2`, which gives 3x5"] == {"stride": "stride 2"}
    assert found["leave the pad out, which gives 3x3"] == {"pad": ""}
    assert found["or give it another input: 7x7 gives 3x3, 7x10 gives 3x4 (`cnndsl sizes` tries every layer)"] == {}
    found = helps(layers, "CONV", "7x8x1", **wide)
    assert found["use `pad 2`, which gives 5x4"] == {"pad": "pad 2"}
    found = helps(layers, "CONV", "7x8x1", **{**wide, "window": (1, 3)})
    assert found["use `pad 0x2`, which gives 4x4"] == {"pad": "pad 0x2"}
    found = helps(layers, "POOL", "2x9x1", mode="max", window=(3, 3))
    assert found["use a window of 2x3, which gives 1x3"] == {"window": "2x3"}


def test_depth_and_groups(layers: Mapping[str, Op]) -> None:
    found = helps(layers, "CONV", "28x28x1", window=(5, 5, 3), filters=6)
    assert list(found.values()) == [{"window": "5x5x1"}, {"window": "5x5"}]
    found = helps(layers, "CONV", "28x28x4", window=(3, 3), filters=6, groups=4)
    assert found == {"use `groups 2`": {"groups": "groups 2"}, "leave `groups` out": {"groups": ""}}
    found = helps(layers, "CONV", "28x28x4", window=(3, 3), filters=3, groups=4)
    assert found == {"leave `groups` out": {"groups": ""}}
    # the depth is right, but the size would not be whole: told, not offered
    found = helps(layers, "CONV", "28x28x1", window=(5, 5, 3), filters=6, stride=(2, 2))
    assert found == {"write `5x5x1`, or leave the depth out: `5x5`": {}}


def test_pads(layers: Mapping[str, Op]) -> None:
    found = helps(layers, "CONV", "28x28x1", window=(3, 1), filters=6, pad=(3, 3, 3, 3))
    assert found == {
        "use `pad 2x0`": {"pad": "pad 2x0"},
        "use `same`, which keeps the size": {"pad": "", "fit": "same"},
    }
    found = helps(layers, "CONV", "28x28x1", window=(3, 3), filters=6, pad=(3, 3, 3, 3), stride=(2, 2))
    assert found == {"`pad 2` is the most": {}}
    found = helps(layers, "DWCONV", "28x28x1", window=(3, 3), pad=(1, 1, 1, 1), fit="same")
    assert found == {"leave the pad out": {"pad": ""}}


def test_pool(layers: Mapping[str, Op]) -> None:
    assert helps(layers, "POOL", "8x8x1", mode="max", window=(2, 2), reach="global", pad=(1, 1, 1, 1)) == {
        "leave the window out": {"window": "", "stride": "", "pad": ""}
    }
    assert helps(layers, "POOL", "8x8x1", mode="max", reach="global", stride=(2, 2), pad=(1, 1, 1, 1)) == {
        "leave out `stride` and `pad`": {"stride": "", "pad": ""}
    }
    assert helps(layers, "POOL", "8x8x1", mode="max", window=(2, 2), countpad=True) == {
        "leave `countpad` out": {"countpad": ""},
        "or use `mean`": {"mode": "mean"},
    }


def test_vectors(layers: Mapping[str, Op]) -> None:
    for keyword, given in [
        ("CONV", {"window": (1, 1), "filters": 1}),
        ("UPSAMPLE", {"factor": (2, 2)}),
        ("PAD", {"pad": (0, 1, 0, 0)}),
        ("DECONV", {"window": (1, 1), "filters": 1}),
    ]:
        assert list(helps(layers, keyword, "98", **given)) == [
            "put this step before the FC or FLATTEN that makes the vector",
            "or make it a map again: `RESHAPE 7x7x2`",
        ]


@pytest.mark.parametrize(
    ("x", "size", "expected"),
    [
        ("98", (7, 7, 3), "7x7x2"),  # the height and width stay
        ("192", (7, 7, 3), "8x8x3"),  # the depth stays, and a square is left
        ("97", (7, 7, 3), "1x1x97"),
        ("4x4x6", (5, 5, 4), "4x4x6"),
    ],
)
def test_reshape(x: str, size: tuple[int, int, int], expected: str, layers: Mapping[str, Op]) -> None:
    assert helps(layers, "RESHAPE", x, size=size) == {f"use `RESHAPE {expected}`": {"size": expected}}
    source = f"INPUT {x}" if "x" in x else f"INPUT 1x1x1; FC {x}"
    assert str(cnndsl.loads(f"{source}; RESHAPE {expected}").graph.output().type) == expected


def test_deconv(layers: Mapping[str, Op]) -> None:
    rng = random.Random(30)
    followed, codes = 0, set()
    for _ in range(400):
        x = TensorType(rng.randint(1, 3), rng.randint(1, 3), rng.choice([2, 4, 6]))
        given: dict[str, Any] = {"window": pair(rng, 1, 5), "filters": rng.choice([2, 4, 6])}
        given["pad"] = tuple(rng.randint(0, 4) for _ in range(4)) if rng.random() < 0.5 else (0, 0, 0, 0)
        given |= {"stride": pair(rng, 1, 3), "dilate": pair(rng, 1, 2), "extra": pair(rng, 0, 2)}
        given["groups"] = rng.choice([1, 1, 2, 3])
        written = {"filters": f"*{given['filters']}", "window": "x".join(map(str, given["window"]))}
        written |= {f: f"{f} {'x'.join(map(str, given[f]))}" for f in ("stride", "pad", "dilate", "extra")}
        written["groups"] = f"groups {given['groups']}"
        if reject := rejection(layers["DECONV"], given, x):
            codes.add(reject.code)
            followed += follow("DECONV", written, x, reject)
    assert codes == {"E305", "E306", "E307", "E308"}
    assert followed > 50
    found = helps(layers, "DECONV", "1x2x8", window=(3, 3), filters=4, pad=(2, 2, 2, 2))
    assert found == {"use `pad 1`, which gives 1x2": {"pad": "pad 1"}}
