"""Arguments, sizes and branches: the exact code and place of each mistake, and what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl

Found = Callable[[str], list[str]]
INPUT = "INPUT 28x28x4\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CONV 3x3", ["E202 2:1"]),
        ("CONV *4", ["E202 2:1"]),
        ("CONV", ["E202 2:1"]),
        ("FC", ["E202 2:1"]),
        ("DROPOUT", ["E202 2:1"]),
        ("POOL 2", ["E202 2:1"]),
        ("POOL max", ["E202 2:1"]),
        ("POOL med 2", ["E203 2:6"]),
        ("POOL max 0", ["E204 2:10"]),
        ("CONV 3x3 *4 stride 0", ["E204 2:20"]),
        ("CONV 3x3 *4 stride -1", ["E204 2:20"]),
        ("CONV 3x3 *4 stride 1.5", ["E204 2:20"]),
        ("CONV 3x3 *4 stride 1e3", ["E204 2:20"]),
        ("CONV 3x3 *4 stride 0x3", ["E204 2:20"]),
        ("CONV 3x3 *4 stride 1x2x3", ["E204 2:20"]),
        ("CONV 3x3 *4 pad 1x2x3", ["E204 2:17"]),
        ("CONV 3x3 *4 stride", ["E206 2:13"]),
        ("CONV 3x3 *4 stride *2", ["E206 2:13"]),
        ("CONV 3x3 *4 relu as", ["E104 2:20"]),
        ("CONV 65536 *1 dilate 65536", ["E302 2:6"]),
        ("CONV 3x3 *4 stride pad 1", ["E206 2:13"]),
        ("CONV 0x3x3 *4", ["E204 2:6"]),
        ("CONV 3x3 *0", ["E204 2:10"]),
        ("CONV 3x3 *1.5", ["E204 2:10"]),
        ("CONV 3x3x3x3 *4", ["E204 2:6"]),
        ("CONV 999999x999999x3 *4", ["E204 2:6"]),
        ("CONV 3x3x3 *4", ["E303 2:6"]),
        ("CONV 3x3 *4 pad 3", ["E305 2:13"]),
        ("CONV 3x3 *4 pad 0x3", ["E305 2:13"]),
        ("CONV 3x3 *4 groups 3", ["E306 2:13"]),
        ("CONV 31x31 *4", ["E302 2:6"]),
        ("CONV 3x3 *4 dilate 14", ["E302 2:6"]),
        ("CONV 3x3 *4 stride 2", ["E301 2:13"]),
        ("POOL max 3", ["E301 2:10"]),
        ("POOL max 3 ceil floor", ["E205 2:17"]),
        ("POOL max 3 same pad 1", ["E207 2:17"]),
        ("POOL max 3 global", ["E207 2:10"]),
        ("POOL max global stride 2", ["E207 2:17"]),
        ("POOL max 2 countpad", ["E207 2:12"]),
        ("POOL max mean 2", ["E205 2:10"]),
        ("CONV 3x3 *4 pad 1 pad 1", ["E205 2:19"]),
        ("CONV 3x3 5x5 *4", ["E205 2:10"]),
        ("CONV 3x3 *4 *5", ["E205 2:13"]),
        ("CONV 3x3 *4 relu tanh", ["E205 2:18"]),
        ("CONV 3x3 *4 strid 1", ["E203 2:13"]),
        ("CONV 3x3 *4 foo 7", ["E203 2:13"]),
        ("CONV 3x3 *4 foo", ["E203 2:13"]),
        ("CONV 3x3 times 4", ["E203 2:10"]),
        ('CONV 3x3 *4 "x"', ["E208 2:13"]),
        ("FC 10 *3", ["E208 2:7"]),
        ("FC 3x3", ["E208 2:4"]),
        ("FC 10 20", ["E205 2:7"]),
        ("FC 1.5", ["E204 2:4"]),
        ("FC -3", ["E204 2:4"]),
        ("DROPOUT 1", ["E204 2:9"]),
        ("DROPOUT -0.1", ["E204 2:9"]),
        ("BN momentum 0", ["E204 2:13"]),
        ("BN eps 2", ["E204 2:8"]),
        ("RELU 3", ["E208 2:6"]),
        ("RELU foo", ["E203 2:6"]),
        ("INPUT 3x3x1", ["E212 2:1"]),
        ("[ INPUT 3x3x1 ]", ["E212 2:3"]),
        ("FC 10\nCONV 3x3 *4", ["E304 3:1"]),
        ("FLATTEN\nPOOL max 2", ["E304 3:1"]),
        ("[ RELU ]*0", ["E204 2:9"]),
        ("[ RELU ]*1.5", ["E204 2:9"]),
        ("ID", ["E209 2:1"]),
        ("ADD", ["E209 2:1"]),
        ("RELU( ID | ID )", ["E209 2:1"]),
        ("ADD( ID )", ["E403 2:1"]),
        ("ADD( RELU -> ID | ID )", ["E209 2:14"]),
        ("ADD( ID 3 | ID )", ["E208 2:6"]),
        ("ADD( CONV 3x3 *3 pad 1 | ID )", ["E401 2:26"]),
        ("ADD 3 ( ID | ID )", ["E208 2:5"]),
        ("CONCAT( CONV 3x3 *3 | ID )", ["E402 2:23"]),
        ("ADD( FC 3 | CONV 1x1 *3 -> POOL mean global )", []),
        ("CONCAT( CONV 3x3 *3 pad 1 | ID )", []),
        ("CONV 3 *4 pad 1; CONV *4 1x1; CONV relu nobias stride 1x1 *4 3x1 pad 1x0", []),
        ("CONV 3x3 *4 dilate 2 pad 2 groups 2 same", ["E207 2:22"]),
    ],
)
def test_layers(text: str, expected: list[str], found: Found) -> None:
    assert found(INPUT + text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train { }", []),
        ("train { batch 32; epochs 3; seed 5; split 0.8; backend naive }", []),
        ("train { optimizer adam lr 1e-3 beta1 0.8 beta2 0.99 eps 1e-7 decay 0.1; steps 4 }", []),
        ("train { optimizer sgd nesterov momentum 0.9; loss cross_entropy smooth 0.1; init normal 0.01 }", []),
        ("train { epoch 3 }", ["E502 3:9"]),
        ("train { optimizer sdg lr 3 }", ["E503 3:19"]),
        ("train { optimizer sgd lrr 3 }", ["E503 3:23"]),
        ("train { optimizer sgd lr 0 }", ["E504 3:26"]),
        ("train { optimizer sgd lr }", ["E506 3:23"]),
        ("train { optimizer sgd momentum 1 }", ["E504 3:32"]),
        ("train { optimizer }", ["E506 3:9"]),
        ("train { optimizer 3 }", ["E503 3:19"]),
        ("train { batch 0 }", ["E504 3:15"]),
        ("train { batch 1.5 }", ["E504 3:15"]),
        ("train { batch }", ["E506 3:9"]),
        ("train { batch 3 4 }", ["E505 3:17"]),
        ("train { batch 3; batch 4 }", ["E505 3:18"]),
        ("train { epochs 3; steps 4 }", ["E505 3:19"]),
        ("train { seed -1 }", ["E504 3:14"]),
        ("train { split 0 }", ["E504 3:15"]),
        ("train { init normal }", ["E506 3:9"]),
        ("train { data digits }", ["E603 1:1"]),
        ("train { data digits pad 10 }", []),
        ("train { data digits limit 0; data mnist }", ["E504 3:27", "E505 3:30"]),
        ('train { data idx "no/such/folder" }', []),
        ("train { backend nosuch }", ["E503 3:17"]),
        ("train { data idx }", ["E506 3:9"]),
        ("train { }\ntrain { }", ["E501 4:1"]),
    ],
)
def test_train(text: str, expected: list[str], found: Found) -> None:
    assert found("INPUT 28x28x1\nFC 10\n" + text) == expected


def one(text: str) -> str:
    """Everything that the only finding in a text says."""
    (d,) = cnndsl.check(text)
    return "\n".join([d.message, d.label, *(r.text for r in d.related), *d.notes, *d.advice])


def test_the_card_on_a_wrong_input_says_16_5_and_helps() -> None:
    said = one("INPUT 32x32x3\nCONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10")
    assert "(32 - 3 + 2*1)/2 + 1 = 16.5" in said
    assert "gives 32x32x3" in said
    for fix in ("`pad 1x1x0x0`", "`floor`", "`stride 1`", "31x31 gives 16x16"):
        assert fix in said
    assert "`ceil` to let the last window hang over: 17x17; line 2 does not fit then" in said  # POOL max 2 on 17x17


@pytest.mark.parametrize(
    "fix", ["stride 2 pad 1x1x0x0", "stride 2 pad 1 floor", "stride 2 pad 1 ceil", "stride 1 pad 1"]
)
def test_the_fixes_it_names_work(fix: str, found: Found) -> None:
    assert found(f"INPUT 32x32x3\nCONV 3x3x3 *2 {fix}") == []


def test_both_axes_are_shown_where_they_differ() -> None:
    said = one("INPUT 7x8x1\nPOOL max 2")
    assert "H: (7 - 2 + 2*0)/2 + 1 = 3.5, not a whole number" in said
    assert "W:" not in said
    said = one("INPUT 7x9x1\nPOOL max 2")
    assert "H: (7 - 2 + 2*0)/2 + 1 = 3.5" in said
    assert "W: (9 - 2 + 2*0)/2 + 1 = 4.5" in said


def test_a_dilated_window_shows_its_extent() -> None:
    assert "F = (3 - 1)*3 + 1 = 7" in one("INPUT 5x5x1\nCONV 3x3 *2 dilate 3")


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("CONVV 3x3 *4", "`CONV`"),
        ("CONV 3x3 *4 strid 1", "`stride`"),
        ("CONV 3x3 *4 rellu", "`relu`"),
        ("POOL maks 2", "`max`"),
        ("Conv 3x3 *4", "`CONV`"),
        ("FC 10\ntrain { optimiser sgd }", "`optimizer`"),
        ("FC 10\ntrain { optimizer adm }", "`adam`"),
    ],
)
def test_did_you_mean(text: str, guess: str) -> None:
    assert guess in one(INPUT + text)


def test_ranges_are_said() -> None:
    assert "must be at least 1, found 0" in one(INPUT + "CONV 3x3 *4 stride 0")
    assert "must be at most 65536, found 99999" in one(INPUT + "CONV 3x3 *4 stride 99999 floor")
    assert "must be a whole number, found 1.5" in one(INPUT + "CONV 3x3 *4 stride 1.5")
    assert "must be below 1, found 1" in one(INPUT + "DROPOUT 1")


def test_a_size_that_only_looks_whole_is_shown_as_a_fraction() -> None:
    assert "= 1001/500, not a whole number" in one("INPUT 502x502x1\nCONV 1x1 *1 stride 500")


def test_eight_pools_on_28() -> None:
    said = one("INPUT 28x28x1\n[ POOL max 2 floor ]*8")
    assert "window 2 is larger than its input 1x1" in said


def test_a_fragment_is_checked_as_far_as_it_goes(found: Found) -> None:
    assert found("CONV 3x3 *4\nPOOL max 2") == ["W201 1:1"]
    for wrong in (
        "POOL max",
        "CONV 3x3 *4 same pad 2",
        "CONV 3x3 *4 pad 3",
        "POOL max 2 countpad",
        "POOL max 2 global",
    ):
        (with_size,) = found(f"INPUT 28x28x1\n{wrong}")
        assert found(wrong) == [with_size.replace(" 2:", " 1:")]
    assert found("CONV 3x3\nPOOL max 0") == ["E202 1:1", "E204 2:10"]
    assert [d.code for d in cnndsl.check("CONV 3x3x3 *2 stride 2 pad 1", input=(7, 7, 3))] == []
    assert [d.code for d in cnndsl.check("CONV 3x3x3 *2 stride 2 pad 1", input=(32, 32, 3))] == ["E301"]


def test_the_data_give_the_size_where_input_does_not() -> None:
    network = cnndsl.loads("CONV 3x3 *4 pad 1\nFC 10\ntrain { data digits pad 2 }")
    assert network.input.dimensions == [12, 12, 1]
