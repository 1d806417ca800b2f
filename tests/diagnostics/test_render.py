"""How diagnostics look: letters to the author, 80 columns wide, also where lines are long or strange."""

from __future__ import annotations

import re

import pytest

import cnndsl
from cnndsl.diagnostics import Diagnostic, Label
from cnndsl.diagnostics.model import exit_code
from cnndsl.diagnostics.render import Style, as_json, concise, summary, text
from cnndsl.source import Source

TINY = "INPUT 5x5x1\n# a comment\nCONV 5x5 *16 stride 2 pad 1 floor\nPOOL max 3"


def test_the_letter() -> None:
    (d,) = cnndsl.check(TINY, name="models/tiny.cnn")
    assert (
        text(d, Style())
        == """\
error[E302]: POOL window 3 is larger than its input 2x2
  --> models/tiny.cnn:4:10
 3 | CONV 5x5 *16 stride 2 pad 1 floor
   | --------------------------------- gives 2x2x16
 4 | POOL max 3
   |          ^ needs at least 3x3
   = note: H and W: (2 - 3 + 2*0)/3 + 1 = 0.67, not one full window
   = help: use a window of 2, which gives 1x1
   = help: use `pad 2`, which gives 2x2"""
    )
    assert concise(d) == "models/tiny.cnn:4:10: error[E302]: POOL window 3 is larger than its input 2x2"


def test_colour_changes_no_text() -> None:
    (d,) = cnndsl.check(TINY)
    plain, coloured = text(d, Style()), text(d, Style(color=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize(
    "source",
    [
        "INPUT 5x5x1\n" + "RELU;" * 40 + "CONV 9x9 *3" + "; RELU" * 40,
        "INPUT 5x5x1\n" + "RELU; " * 9000 + "CONV 9x9 *3",
        "INPUT 5x5x1\nCONV 5x5 *" + "x" * 100_000,
        "INPUT 5x5x1\nFC " + "9" * 100_000,
        "INPUT 5x5x1\n\tCONV 9x9 *3\t# \u4e2d\u6587",
        "INPUT 5x5x1\nFC 3 # \x1b[31m\u202e",
        "#" + "\u4e2d" * 200 + "\nINPUT 5x5x1 FC 0",
    ],
)
@pytest.mark.parametrize("width", [40, 80])
def test_nothing_is_wider_than_the_terminal(source: str, width: int) -> None:
    found = cnndsl.check(source, name="a.cnn")
    assert found
    for d in found:
        for line in text(d, Style(width=width)).split("\n"):
            assert len(line) <= width, line
            assert line.isprintable()


def test_marks_stand_under_what_they_mark() -> None:
    (d,) = cnndsl.check("INPUT 5x5x1\n\tCONV 3x3 *3 strid 1 # \u4e2d")
    lines = text(d, Style()).split("\n")
    source = next(line for line in lines if "strid" in line and "|" in line)
    mark = next(line for line in lines if "^" in line)
    assert source.index("strid") == mark.index("^")
    assert mark.count("^") == len("strid")


def test_json_has_every_part() -> None:
    (d,) = cnndsl.check("INPUT 5x5x1\nCONVV 3x3 *3", name="a.cnn")
    edit = {"file": "a.cnn", "line": 2, "column": 1, "end_line": 2, "end_column": 6, "replacement": "CONV"}
    assert as_json(d) == {
        "code": "E201",
        "severity": "error",
        "message": "there is no layer `CONVV`",
        "file": "a.cnn",
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 6,
        "label": "unknown",
        "related": [],
        "notes": [],
        "help": ["did you mean `CONV`?"],
        "edits": [edit],
        "fixes": [{"text": "did you mean `CONV`?", "sure": True, "edits": [edit]}],
    }


def test_counts_and_exit_codes() -> None:
    found = cnndsl.check("INPUT 5x5x1\nFC 0\nRELU 3") + cnndsl.check("RELU")
    assert summary(found) == "2 errors, 1 warning"
    assert exit_code(found) == 1
    warning = cnndsl.check("RELU")
    assert (exit_code(warning), exit_code(warning, strict=True)) == (0, 1)


def test_two_marks_on_one_long_line() -> None:
    line = "train { batch 3; epochs 1; seed 4; split 0.5; init he; normalize none; backend naive; epochs 2 }"
    d = next(d for d in cnndsl.check(f"INPUT 5x5x1\nFC 3\n{line}") if d.code == "E505")
    for width in (50, 60, 80, 120):
        lines = text(d, Style(width=width)).split("\n")
        source = next(shown for shown in lines if shown.startswith(" 3 | "))
        mark = next(shown for shown in lines if "^" in shown)
        assert source[mark.index("^") :].startswith("epochs 2")
        if "epochs 1" in source:
            first = next(shown for shown in lines if " ---" in shown and "-->" not in shown)
            assert source[first.index("---") :].startswith("epochs 1")


@pytest.mark.parametrize("width", [40, 80])
def test_ascii_only(width: int) -> None:
    source = "INPUT 5x5x1\n\tCONV 3x3 *3 strid 1 # \u4e2d\u2026\u00e9\nADD( ID -> ID )\nCONV 3\u00d73 *3\nFC \u2028 3"
    found = cnndsl.check(source, name="caf\u00e9.cnn")
    assert len(found) > 2
    for d in found:
        lines = text(d, Style(width=width, ascii=True)).split("\n")
        assert all(line.isascii() and len(line) <= width for line in lines)
        if d.span is not None and d.label:
            shown = next(n for n, line in enumerate(lines) if line.lstrip().startswith("| ") and "^" in line)
            assert len(lines[shown].rstrip()) <= width
    strid = text(found[0], Style(ascii=True)).split("\n")
    assert strid[2].index("strid") == strid[3].index("^")
    assert "ADD( ... | ID )" in text(next(d for d in found if d.code == "E403"), Style(ascii=True))


def test_names_cannot_colour_the_screen() -> None:
    (d,) = cnndsl.check("FC 0", name="\x1b[31m\nx.cnn")
    assert "\x1b" not in text(d, Style())
    assert concise(d).isprintable()


def test_marks_in_another_file() -> None:
    main, other = Source("a.cnn", "one\ntwo three\n"), Source("b.cnn", "four\nfive six\n")
    d = Diagnostic("E205", "twice", main.span(4, 7), "again", (Label(other.span(10, 13), "first here"),))
    assert (
        text(d, Style())
        == """\
error[E205]: twice
  --> a.cnn:2:1
 2 | two three
   | ^^^ again
  ::: b.cnn:2:6
 2 | five six
   |      --- first here"""
    )
