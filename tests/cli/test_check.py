"""`cnndsl check`: its formats, what it mends, and what it is asked to hold a network against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cnndsl
from cnndsl.cli import main, mending, options
from cnndsl.source import Source

GOOD = "INPUT 8x8x1\nFC 10\n"
SPELLING = "INPUT 9x9x1\r\nCONVV 3x3 *8 strid 2  # \u4e2d\nFCC 10"
MENDED = "INPUT 9x9x1\r\nCONV 3x3 *8 stride 2  # \u4e2d\nFC 10"
SIZES = "INPUT 32x32x3\nCONV 3x3 *2 stride 2 pad 1\nFC 10\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("spelling", SPELLING), ("sizes", SIZES)):
        (tmp_path / f"{name}.cnn").write_bytes(text.encode())
    return tmp_path


def check(*arguments: str | Path) -> int:
    return main.main(["check", *map(str, arguments)])


def command(*arguments: str, input: str | None = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """As a process of its own, with both streams in one file."""
    return subprocess.run(
        [sys.executable, "-m", "cnndsl", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        input=None if input is None else input.encode(),
        env={**os.environ, "PYTHONPATH": str(Path(cnndsl.__file__).parent.parent), "COLUMNS": "80", **environment},
        check=False,
    )


# ---- formats


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_a_document_and_nothing_else(format: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for files, count in ((["good.cnn"], 0), (["spelling.cnn", "sizes.cnn", "good.cnn"], 3)):
        assert check("--format", format, *files) == (1 if count else 0)
        found = json.loads(capsys.readouterr().out)
        assert len(found if format == "json" else found["runs"][0]["results"]) == count


def test_github(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--format", "github", "good.cnn", "sizes.cnn") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::error file=sizes.cnn,line=2,endLine=2,col=13,endColumn=21,title=E301::CONV output size")
    assert "%0Anote: H and W: (32 - 3 + 2*1)/2 + 1 = 16.5" in line


def test_a_line_about_all_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check("good.cnn", "sizes.cnn", "spelling.cnn")
    assert capsys.readouterr().out.endswith("\n3 files: 3 errors\n")
    check("good.cnn", "good.cnn")
    assert capsys.readouterr().out.endswith("\n2 files: nothing found\n")
    check("good.cnn")
    assert "files" not in capsys.readouterr().out


def test_standard_input_has_one_name(folder: Path) -> None:
    for arguments, input in (
        (["check", "-"], GOOD),
        (["check", "-"], SIZES),
        (["fmt", "--check", "-"], "FC   3"),
        (["match", "INPUT -> FC", "-"], GOOD),
    ):
        said = command(*arguments, input=input).stdout.decode()
        assert "<stdin>: " in said
        assert "\n-: " not in said
        assert not said.startswith("-: ")


def test_ascii_only_streams(folder: Path) -> None:
    (folder / "x.cnn").write_text("INPUT 8x8x4\nADD( ID -> ID )\nRELU 3 # caf\u00e9", encoding="utf-8")
    for arguments in (
        ["check", "x.cnn"],
        ["explain", "E104"],
        ["explain", "E101"],
        ["check", "--format", "json", "x.cnn"],
    ):
        said = command(*arguments, PYTHONIOENCODING="ascii").stdout
        assert said.isascii()
        assert b"Traceback" not in said
        assert b"[ ? ]" not in said
        assert b"( ? " not in said
    json.loads(said)


def test_streams_keep_their_order(folder: Path) -> None:
    said = command("fmt", "--check", "gone.cnn", "sizes.cnn", "gone.cnn").stdout.decode()
    assert said.startswith("error[E805]")
    (folder / "ugly.cnn").write_text("FC   3", encoding="utf-8")
    said = command("fmt", "--check", "ugly.cnn", "gone.cnn").stdout.decode()
    assert said.startswith("ugly.cnn: would be formatted\nerror[E805]")


def test_help_fits_80_columns() -> None:
    for name in ("", *(p.stem for p in Path(options.__file__).parent.glob("commands/[a-z]*.py"))):
        said = command(*([name] if name else []), "--help").stdout.decode()
        assert max(map(len, said.splitlines())) <= 80, said


def test_a_model_that_comes_with_the_package(folder: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("models/lenet5.cnn") == 2
    assert str(models / "lenet5.cnn") in capsys.readouterr().out.replace("\n", "").replace(" ", "")
    assert check("models/gone.cnn") == 2
    assert "comes with" not in capsys.readouterr().out


# ---- --fix and --diff


def test_fix(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "spelling.cnn"
    path.write_bytes(b"\xef\xbb\xbf" + SPELLING.encode())
    path.chmod(0o640)
    (folder / "link.cnn").symlink_to("spelling.cnn")
    assert check("--fix", "link.cnn") == 0
    told = ["  2:1: `CONVV` -> `CONV`", "  3:1: `FCC` -> `FC`", "  2:13: `strid` -> `stride`"]
    assert capsys.readouterr().out.startswith("\n".join(["link.cnn: mended", *told, "link.cnn: ok, "]))
    assert path.read_bytes() == b"\xef\xbb\xbf" + MENDED.encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert (folder / "link.cnn").is_symlink()
    assert sorted(p.name for p in folder.iterdir()) == ["good.cnn", "link.cnn", "sizes.cnn", "spelling.cnn"]


def test_fix_leaves_choices_to_the_author(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "sizes.cnn"
    before = path.stat()
    assert check("--fix", "sizes.cnn") == 1
    assert capsys.readouterr().out.startswith("sizes.cnn: 1 more mistake has a fix to choose by hand\nerror[E301]")
    assert path.stat() == before
    assert path.read_text(encoding="utf-8") == SIZES


def test_fix_writes_nothing_where_nothing_changed(folder: Path) -> None:
    before = (folder / "good.cnn").stat()
    assert check("--fix", "good.cnn") == 0
    assert (folder / "good.cnn").stat() == before


def test_fix_says_on_standard_error_beside_a_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--fix", "--format", "json", "spelling.cnn", "sizes.cnn") == 1
    out, err = capsys.readouterr()
    assert [d["code"] for d in json.loads(out)] == ["E301"]
    mended, *told, left = err.splitlines()
    assert (mended, len(told)) == ("spelling.cnn: mended", 3)
    assert left == "sizes.cnn: 1 more mistake has a fix to choose by hand"


def test_fix_where_nothing_can_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert check("--fix", "spelling.cnn") == 5
    assert (folder / "spelling.cnn").read_bytes() == SPELLING.encode()
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("arguments", [["--diff"], ["--fix", "--diff"]])
def test_diff(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(*arguments, "spelling.cnn", "good.cnn") == 1
    out, err = capsys.readouterr()
    assert out == (
        "--- spelling.cnn\n+++ spelling.cnn\n@@ -1,3 +1,3 @@\n INPUT 9x9x1\r\n"
        "-CONVV 3x3 *8 strid 2  # \u4e2d\n-FCC 10\n\\ No newline at end of file\n"
        "+CONV 3x3 *8 stride 2  # \u4e2d\n+FC 10\n\\ No newline at end of file\n"
    )
    assert "good.cnn: ok" in err
    assert (folder / "spelling.cnn").read_bytes() == SPELLING.encode()
    assert check(*arguments, "good.cnn") == 0
    assert capsys.readouterr().out == ""


def test_diff_of_standard_input(folder: Path) -> None:
    said = command("check", "--diff", "-", input=SPELLING).stdout.decode()
    assert said.startswith("--- <stdin>\n+++ <stdin>\n")
    done = command("check", "--fix", "-", input=SPELLING)
    assert done.returncode == 2
    assert b"--diff" in done.stdout


def test_what_is_mended_may_uncover_the_next() -> None:
    rounds = 0

    def look(source: Source) -> tuple[str, tuple[cnndsl.diagnostics.Diagnostic, ...]]:
        nonlocal rounds
        rounds += 1
        return source.text, tuple(cnndsl.api.examine(source)[2])

    source = Source("t", "INPUT 8x8x1\nConv 3x3 *8 strid 1 -> reluu")
    new, text, _ = mending.mended(source, look)
    assert text == new.text
    assert rounds <= mending.ROUNDS + 1
    assert cnndsl.check(new.text) == [] or "reluu" in new.text


@pytest.mark.parametrize(
    ("old", "new"), [("a\nb", "a\nc"), ("a\nb\n", "a\nb"), ("", "a\n"), ("a\u2028b\n", "ab\n"), ("a\r\nb", "a\nb\n")]
)
def test_patch_takes_the_difference(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(old.encode())
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "--unidiff-zero", "-p0", "-"],
        input=mending.difference(Source("t", old), Source("t", new)).encode(),
        cwd=tmp_path,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == new.encode()


# ---- --memory and --backend


@pytest.mark.parametrize(
    ("text", "size"),
    [("64GiB", 64 << 30), ("1.5KiB", 1536), ("2kB", 2000), ("3 MB", 3_000_000), ("7", 7), ("1tib", 1 << 40), ("9B", 9)],
)
def test_amounts_of_memory(text: str, size: int) -> None:
    assert options.memory(text) == size


def test_what_no_machine_holds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "large.cnn").write_text("INPUT 8x8x1\nFC 9999999999", encoding="utf-8")
    assert check("large.cnn") == 4
    assert "error[E802]: training needs about 11.8 TiB" in capsys.readouterr().out
    assert check("large.cnn", "--memory", "12TiB") == 0
    assert check("good.cnn", "--memory", "1KiB") == 4
    assert check("good.cnn", "--memory", "64GiB") == 0
    assert check("gone.cnn", "large.cnn") == 2
    assert [d.code for d in cnndsl.check("INPUT 8x8x1\nFC 9999999999")] == ["E802"]
    assert [d.code for d in cnndsl.check(GOOD, memory=1000)] == ["E802"]


def test_the_optimizer_and_the_batch_count(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    for number, block in enumerate(("batch 1", "batch 1; optimizer adam", "batch 1000")):
        (folder / f"{number}.cnn").write_text(f"INPUT 8x8x1\nFC 1000\ntrain {{ {block} }}", encoding="utf-8")
    assert [check(f"{n}.cnn", "--memory", "0.9MB") for n in range(3)] == [0, 4, 4]


def test_layers_that_run_slower(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("good.cnn", "--backend", "auto") == 0
    assert "W801" not in capsys.readouterr().out
    assert check("good.cnn", "--backend", "none") == 2
    assert "E801" in capsys.readouterr().err


def test_a_backend_that_borrows() -> None:
    from cnndsl.backends.table import TableBackend
    from cnndsl.plugins import load

    tables = load().kernel_tables()
    own = {name: kernel for name, kernel in tables["vectorized"].items() if name != "RELU"}
    backend = TableBackend("mine", own, fallback=tables["naive"])
    graph = cnndsl.loads("INPUT 8x8x1\nCONV 3x3 *2 relu\nRELU\nFC 2").graph
    (d,) = cnndsl.api.borrowed(graph, backend)
    assert (d.code, d.span and d.span.line) == ("W801", 2)
    assert "`mine` has no kernel of its own for RELU" in d.message


def test_standard_input_that_is_closed(folder: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "cnndsl", "check", "-"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(Path(cnndsl.__file__).parent.parent)},
        preexec_fn=lambda: os.close(0),
        check=False,
    )
    assert said.returncode == 2
    assert b"E805" in said.stdout
    assert b"Traceback" not in said.stderr
