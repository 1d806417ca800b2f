"""Lints: what is told, where, and what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl


def found(text: str) -> list[str]:
    return [f"{d.code} {d.span.line}:{d.span.column}" for d in cnndsl.check(text) if d.span]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a bias under BN: also in blocks and groups, once for a place in the text
        ("CONV 3x3 *4 -> BN", ["W202 2:1"]),
        ("FC 4 -> BN", ["W202 2:1"]),
        ("DWCONV 3x3 -> BN; DECONV 3x3 *4 -> BN", ["W202 2:1", "W202 2:19"]),
        ("block b(n) {\nCONV 3x3 *n pad 1 -> BN\n}\nb(4) -> b(8)", ["W202 3:1"]),
        ("[ CONV 3x3 *4 pad 1 -> BN ]*3", ["W202 2:3"]),
        ("CONV 3x3 *4 nobias -> BN", []),
        ("CONV 3x3 *4 bias position -> BN", []),
        ("CONV 3x3 *4 -> BN noscale", ["W202 2:1"]),
        ("set CONV nobias\nCONV 3x3 *4 -> BN", []),
        ("CONV 3x3 *4 relu -> BN", []),
        ("CONV 3x3 *3 pad 1 as a -> BN -> ADD( ID | @a )", []),
        # behind SOFTMAX
        ("FC 4 -> SOFTMAX -> FC 2", ["W203 2:20"]),
        ("FC 4 -> SOFTMAX -> SOFTMAX", ["W203 2:20"]),
        ("CONV 3x3 *4 -> SOFTMAX -> FLATTEN", []),
        ("FC 4 -> SOFTMAX", []),
        # labels and blocks
        ("CONV 3x3 *4 as a", ["W204 2:16"]),
        ("[ CONV 3x3 *4 pad 1 ]*2 as a", ["W204 2:28"]),
        ("CONV 3x3 *3 pad 1 as a; ADD( ID | @a )", []),
        ("block b(n) {\nFC n_\n}\nFC 2", ["E203 3:4"]),
        ("block b(n) {\nFC {n}\n}\nFC 2", ["W205 2:7"]),
        ("block b(n) {\nFC {n}\n}\nb(2)", []),
        ("block b(n) {\nFC {n}\n}\nb(2) as head", []),
        ("block b(n) {\nFC {n}\n}\nblock c(n) {\nb(n)\n}\nc(3)", []),
        # dropped rows: more than a tenth, and not those that windows pass over anyway
        ("POOL max 3 floor", []),
        ("POOL max 7 floor", ["W301 2:1"]),
        ("POOL max 3 stride 2 floor", []),
        ("CONV 1x1 *4 stride 3 floor", []),
        # larger than the map
        ("POOL max 4; POOL mean 4 pad 1 stride 1", ["W302 2:13"]),
        ("POOL max 8; POOL max 3 same", ["W302 2:13"]),
        ("POOL max 8; POOL max global", []),
    ],
)
def test_lints(text: str, expected: list[str]) -> None:
    sizes = {"POOL max 7 floor": "12x12x3", "POOL max 4; POOL mean 4 pad 1 stride 1": "12x12x3"}
    assert found(f"INPUT {sizes.get(text, '16x16x3' if 'POOL max' in text else '9x9x3')}\n{text}") == expected


def test_nothing_is_told_of_a_file_with_errors() -> None:
    assert found("INPUT 9x9x3\nCONV 3x3 *4 as a -> BN\nFC 0") == ["E204 3:4"]


def test_a_count_behind_a_group_that_the_layer_lacks() -> None:
    (d,) = cnndsl.check("INPUT 9x9x3\n[CONV 3x3]*2\nFC 3")
    assert d.code == "E202"
    (fix,) = d.fixes
    assert (fix.text, fix.sure) == ("for 2 filters, write `CONV 3x3 *2`", False)
    assert [(e.span.text, e.replacement) for e in fix.edits] == [("[CONV 3x3]*2", "CONV 3x3 *2")]
    assert cnndsl.check("INPUT 9x9x3\nset CONV *4\n[CONV 3x3]*2\nFC 3") == []


def test_the_help_for_a_bias_is_the_word() -> None:
    (d,) = cnndsl.check("INPUT 9x9x3\nCONV 3x3 *4 -> BN\nFC 3")
    (fix,) = d.fixes
    assert [(e.span.start == e.span.end, e.replacement) for e in fix.edits] == [(True, " nobias")]
    assert d.related[0].span.text == "BN"


def test_bn_without_scale_has_no_shift_of_its_own() -> None:
    for word, told in (("", True), (" noscale", False)):
        (d,) = cnndsl.check(f"INPUT 8x8x1\nCONV 3x3 *4 -> BN{word}")
        assert ("a shift of its own" in d.message) is told


def test_a_label_that_freeze_names_is_used(found: Callable[[str], list[str]]) -> None:
    text = 'INPUT 8x8x1\nCONV 3x3 *8 as early\nFC 10\ntrain {{ freeze "{}" }}'
    assert [found(text.format(pattern)) for pattern in ("early.*", "early.weight", "conv*", "fc1.*")] == [
        [],
        [],
        ["E508 4:16"],
        ["W204 2:16"],
    ]
