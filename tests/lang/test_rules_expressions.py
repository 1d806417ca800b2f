"""Expressions in braces: whole numbers, names, `+ - * /` and parentheses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cnndsl
from cnndsl.lang.parse import parse
from cnndsl.lang.unparse import unparse
from cnndsl.source import Source

Found = Callable[[str], list[str]]


def value(expression: str) -> int:
    return int(cnndsl.loads(f"block b(n, m) {{\n  FC {{{expression}}}\n}}\nINPUT 1x1x1\nb(12, 5)").output.count)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n", 12),
        ("n+m", 17),
        ("n-m", 7),
        ("n*m", 60),
        ("n/4", 3),
        ("n/4*m", 15),
        ("n*m/4", 15),
        ("2*(n-m)+1", 15),
        ("((n))", 12),
        ("n - m - 2", 5),
        ("n/(6/2)", 4),
        ("n/6/2", 1),
        ("m-3/1", 2),
        ("-m+n", 7),
        ("n--m", 17),
        ("\tn\t", 12),
        ("007", 7),
    ],
)
def test_values(expression: str, expected: int) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("5/2", "E217"),
        ("n/m", "E217"),
        ("n/0", "E217"),
        ("n/(m-5)", "E217"),
        ("k", "E216"),
        ("", "E116"),
        ("n+", "E116"),
        ("n m", "E116"),
        ("(n", "E116"),
        ("n)", "E116"),
        ("n%2", "E116"),
        ("2n", "E116"),
        ("1.5", "E116"),
        ("NN", "E116"),
        ("12345678901", "E111"),
        ("m-5", "E204"),
        ("(" * 60 + "n" + ")" * 60, "E108"),
        ("1*" * 1100 + "1", "E111"),
        ("9999999999*9999999999", "E217"),
    ],
)
def test_what_has_no_value(expression: str, code: str) -> None:
    text = f"block b(n, m) {{\n  FC {{{expression}}}\n}}\nINPUT 1x1x1\nb(12, 5)"
    assert [d.code for d in cnndsl.check(text)] == [code]


def test_a_division_that_is_not_whole_is_shown_where_it_stands() -> None:
    (d,) = cnndsl.check("INPUT 1x1x1\nFC {3+5/2}")
    assert d.span is not None
    assert (d.span.line, d.span.text) == (2, "5/2")


def test_they_stand_in_every_part_of_a_size() -> None:
    text = "block b(k) {\n  CONV {k}x{k+1}x{2*k-5} *2 pad {k-3}x{k-2}\n}\nINPUT 7x9x1\nb(3)"
    # (7 - 3 + 0)/1 + 1 = 5, (9 - 4 + 2)/1 + 1 = 8
    assert str(cnndsl.loads(text).output) == "5x8x2"


def test_one_in_braces_is_a_square() -> None:
    text = "block b(k) {\n  CONV {k} *2 -> POOL max {k-1}\n}\nINPUT 8x8x1\nb(3)"
    assert str(cnndsl.loads(text).output) == "3x3x2"


def test_pattern_variables_count_in_sizes_expressions_and_values() -> None:
    text = "block b(n) {\n  FC {n}\n}\nINPUT {N}x{N+1}x1\nCONV {M}x{M} *{2*M} pad {M-1}\nb({N*M})\n[ FC {M} ]*M"
    graph = cnndsl.loads(text, variables={"N": 4, "M": 2}).graph
    assert [str(n.type) for n in graph] == ["4x5x1", "5x6x4", "8", "2", "2"]
    assert cnndsl.loads(text).pattern


def test_outside_of_blocks_there_are_no_parameters(found: Found) -> None:
    assert found("INPUT 2x2x1\nCONV 1x1 *n") == ["E216 2:11"]
    assert found("INPUT 2x2x1\nFC {n}") == ["E216 2:5"]


def test_none_in_a_train_block(found: Found) -> None:
    assert found("INPUT 2x2x1\nFC 3\ntrain { batch {2*8} }")[0].startswith("E50")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{ 2 * n }", "{2*n}"),
        ("{(2*n)+1}", "{2*n+1}"),
        ("{2*(n+1)}", "{2*(n+1)}"),
        ("{n-(m-1)}", "{n-(m-1)}"),
        ("{(n-m)-1}", "{n-m-1}"),
        ("{n/(m*2)}", "{n/(m*2)}"),
        ("{-(n+m)}", "{-(n+m)}"),
        ("{n}", "{n}"),
    ],
)
def test_the_formatter_keeps_their_meaning(before: str, after: str) -> None:
    module, wrong = parse(Source("t", f"block b(n, m) {{\n  FC {before}\n}}\n"))
    assert module is not None
    assert not wrong
    assert unparse(module) == f"block b(n, m) {{\n  FC {after}\n}}\n"
