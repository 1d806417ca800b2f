"""expand, diff, sizes and match on networks with blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnndsl.cli.main import main

NET = "block b(n) {\n  CONV 3x3 *n pad 1 relu\n}\nINPUT 32x32x3\n[ b(8) -> POOL max 2 ]*2\nFC 10\n"


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.cnn"
    path.write_text(NET)
    return path


def test_expand(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expand", str(net)]) == 0
    step = "CONV 3x3 *8 pad 1 relu\nPOOL max 2x2\n"
    assert capsys.readouterr().out == f"INPUT 32x32x3\n{step}{step}FC 10\n"


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (("b(", "block_of_another_name("), 0, "no difference"),
        (("[ b(8) -> POOL max 2 ]*2", "b(8); POOL max 2; b(8); POOL max 2 stride 2"), 0, "no difference"),
        (("pad 1 relu", "pad 1 tanh"), 1, "+ b1.tanh1: TANH"),
        (("*n pad 1", "*n pad 1 nobias"), 1, "parameters: 5,938 -> 5,922 (-16)"),
        (("max 2", "mean 2"), 1, "+ pool1: POOL mean 2x2"),
        (("FC 10", "FC 11"), 1, "outputs: main 10 -> main 11"),
        (("FC 10", "FC 10\ntrain { batch 3 }"), 1, "~ train batch: 64 -> 3"),
    ],
)
def test_diff(
    net: Path, tmp_path: Path, change: tuple[str, str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # (3*3*3 + 1)*8 + (3*3*8 + 1)*8 + (8*8*8 + 1)*10 = 224 + 584 + 5130
    other = tmp_path / "other.cnn"
    other.write_text(NET.replace(*change))
    assert main(["diff", str(net), str(other)]) == code
    assert says in capsys.readouterr().out
    main(["diff", "--format", "json", str(net), str(other)])
    assert json.loads(capsys.readouterr().out)["same"] == (code == 0)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("ADD( RELU | TANH )", "ADD( TANH | RELU )", True),
        ("CONCAT( RELU | TANH )", "CONCAT( TANH | RELU )", False),
        ("RELU as a; TANH; ADD( ID | @a )", "ADD( RELU -> TANH | RELU )", False),
        ("HEAD a( FC 2 ); FC 3", "HEAD b( FC 2 ); FC 3", False),
        ("RELU; TANH", "TANH; RELU", False),
        ("RELU as a; TANH as b; ADD( @a | @b )", "RELU as x; TANH; ADD( ID | @x )", True),
        ("RELU as a; TANH; SIGMOID; ADD( ID | @a )", "RELU; TANH as a; SIGMOID; ADD( ID | @a )", False),
    ],
)
def test_diff_is_by_meaning(tmp_path: Path, before: str, after: str, same: bool) -> None:
    paths = [tmp_path / "a.cnn", tmp_path / "b.cnn"]
    for path, text in zip(paths, (before, after), strict=True):
        path.write_text(f"INPUT 4x4x2\n{text}\n")
    assert main(["diff", *map(str, paths)]) == (0 if same else 1)


def test_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.cnn"
    # n - 4 is even for the first POOL, and half of it less 4 for the second: n = 4k, from (16 - 4)/2 = 6, 6 - 4 = 2 on
    path.write_text("INPUT 30x30x1\nCONV 5x5 *6; POOL max 2; CONV 5x5 *16; POOL max 2\nFC 10\n")
    assert main(["sizes", str(path), "--to", "40"]) == 0
    out = capsys.readouterr().out
    assert "16 to 40 by 4" in out
    assert "30x30x1 does not fit; the nearest that do: 28, 32" in out
    path.write_text("INPUT 8x30x1\nPOOL max 3 stride 3 floor\nFC 10\n")
    assert main(["sizes", str(path), "--to", "12", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["height"] == {"exact": [3, 6, 9, 12], "rounded": [4, 5, 7, 8, 10, 11]}
    path.write_text("INPUT 8x8x1\nFOO\n")
    assert main(["sizes", str(path)]) == 1


def test_match_sees_through_blocks(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", "INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K", str(net)]) == 0
    assert capsys.readouterr().out.endswith("matches with N=1, M=2, K=1\n")


def test_diff_tells_outputs_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("aa", "bb"):
        (tmp_path / name).write_text(f"INPUT 8x8x3\nHEAD {name}( FC 3 )\nFC 4\n", encoding="utf-8")
    assert main(["diff", str(tmp_path / "aa"), str(tmp_path / "bb")]) == 1
    out = capsys.readouterr().out
    assert "outputs: main from fc1, aa from aa.fc1 -> main from fc1, bb from bb.fc1" in out
    assert "{" not in out


def test_sizes_that_drop_rows_are_all_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").write_text("INPUT 9x9x1\nCONV 3x3 *2 stride 2 floor\n", encoding="utf-8")
    assert main(["sizes", str(tmp_path / "a"), "--to", "12"]) == 0
    exact, rounded = capsys.readouterr().out.splitlines()
    assert exact.endswith("3 to 11 by 2")
    assert rounded.endswith("all others from 4")


@pytest.mark.parametrize(
    ("between", "code"),
    [("BN", 0), ("RELU", 0), ("DROPOUT 0.5", 0), ("LRN 3", 1), ("LN", 1), ("GN 2", 1), ("SCALE", 1)],
)
def test_match_passes_over_activations_bn_and_dropout(tmp_path: Path, between: str, code: int) -> None:
    (tmp_path / "a").write_text(f"INPUT 8x8x3\nCONV 3x3 *4\n{between}\nFC 4\n", encoding="utf-8")
    assert main(["match", "INPUT -> CONV -> FC", str(tmp_path / "a")]) == code


def test_match_says_what_a_pattern_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_text("INPUT -> [CONV]*N -> FC\n", encoding="utf-8")
    assert main(["match", "p", str(tmp_path / "p")]) == 2
    assert "or a pattern: `INPUT" in capsys.readouterr().err
    assert main(["match", str(tmp_path / "p"), str(tmp_path / "p")]) == 1
    err = capsys.readouterr().err
    assert "is a pattern itself" in " ".join(err.split())
    assert "cnndsl expand FILE -D N=2" in " ".join(err.split())
