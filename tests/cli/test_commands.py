"""The commands as a person uses them: what they print, how they end, and never a traceback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import cnndsl

CARD = "INPUT 7x7x3\nCONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10\n"
SMALL = """INPUT 8x8x1
CONV 3x3 *4 relu; POOL max 2; FC 10
train { data digits limit 200; epochs 2; batch 50; optimizer sgd lr 0.1 momentum 0.9 }
"""


def cnndsl_command(
    *arguments: str | Path, cwd: Path | None = None, input: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command as a process of its own; whatever it is given, it shows no traceback."""
    root = str(Path(cnndsl.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-m", "cnndsl", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        input=input,
        env={**os.environ, "PYTHONPATH": root, "COLUMNS": "80", **environment},
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card.cnn"
    path.write_text(CARD, encoding="utf-8")
    return path


# ---- check


def test_check_says_what_a_clean_file_is(card: Path) -> None:
    done = cnndsl_command("check", card)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{card}: ok, 7x7x3 -> 10, 146 parameters, 944 MACs\n"


def test_check_reads_standard_input_and_a_size() -> None:
    text = "CONV 3x3x3 *2 stride 2 pad 1; POOL max 2; FC 10"
    assert cnndsl_command("check", "-", "--input", "7x7x3", input=text).returncode == 0
    done = cnndsl_command("check", "-", "--input", "32x32x3", input=text)
    assert done.returncode == 1
    assert "16.5" in done.stdout
    done = cnndsl_command("check", "-", input=text)
    assert done.returncode == 0
    assert "W201" in done.stdout
    assert cnndsl_command("check", "--strict", "-", input=text).returncode == 1


def test_check_reports_every_file(tmp_path: Path, card: Path) -> None:
    bad = tmp_path / "bad.cnn"
    bad.write_text("INPUT 7x7x3\nCONVV 3x3 *2\nFC 0\n", encoding="utf-8")
    done = cnndsl_command("check", bad, card, tmp_path / "gone.cnn")
    assert done.returncode == 2
    assert f"{bad}: 2 errors" in done.stdout
    assert f"{card}: ok" in done.stdout
    assert "there is no file" in done.stdout


def test_check_concise_and_json(tmp_path: Path) -> None:
    bad = tmp_path / "bad.cnn"
    bad.write_text("INPUT 7x7x3\nCONVV 3x3 *2\nFC 0\n", encoding="utf-8")
    lines = cnndsl_command("check", "--format", "concise", bad).stdout.splitlines()
    assert [line.removeprefix(f"{bad}:").split(":")[:2] for line in lines] == [["2", "1"], ["3", "4"]]
    found = json.loads(cnndsl_command("check", "--format", "json", bad).stdout)
    assert [(d["code"], d["line"], d["column"]) for d in found] == [("E201", 2, 1), ("E204", 3, 4)]


def test_check_accepts_patterns(models: Path) -> None:
    done = cnndsl_command("check", models / "pattern.cnn")
    assert done.returncode == 0
    assert "a pattern with variables N, M, K" in done.stdout
    assert cnndsl_command("check", models / "pattern.cnn", "-D", "N=1", "-D", "M=2").returncode == 0
    done = cnndsl_command("check", models / "pattern.cnn", "-D", "X=1")
    assert done.returncode == 2
    assert "E211" in done.stdout


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", 1, "E114"),
        (b"# only a comment\n", 1, "E114"),
        (b"INPUT 2x2x1\nNONESUCH 3\n", 1, "E201"),
        (b"\xff\xfeI\x00", 1, "E102"),
        (b"INPUT 2x2x1\nFC \xff\n", 1, "E102"),
        (b"INPUT 2x2x1\nFC 3\x00\n", 1, "E113"),
        (b"x" * (1 << 21), 1, "E109"),
        (b"INPUT 2x2x1\n" + b"(" * 100_000, 1, "E1"),
        (b"\xef\xbb\xbfINPUT 2x2x1\r\nFC 3\r\n", 0, "ok"),
    ],
)
@pytest.mark.parametrize("command", ["check", "show", "run", "fmt --check"])
def test_bad_sources(tmp_path: Path, content: bytes, code: int, says: str, command: str) -> None:
    path = tmp_path / "a.cnn"
    path.write_bytes(content)
    done = cnndsl_command(*command.split(), path)
    if command == "check" or code:
        if command == "fmt --check" and says == "E201":
            assert done.returncode == 0  # the text is well formed
            return
        assert done.returncode == code
        assert says in done.stdout + done.stderr
    assert path.read_bytes() == content


def test_files_that_are_none(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path, says in [
        (tmp_path / "gone.cnn", "there is no file"),
        (tmp_path, "is a folder"),
        (fifo, "is not a file"),
        (Path("/dev/zero"), "is not a file"),
        (tmp_path / ("x" * 300), "cannot be opened"),
    ]:
        for command in ("check", "show", "run", "fmt"):
            done = cnndsl_command(command, path)
            assert done.returncode == 2, (command, path)
            assert "E805" in done.stdout + done.stderr
            assert says in " ".join((done.stdout + done.stderr).split())


# ---- show, fmt, match, explain


def test_show_fits_80_columns(models: Path) -> None:
    for name in ("lenet5", "vgg16", "resnet18"):
        done = cnndsl_command("show", models / f"{name}.cnn")
        assert done.returncode == 0
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert "…" not in done.stdout
    assert "138,357,544" in cnndsl_command("show", models / "vgg16.cnn").stdout


def test_show_of_a_file_with_mistakes_says_them() -> None:
    done = cnndsl_command("show", "-", input="INPUT 3x3x1\nFC 0")
    assert done.returncode == 1
    assert done.stdout.strip().splitlines()[-1].split() == ["fc1", "FC", "E204"]
    assert "E204" in done.stderr


def test_show_of_a_pattern_says_what_it_lacks(models: Path) -> None:
    done = cnndsl_command("show", models / "pattern.cnn")
    assert done.returncode == 1
    assert "E210" in done.stderr
    assert "variable N has no value" in done.stderr


def test_show_binds_variables() -> None:
    done = cnndsl_command(
        "show", "-", "--format", "json", "-D", "N=2", "--input", "8x8x1", input="INPUT -> [CONV 3x3 *2]*N -> FC 2"
    )
    assert [row["name"] for row in json.loads(done.stdout)["layers"]] == ["conv1", "conv2", "fc1"]


def test_fmt(tmp_path: Path) -> None:
    path = tmp_path / "a.cnn"
    path.write_text("INPUT 2x2x1;FC   3 # c", encoding="utf-8")
    assert cnndsl_command("fmt", "--check", path).returncode == 1
    assert path.read_text(encoding="utf-8") == "INPUT 2x2x1;FC   3 # c"
    assert cnndsl_command("fmt", path).stdout == f"{path}: formatted\n"
    assert path.read_text(encoding="utf-8") == "INPUT 2x2x1; FC 3  # c\n"
    assert cnndsl_command("fmt", "--check", path).returncode == 0
    assert cnndsl_command("fmt", "-", input="FC  3").stdout == "FC 3\n"
    path.write_text("FC 3 $", encoding="utf-8")
    assert cnndsl_command("fmt", path).returncode == 1
    assert path.read_text(encoding="utf-8") == "FC 3 $"


def test_match(models: Path) -> None:
    done = cnndsl_command("match", models / "pattern.cnn", models / "figure.cnn")
    assert (done.returncode, done.stdout) == (0, f"{models / 'figure.cnn'}: matches with N=1, M=2, K=2\n")
    done = cnndsl_command("match", "INPUT -> [[CONV]*N -> POOL]*M -> [FC]*K", models / "vgg16.cnn")
    assert done.returncode == 1
    assert "no match" in done.stdout
    assert cnndsl_command("match", models / "figure.cnn", models / "pattern.cnn").returncode == 1
    assert cnndsl_command("match", "INPUT -> $", models / "figure.cnn").returncode == 1
    assert cnndsl_command("match", models / "gone.cnn", models / "figure.cnn").returncode == 2


def test_explain_knows_every_layer_and_code() -> None:
    every = cnndsl_command("explain")
    assert every.returncode == 0
    names = re.findall(r"^  ([A-Z][A-Z0-9]+|train) ", every.stdout, re.MULTILINE)
    assert {"CONV", "POOL", "E301", "W201", "train"} <= set(names)
    for name in (*names[:15], "E301", "train", "optimizer", "e301", "conv"):
        done = cnndsl_command("explain", name)
        assert done.returncode == 0
        assert max(map(len, done.stdout.splitlines())) <= 100
    done = cnndsl_command("explain", "CONVV")
    assert done.returncode == 2
    assert "did you mean `CONV`?" in done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("optimizer", ["optimizer adamw", "decay N", "(0.01)"]),
        ("sgd", ["optimizer sgd", "momentum N"]),
        ("Digits", ["data digits", "1,797 images", "data cifar10"]),
        ("batch", ["samples a step (64)"]),
        ("cosine", ["schedule cosine warmup 5"]),
        ("normalize", ["normalize mean", "deviation N [N ...]", "normalize 0.1307 0.3081"]),
        ("train", ["data npz", "augment cutout", "save"]),
    ],
)
def test_explain_finds_keys_by_their_values(name: str, said: list[str]) -> None:
    page = cnndsl_command("explain", name)
    assert page.returncode == 0
    for part in said:
        assert part in page.stdout


def test_explain_guesses_at_keys() -> None:
    assert "did you mean `optimizer`?" in cnndsl_command("explain", "optimiser").stderr


def test_help_and_version() -> None:
    done = cnndsl_command("--help")
    assert done.returncode == 0
    assert {"check", "run", "show", "fmt", "match", "explain"} <= set(done.stdout.split())
    assert "exit codes" in done.stdout
    assert cnndsl_command("--version").stdout == f"cnndsl {cnndsl.__version__}\n"
    assert cnndsl_command("check", "--help").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["none"],
        ["check"],
        ["check", "a", "--format", "xml"],
        ["show", "a", "--input", "28x28"],
        ["show", "a", "--input", "0x3x3"],
        ["show", "a", "-D", "N"],
        ["show", "a", "-D", "N=0"],
        ["show", "a", "-D", "N=3", "-D", "N=4"],
        ["check", "a", "--memory", "64 XB"],
        ["check", "a", "--memory", "0"],
        ["check", "a", "--memory", "-1"],
        ["run", "a", "--out", ""],
        ["run", "a", "--data", ""],
    ],
)
def test_wrong_use_is_exit_code_2(arguments: list[str]) -> None:
    done = cnndsl_command(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


@pytest.mark.parametrize("command", ["explain", "show", "check"])
def test_a_closed_pipe_is_no_traceback(models: Path, command: str) -> None:
    code = "import sys; from cnndsl.cli.main import main; sys.exit(main(sys.argv[1:]))"
    root = str(Path(cnndsl.__file__).parent.parent)
    with subprocess.Popen(
        [sys.executable, "-c", code, command, *([str(models / "lenet5.cnn")] if command != "explain" else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait() == 141


# ---- run


def test_run_leaves_a_folder(tmp_path: Path) -> None:
    (tmp_path / "small.cnn").write_text(SMALL, encoding="utf-8")
    done = cnndsl_command("run", "small.cnn", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "epoch 2/2" in done.stdout
    assert re.search(r"test accuracy \d+\.\d\d% \(\d+ of 200\)", done.stdout)
    folder = tmp_path / "runs" / "small-1"
    names = {"weights.safetensors", "checkpoints", "program.cnn", "metrics.jsonl", "run.json", "report.html"}
    assert {p.name for p in folder.iterdir()} == names
    again = cnndsl.load(folder / "program.cnn")
    assert again.graph.nodes == cnndsl.loads(SMALL).graph.nodes
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["event"], line.get("epoch")) for line in lines] == [("epoch", 1), ("epoch", 2), ("test", None)]
    assert cnndsl_command("run", "small.cnn", cwd=tmp_path).returncode == 0
    assert (tmp_path / "runs" / "small-2").is_dir()


def test_run_on_both_backends_reaches_the_same(tmp_path: Path) -> None:
    text = SMALL.replace("limit 200", "limit 60").replace("epochs 2", "epochs 1")
    losses = []
    for backend in ("naive", "vectorized"):
        done = cnndsl_command("run", "-", "--backend", backend, "--out", tmp_path / backend, input=text, cwd=tmp_path)
        assert done.returncode == 0
        assert f"backend {backend}" in done.stdout
        losses.append(json.loads((tmp_path / backend / "run.json").read_text(encoding="utf-8"))["test_loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_run_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "run.json").write_text("{}", encoding="utf-8")
    closed = tmp_path / "file"
    closed.write_text("", encoding="utf-8")
    cases: list[tuple[str, list[str | Path], int, str]] = [
        (CARD, [], 1, "E606"),
        (SMALL, ["--backend", "fast"], 2, "E801"),
        (SMALL, ["--out", taken], 2, "E806"),
        (SMALL, ["--out", closed / "x"], 5, "E803"),
        (SMALL.replace("digits", "mnist").replace("8x8x1", "28x28x1"), ["--data", tmp_path], 1, "E601"),
        (SMALL, ["--data", tmp_path / "gone"], 2, "there is no folder"),
        (SMALL.replace("digits", 'idx "gone"'), [], 1, "E601"),
        (SMALL.replace("8x8x1", "9x9x1"), [], 1, "E603"),
        (SMALL.replace("FC 10", "FC 9"), [], 1, "E604"),
        (SMALL.replace("FC 10", "FC 9999999999"), [], 4, "E802"),
        (SMALL.replace("lr 0.1", "lr 1000"), [], 3, "E804"),
    ]
    for number, (text, arguments, code, says) in enumerate(cases):
        out = [] if "--out" in arguments else ["--out", tmp_path / f"out{number}"]
        done = cnndsl_command("run", "-", *arguments, *out, input=text, cwd=tmp_path)
        assert done.returncode == code, (says, done.stderr)
        assert says in done.stderr


def test_a_full_disk_behind_standard_output(models: Path) -> None:
    root = str(Path(cnndsl.__file__).parent.parent)
    for arguments in (["show", models / "lenet5.cnn"], ["check", models / "lenet5.cnn"], ["explain", "CONV"]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                [sys.executable, "-m", "cnndsl", *map(str, arguments)],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": root},
                check=False,
            )
        assert done.returncode == 5
        assert "E803" in done.stderr
        assert "Traceback" not in done.stderr


def test_fmt_keeps_links_and_permissions(tmp_path: Path) -> None:
    (tmp_path / "real.cnn").write_text("FC   3", encoding="utf-8")
    (tmp_path / "real.cnn").chmod(0o600)
    (tmp_path / "link.cnn").symlink_to("real.cnn")
    assert cnndsl_command("fmt", tmp_path / "link.cnn").returncode == 0
    assert (tmp_path / "link.cnn").is_symlink()
    assert (tmp_path / "real.cnn").read_text(encoding="utf-8") == "FC 3\n"
    assert (tmp_path / "real.cnn").stat().st_mode & 0o777 == 0o600


def test_check_warns_of_data_that_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.cnn"
    path.write_text('INPUT 8x8x1\nFC 10\ntrain { data idx "gone" }', encoding="utf-8")
    done = cnndsl_command("check", path)
    assert done.returncode == 0
    assert "W602" in done.stdout


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "[bold]x.cnn"
    path.write_text(CARD, encoding="utf-8")
    assert cnndsl_command("show", path).stdout.startswith("[bold]x: input 7x7x3")


def test_a_match_that_would_not_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.cnn"
    path.write_text("INPUT 2x2x1\n[ RELU ]*5000", encoding="utf-8")
    done = cnndsl_command("match", "INPUT -> [[RELU]*A]*B", path)
    assert done.returncode == 2
    assert "E806" in done.stderr


def test_an_interrupted_run_keeps_its_weights(tmp_path: Path) -> None:
    text = SMALL.replace("limit 200", "limit 1000").replace("epochs 2", "epochs 500")
    (tmp_path / "long.cnn").write_text(text, encoding="utf-8")
    root = str(Path(cnndsl.__file__).parent.parent)
    # a process that was started with SIGINT ignored, as in the background of a shell, would not hear it
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    code += "from cnndsl.cli.main import entry; entry()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "run", "long.cnn", "--out", "run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while not process.stdout.readline().startswith("epoch 2"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert "Traceback" not in process.stderr.read()
        assert process.wait() == 130
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "interrupted"
    assert (tmp_path / "run" / "weights.safetensors").stat().st_size > 0


def test_a_closed_standard_output_is_no_traceback(card: Path) -> None:
    root = str(Path(cnndsl.__file__).parent.parent)
    for command in ("check", "show"):
        done = subprocess.run(
            ["sh", "-c", '"$0" -m cnndsl "$1" "$2" >&-', sys.executable, command, str(card)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": root},
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
