"""Fixes are tried before they are shown: those that help stay, those that do not go, and the work is bounded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from time import process_time

import pytest

import cnndsl
from cnndsl.api import examining
from cnndsl.diagnostics import Diagnostic, Edit, Fix
from cnndsl.diagnostics.fixes import applied, unasked, verified
from cnndsl.diagnostics.model import errors, replaced
from cnndsl.source import Source


def fixes(text: str) -> list[tuple[str, list[str]]]:
    """Of every diagnostic its code, and what its fixes write; words only for a fix without edits."""
    return [
        (d.code, ["".join(e.replacement for e in f.edits) if f.edits else f"({f.text})" for f in d.fixes])
        for d in cnndsl.check(text)
    ]


def mended(text: str, d: Diagnostic, number: int = 0) -> str:
    return applied(text, d.fixes[number].edits)


# ---- which fixes stay


def test_a_choice_stays_where_the_rest_fits() -> None:
    text = "INPUT 32x32x3\nCONV 3x3 *2 stride 2 pad 1\nFC 10"
    (d,) = cnndsl.check(text)
    assert len(d.fixes) > 2
    for number in range(len(d.fixes)):
        assert cnndsl.check(mended(text, d, number)) == []


def test_a_choice_says_which_later_size_does_not_fit() -> None:
    (d,) = cnndsl.check("INPUT 32x32x3\nCONV 3x3 *2 stride 2 pad 1\nPOOL max 2\nFC 10")
    said = [(fix.text.split("`")[1], "does not fit then" in fix.text) for fix in d.fixes]
    # floor gives 16x16; ceil 17x17 and stride 3 11x11, which POOL max 2 does not divide
    assert ("floor", False) in said
    assert ("ceil", True) in said
    assert [later for _, later in said] == sorted(later for _, later in said)
    ceil = next(fix for fix in d.fixes if "`ceil`" in fix.text)
    assert ceil.text.endswith("; line 3 does not fit then")


def test_a_choice_stays_where_a_later_layer_has_an_error_of_its_own() -> None:
    text = "INPUT 224x224x3\nCONV 7x7 *64 stride 2 pad 3\nPOOL max 3 stride 2 pad 1\nCONV 3x3 *8 pad 1\nFC 10"
    (d,) = cnndsl.check(text)  # (224 - 7 + 6)/2 + 1 = 112.5, and (112 - 3 + 2)/2 + 1 = 56.5
    assert any(fix.text.startswith("add `floor`") and fix.text.endswith("line 3 does not fit then") for fix in d.fixes)
    (d,) = cnndsl.check("INPUT 32x32x3\nCONV 3x3 *2 stride 2 pad 1\nPOOL max 99")
    assert d.code == "E301"
    assert d.fixes


def test_a_choice_goes_where_what_it_gives_cannot_be_joined() -> None:
    text = "INPUT 9x9x1\nADD( CONV 2x2 *3 stride 2 | CONV 1x1 *3 stride 2 )\nFC 10"  # 4.5, beside 5
    (d,) = cnndsl.check(text)
    assert d.fixes
    for fix in d.fixes:
        assert cnndsl.check(applied(text, fix.edits)) == [], fix.text
    assert not any("`floor`" in fix.text for fix in d.fixes)


def test_a_choice_stays_beside_a_mistake_elsewhere() -> None:
    found = fixes("INPUT 32x32x3\nCONV 3x3 *2 stride 2 pad 1\nFC 10 train { batch 0 }\ntrain { batch 0 }")
    assert found[0][0] == "E301"
    assert "stride 1" in found[0][1]


def test_a_misspelt_word_may_hide_another_mistake() -> None:
    for text in (
        "INPUT 8x8x1\nCONVV 3x3 *8\nFC 0",
        "INPUT 8x8x1\nCONVV 3x3 *8\nPOOL max 9",
        "INPUT 8x8x1\nCONVV 3x3 *8 strid 1",
        "INPUT 8x8x1\nCONVV 3x3 *8 stride 0",
        "INPUT 8x8x1\nCONVV 3x3 *8 stride 2",
        "INPUT 8x8x1\nADD( CONV 3x3 *8 pad 1 | CONVV 3x3 *3 pad 1 )",
        "INPUT 8x8x1\nCONVV 3x3\nFC 3",
    ):
        assert fixes(text)[0] == ("E201", ["CONV"]), text


def test_a_guess_that_does_not_take_what_stands_there_goes() -> None:
    (d,) = cnndsl.check("INPUT 8x8x1\nFCC 3x3 *8")  # FC takes neither a size nor a count
    assert (d.code, d.fixes) == ("E201", ())
    assert d.help


def test_a_guess_in_front_of_what_cannot_be_read_is_told_only() -> None:
    found = fixes("INPUT 8x8x1\nConv 3x3 *8 relu(3)")
    assert found[0][0] == "E103"
    assert found[0][1] == ["(write `CONV`)"]


def test_a_diagnostic_without_advice_points_to_its_page() -> None:
    source = Source("a.cnn", "INPUT 8x8x1\nFC 0")
    (d,) = errors(cnndsl.check(source.text))
    bad = Diagnostic(d.code, d.message, source.span(15, 16), fixes=replaced(source.span(15, 16), "write `-1`", "-1"))
    (left,) = verified(source, [bad], lambda s: (examining.examine(s)[2], len(s.text)), 1000)
    assert left.advice == ("`cnndsl explain E204` has an example, and its repair",)


# ---- the mechanism, on a language of its own: every `x` is a mistake, and so is `yz`


def looked(source: Source) -> tuple[Sequence[Diagnostic], int]:
    text = source.text
    found = [Diagnostic("E201", "x", source.span(at, at + 1)) for at, c in enumerate(text) if c == "x"]
    found += [Diagnostic("E208", "yz", source.span(at, at + 2)) for at in range(len(text)) if text[at : at + 2] == "yz"]
    return found, len(text)


def tried(text: str, by: str, *, sure: bool = True, budget: int = 10_000) -> list[list[int]]:
    """How many edits the fixes have that verification leaves, where each `x` is replaced by `by`."""
    source = Source("t", text)
    found = [
        Diagnostic(d.code, d.message, d.span, fixes=replaced(d.span, "so", by, sure=sure))
        for d in looked(source)[0]
        if d.span is not None
    ]
    return [[len(f.edits) for f in d.fixes] for d in verified(source, found, looked, budget)]


@pytest.mark.parametrize("sure", [False, True])
def test_what_helps_and_what_does_not(sure: bool) -> None:
    assert tried("a x b", "", sure=sure) == [[1]]
    assert tried("a x b", "long", sure=sure) == [[1]]
    assert tried("a x b x c", "q", sure=sure) == [[1], [1]]
    assert tried("a x b", "x", sure=sure) == [[]]
    assert tried("a x b", "qx", sure=sure) == [[]]
    assert tried("a xz b", "y", sure=sure) == [[]]


def test_one_that_fails_does_not_spoil_the_others() -> None:
    assert tried("a x b\nxz c\nx", "y") == [[1], [], [1]]


def test_a_budget_that_is_used_up() -> None:
    assert tried("a x b", "q", budget=4) == [[0]]
    assert tried("a x b", "q", sure=False, budget=4) == [[]]
    assert tried("x\nx", "q", sure=False, budget=5) == [[1], []]
    assert tried("x" * 50, "q", budget=10) == [[0]] * 50


def test_edits_of_another_file_are_told_only() -> None:
    source, other = Source("t", "x"), Source("u", "x")
    for sure, left in ((True, [0]), (False, [])):
        d = Diagnostic("E201", "x", source.span(0, 1), fixes=replaced(other.span(0, 1), "so", "q", sure=sure))
        (out,) = verified(source, [d], looked, 1000)
        assert [len(f.edits) for f in out.fixes] == left


def test_applied_and_unasked() -> None:
    source = Source("t", "abcdef")
    edits = (Edit(source.span(4, 5), ""), Edit(source.span(0, 1), "XY"), Edit(source.span(2, 2), "_"))
    assert applied("abcdef", edits) == "XYb_cdf"
    place = source.span(0, 0)
    one, two, three = (
        Diagnostic("E201", "x", place, fixes=(Fix("so", (Edit(source.span(a, b), "Q"),), sure),))
        for a, b, sure in ((0, 2, True), (1, 3, True), (4, 5, False))
    )
    assert [e.span.start for e in unasked([one, two, three], source)] == [0]


# ---- as a whole


@pytest.mark.parametrize("seed", range(3))
def test_every_choice_that_is_shown_gives_a_network(seed: int) -> None:
    rng = random.Random(seed)
    shown = 0
    for _ in range(40):
        layers = [
            rng.choice(
                (
                    f"CONV {rng.randint(1, 7)} *4 stride {rng.randint(1, 3)} pad {rng.randint(0, 3)}",
                    f"POOL max {rng.randint(1, 4)} stride {rng.randint(1, 3)}",
                    "CONV 3x3x5 *4 pad 1",
                )
            )
            for _ in range(rng.randint(1, 4))
        ]
        text = "\n".join((f"INPUT {rng.randint(5, 20)}x{rng.randint(5, 20)}x1", *layers, "FC 3"))
        found = cnndsl.check(text)
        for d in found:
            for fix in d.fixes:
                assert fix.edits
                after = errors(cnndsl.check(applied(text, fix.edits)))
                further = [e for e in after if e.span and fix.text.endswith(f"; line {e.span.line} does not fit then")]
                assert ("does not fit then" in fix.text) == bool(further), (text, fix)
                assert all(e.code.startswith("E3") for e in further)
                assert len(after) == len(errors(found)) - (not further), (text, fix)
                shown += 1
    assert shown > 20


def test_a_file_without_fixes_is_checked_once(monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    count = 0
    parse = examining.parse

    def counted(*arguments: object) -> object:
        nonlocal count
        count += 1
        return parse(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(examining, "parse", counted)
    cnndsl.load(models / "lenet5.cnn")
    assert count == 1
    cnndsl.check("INPUT 8x8x1\nFC 0")
    assert count == 2
    cnndsl.check("INPUT 8x8x1\n" + "CONVV 3x3 *1 pad 1\n" * 30)
    assert count == 4


@pytest.mark.parametrize(
    "text",
    [
        "CONVV 3x3 *8\n" * 900,
        "CONVV 3x3 *8\n" * 45 + "[ RELU ]*9900",
        "CONVV 3x3 *8 -> FCC 3x3\n" * 20 + "[ RELU ]*9900",
        "ADD(" + "|".join(["CONV 3x3 *8 stride 2"] * 400) + ")",
        "# a comment\n" * 50_000 + "CONVV 3x3 *8",
        "block a(n) {\n [ RELU ]*n\n}\n" + "CONVV 3x3 *8 -> FCC 3x3\n" * 20 + "a(9900)",
    ],
)
def test_the_work_is_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "INPUT 28x28x1\n" + text
    cnndsl.check("RELU")
    start = process_time()
    with monkeypatch.context() as patched:
        patched.setattr(examining, "verified", lambda _source, found, *_: list(found))
        cnndsl.check(text)
    plain = process_time() - start
    start = process_time()
    cnndsl.check(text)
    assert process_time() - start < 2 * plain + 2
