"""The corpus: files with mistakes, a folder a code. Each says what is to be found in it, and where; nothing else is.

`NAME.cnn` has lines such as ``# expect: E203 at 4:10``. `NAME.toml` is a command (or a piece of Python), with the files
it works on, its exit code, the codes it gives, and a module that it `needs`. `clean/` has files in which nothing is
found.
"""

from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.diagnostics.catalog import CODES
from cnndsl.diagnostics.render import Style, text
from cnndsl.lang.uses import read_file

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("[EW][0-9]*/*.cnn"))
CASES = sorted(HERE.glob("[EW][0-9]*/*.toml"))
EXPECT = re.compile(r"^# expect: ([EW][0-9]{3}) at ([0-9]+:[0-9]+)$", re.MULTILINE)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def found(path: Path) -> list[tuple[str, str]]:
    said = cnndsl.check(read_file(path).text, name=str(path), base=path.parent)
    return sorted((d.code, f"{d.span.line}:{d.span.column}" if d.span else "") for d in said)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_exactly_what_is_expected(path: Path) -> None:
    expected = EXPECT.findall(path.read_bytes().decode())
    assert expected, "says what is to be found in it"
    assert path.parent.name in {code for code, _ in expected}
    assert found(path) == sorted(expected)


@pytest.mark.parametrize("path", sorted((HERE / "clean").glob("*.cnn")), ids=lambda p: p.stem)
def test_nothing_is_found(path: Path) -> None:
    assert found(path) == []


@pytest.mark.parametrize("path", CASES, ids=name)
def test_commands(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    if "needs" in case:
        pytest.importorskip(case["needs"])
    for file, content in case.get("files", {}).items():
        Path(file).parent.mkdir(exist_ok=True)
        plain = content.get("text", "") + content.get("repeat", "") * content.get("times", 0)
        Path(file).write_bytes(bytes.fromhex(content["hex"]) if "hex" in content else plain.encode())
    if "python" in case:
        with pytest.raises(cnndsl.CnnError) as caught:
            exec(case["python"], {})
        assert sorted({d.code for d in caught.value.diagnostics}) == case["expect"]
        return
    exec(case.get("before", ""), {})
    start = time.monotonic()
    code = main(case["args"])
    output = "".join(capsys.readouterr())
    assert sorted(set(re.findall(r"^(?:error|warning)\[([EW][0-9]{3})\]", output, re.MULTILINE))) == case["expect"]
    assert code == case["exit"]
    assert "Traceback" not in output
    if case["args"][0] == "check":
        assert max(map(len, output.splitlines())) <= 80
        assert time.monotonic() - start < 10  # not a measurement: a guard against hanging


@pytest.mark.parametrize("path", sorted(HERE.glob("[EW][0-9]*/*.txt")), ids=name)
def test_what_is_printed(path: Path) -> None:
    """Reviewed by eye; written by tests/tools/expected_texts.py."""
    source = path.with_suffix(".cnn")
    shown = f"{source.parent.name}/{source.name}"
    found = cnndsl.check(read_file(source).text, name=shown, base=source.parent)
    assert "\n\n".join(text(d, Style()) for d in found) + "\n" == path.read_text(encoding="utf-8")


def test_every_code_has_its_folder() -> None:
    assert {path.parent.name for path in (*FILES, *CASES)} == set(CODES)
