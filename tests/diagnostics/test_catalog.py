"""Every code: its page's example gives it, the repaired one does not; and every code is given somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cnndsl
from cnndsl.diagnostics import Diagnostic
from cnndsl.diagnostics.catalog import CODES

WITH_EXAMPLE = [code for code in CODES if CODES[code].bad]


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_the_example_gives_the_code_and_only_it(code: str) -> None:
    assert {d.code for d in cnndsl.check(CODES[code].bad)} == {code}


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_the_repaired_example_is_clean(code: str) -> None:
    found = cnndsl.check(CODES[code].good)
    assert [d for d in found if d.severity == "error" or d.code == code] == []


@pytest.mark.parametrize("code", CODES)
def test_the_page_says_something(code: str) -> None:
    page = CODES[code]
    assert page.code == code
    assert re.fullmatch(r"[EW][1-8][0-9]{2}", code)
    assert page.title[0].islower() or page.title.startswith(("ADD", "CONCAT", "INPUT"))
    assert page.text.endswith(".")
    assert bool(page.bad) == bool(page.good)


def test_every_code_is_given_by_something() -> None:
    package = Path(cnndsl.__file__).parent
    text = "\n".join(p.read_text(encoding="utf-8") for p in package.rglob("*.py") if "catalog" not in p.parts)
    assert [code for code in CODES if f'"{code}"' not in text] == []


def test_a_code_that_is_not_in_the_catalog_is_our_mistake() -> None:
    with pytest.raises(LookupError, match="E999"):
        Diagnostic("E999", "nothing")
