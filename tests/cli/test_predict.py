"""`cnndsl predict`: files of every kind, against what Pillow and NumPy make of them; bad ones; three formats."""

from __future__ import annotations

import csv
import gzip
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.cli.main import main
from cnndsl.data.sets import load
from cnndsl.recipe.data import SETS
from cnndsl.recipe.spec import Setting

PROGRAM = (
    "INPUT 8x8x1\nFC 24 relu\nFC 10\ntrain { data digits; epochs 4; optimizer adam lr 0.005; seed 3; save best }\n"
)


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """360 images of 8x8 with pixels from 0 to 16."""
    return np.asarray(load(Setting("digits", SETS["digits"].attrs()), Path()).test.images)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs") / "run"
    cnndsl.train(PROGRAM, out=place)
    return place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict:
    """What `predict --format json` says."""
    assert main(["predict", *map(str, arguments), "--format", "json"]) == code
    return json.loads(capsys.readouterr().out)


def probabilities(run: Path, images: np.ndarray) -> np.ndarray:
    """Of images with pixels from 0 to 16, by the weights in the run's file, worked out here."""
    from safetensors.numpy import load_file

    w, known = load_file(run / "weights.safetensors"), json.loads((run / "run.json").read_text())["preparation"]
    x = images.reshape(len(images), 64) * known["scale"][0] + known["shift"][0]
    y = np.maximum(x @ w["fc1.weight"].T + w["fc1.bias"], 0) @ w["fc2.weight"].T + w["fc2.bias"]
    return np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)


def test_arrays_of_every_kind(place: Path, trained: Path, digits: np.ndarray, capsys) -> None:
    few = digits[:3].astype(np.uint8)
    np.save("one.npy", few[0, 0])
    np.save("depth_last.npy", few[0].transpose(1, 2, 0))
    np.save("batch.npy", few)
    np.save("fortran.npy", np.asfortranarray(few[:, 0].astype(">i4")))
    np.save("floats.npy", few.astype(np.float64))
    np.savez_compressed("packed.npz", y=np.arange(3), x=few)
    np.savez("plain.npz", anything=few)
    header = struct.pack(">HBBIII", 0, 8, 3, 3, 8, 8)
    Path("raw").write_bytes(header + few.tobytes())
    Path("t.idx3-ubyte.gz").write_bytes(gzip.compress(header + few.tobytes()))
    wanted = probabilities(trained, digits[:3])
    for name, count in (
        *(("one.npy", 1), ("depth_last.npy", 1), ("batch.npy", 3), ("fortran.npy", 3), ("floats.npy", 3)),
        *(("packed.npz", 3), ("plain.npz", 3), ("raw", 3), ("t.idx3-ubyte.gz", 3)),
    ):
        found = asked(capsys, trained, name)["predictions"]
        values = np.array([line["outputs"]["main"] for line in found])
        assert values == pytest.approx(wanted[:count], rel=1e-4, abs=1e-7), name
        assert [line["sample"] for line in found] == (list(range(count)) if count > 1 else [None])
        assert [line["class"] for line in found] == wanted[:count].argmax(axis=1).tolist()


def test_image_files_of_any_mode_and_size(place: Path, trained: Path, digits: np.ndarray, capsys) -> None:
    image = pytest.importorskip("PIL.Image")
    picture = image.fromarray((digits[0, 0] * 15).astype(np.uint8))
    picture.save("grey.png")
    picture.convert("RGB").save("colour.bmp")
    picture.convert("RGBA").save("clear.webp", lossless=True)
    picture.resize((30, 20)).save("large.png")
    small = image.open("large.png").resize((8, 8), image.Resampling.BILINEAR)
    pixels = np.stack([digits[0, 0] * 15, np.asarray(small)]).astype(float) * 16 / 255
    wanted = probabilities(trained, pixels)
    for name, at in (("grey.png", 0), ("colour.bmp", 0), ("clear.webp", 0), ("large.png", 1)):
        (found,) = asked(capsys, trained, name)["predictions"]
        assert found["outputs"]["main"] == pytest.approx(wanted[at], rel=1e-4, abs=1e-7), name
    assert main(["predict", str(trained), "large.png", "large.png", "grey.png"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "warning[W603]: 2 image files have another size; large.png is 20x30, and was brought to 8x8" in said


def test_a_run_on_colours_with_a_pad(place: Path, capsys) -> None:
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    for name in ("cat", "dog, big"):
        Path("set", name).mkdir(parents=True)
        for number in range(4):
            pixels = random.integers(0, 256, (6, 5, 3)).astype(np.uint8)
            image.fromarray(pixels).save(Path("set", name, f"{number}.png"))
    text = 'INPUT 8x7x3\nFC 2\ntrain { data images "set" pad 1; epochs 2; batch 3 }\n'
    cnndsl.train(cnndsl.loads(text), out="run")
    found = asked(capsys, "run", "set", "--top", "9")
    assert found["names"] == ["cat", "dog, big"]
    assert [line["file"] for line in found["predictions"]] == [
        str(Path("set", name, f"{number}.png")) for name in ("cat", "dog, big") for number in range(4)
    ]
    one = np.asarray(image.open("set/cat/2.png"))
    np.save("one.npy", one)
    known = json.loads(Path("run/run.json").read_text())["preparation"]
    x = np.pad(one.transpose(2, 0, 1).astype(float), ((0, 0), (1, 1), (1, 1)))
    x = x * np.array(known["scale"])[:, None, None] + np.array(known["shift"])[:, None, None]
    w = cnndsl.load_run("run").model.parameters
    y = w["fc1.weight"].astype(float) @ x.ravel() + w["fc1.bias"]
    wanted = np.exp(y) / np.exp(y).sum()
    for line in (found["predictions"][2], *asked(capsys, "run", "one.npy")["predictions"]):
        assert line["outputs"]["main"] == pytest.approx(wanted, rel=1e-4)
    assert main(["predict", "run", "set", "--format", "csv"]) == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert rows[0] == ["file", "sample", "class", "name", "probability", "name_2", "probability_2"]
    assert len(rows) == 9
    for row, line in zip(rows[1:], found["predictions"], strict=True):
        assert row[:4] == [line["file"], "", str(line["class"]), line["name"]]
        assert float(row[4]) == line["probability"]
        assert float(row[4]) + float(row[6]) == pytest.approx(1)
        assert {row[3], row[5]} == {"cat", "dog, big"}


def test_the_table_fits_80_columns(place: Path, trained: Path, digits: np.ndarray, capsys) -> None:
    name = f"{'far/' * 30}some.npy"
    Path(name).parent.mkdir(parents=True)
    np.save(name, digits[:2])
    np.save("b\n.npy", digits[0])
    assert main(["predict", str(trained), name, "b\n.npy", "--top", "10"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "class", "probability", "next"]
    assert len(rows) == 3
    assert max(map(len, (head, *rows))) == 80
    assert rows[0].startswith("…")
    assert "some.npy[0]  " in rows[0]
    best = probabilities(trained, digits[:1])[0]
    second = np.argsort(best)[-2]
    assert f"  {best.max():.1%}  {second} {best[second]:.1%}, " in rows[0]
    assert main(["predict", str(trained), "b\n.npy", "--top", "1"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "class", "probability"]
    assert row.split()[1:] == [str(best.argmax()), f"{best.max():.1%}"]


def test_numbers_without_classes_and_heads(place: Path, capsys) -> None:
    random = np.random.default_rng(0)
    x, y = random.random((20, 1, 2, 2), np.float32), random.random((20, 3), np.float32)
    labels = np.arange(20) % 2
    np.savez("d.npz", x_train=x, y_train=y, x_test=x, y_test=y, y_side_train=labels, y_side_test=labels)
    losses = "loss mse; loss side cross_entropy"
    text = f'INPUT 2x2x1\nHEAD side( FC 2 )\nFC 3\ntrain {{ data npz "d.npz"; normalize none; epochs 2; {losses} }}\n'
    cnndsl.train(cnndsl.loads(text), out="run")
    np.save("x.npy", x)
    w = cnndsl.load_run("run").model.parameters
    wanted = x.reshape(20, 4) @ w["fc1.weight"].T + w["fc1.bias"]
    side = x.reshape(20, 4) @ w["side.fc1.weight"].T + w["side.fc1.bias"]
    found = asked(capsys, "run", "x.npy")
    assert (found["output"], found["scales"]) == ("main", {"main": "none", "side": "softmax"})
    assert found["names"] == []
    for at, line in enumerate(found["predictions"]):
        assert line["outputs"]["main"] == pytest.approx(wanted[at], rel=1e-4, abs=1e-6)
        share = np.exp(side[at]) / np.exp(side[at]).sum()
        assert line["outputs"]["side"] == pytest.approx(share, rel=1e-4)
        assert (line["class"], line["top"]) == (None, [])
    assert main(["predict", "run", "x.npy", "--format", "csv"]) == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert rows[0] == ["file", "sample", "value_1", "value_2", "value_3"]
    assert [float(cell) for cell in rows[7][2:]] == pytest.approx(wanted[6], rel=1e-4, abs=1e-6)
    assert main(["predict", "run", "x.npy"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == [
        "x.npy[0]",
        f"{found['predictions'][0]['outputs']['main'][0]:.6g}",
    ]


def test_one_bad_file_among_many(place: Path, trained: Path, digits: np.ndarray, capsys) -> None:
    np.save("a.npy", digits[0])
    np.save("c.npy", digits[2])
    Path("b.npy").write_bytes(Path("a.npy").read_bytes()[:-1])
    found = asked(capsys, trained, ".", code=1)
    assert [line["file"] for line in found["predictions"]] == ["a.npy", "c.npy"]
    assert [(e["file"], e["code"]) for e in found["errors"]] == [("b.npy", "E602")]
    assert asked(capsys, trained, "a.npy", "none.npy", code=2)["predictions"][0]["class"] is not None


def save(name: str, array: np.ndarray, **how: bool) -> str:
    np.save(name, array, **how)
    return name


BAD = {
    "missing": (lambda: "none", 2, "E805", "none does not exist"),
    "device": (lambda: "/dev/zero", 2, "E805", "not a file: a pipe or a device"),
    "pipe": (lambda: os.mkfifo("pipe") or "pipe", 2, "E805", "not a file: a pipe or a device"),
    "folder": (lambda: Path("empty").mkdir() or "empty", 1, "E605", "empty has no files"),
    "empty": (lambda: Path("a.png").touch() or "a.png", 1, "E602", "is empty"),
    "one byte": (lambda: Path("a.npy").write_bytes(b"\x93") and "a.npy", 1, "E602", "no image that can be read"),
    "text": (lambda: Path("a.png").write_text("hello") and "a.png", 1, "E602", "no image that can be read"),
    "magic": (lambda: Path("a").write_bytes(b"\x93NUMPY") and "a", 1, "E602", "damaged .npy"),
    "size": (lambda: save("a.npy", np.zeros((9, 8))), 1, "E602", "9x8 is no image of 8x8x1"),
    "depth": (lambda: save("a.npy", np.zeros((3, 8, 8, 3))), 1, "E602", "3x8x8x3 is no image of 8x8x1"),
    "nan": (lambda: save("a.npy", np.full((8, 8), np.nan)), 1, "E602", "pixel that is not a finite number"),
    "scale": (lambda: save("a.npy", np.full((8, 8), 17)), 1, "E602", "trained on pixels from 0 to 16"),
    "normalized": (lambda: save("a.npy", np.full((8, 8), -0.4)), 1, "E602", "neither scaled nor normalized"),
    "objects": (lambda: save("a.npy", np.array([None]), allow_pickle=True), 1, "E602", "may hold programs"),
    "texts": (lambda: save("a.npy", np.array(["a"])), 1, "E602", "not of real numbers"),
    "complex": (lambda: save("a.npy", np.zeros((8, 8), complex)), 1, "E602", "not of real numbers"),
    "records": (lambda: save("a.npy", np.zeros(3, [("x", "f4")])), 1, "E602", "not of real numbers"),
    "nothing": (lambda: save("a.npy", np.zeros(())), 1, "E602", "one number is no image"),
    "npz": (lambda: np.savez("a.npz", a=np.zeros(1), b=np.zeros(1)) or "a.npz", 1, "E602", "which of its arrays"),
    "no npz": (lambda: np.savez("a.npz") or "a.npz", 1, "E602", "which of its arrays"),
    "npz of objects": (lambda: np.savez("a.npz", x=np.array([None])) or "a.npz", 1, "E602", "may hold programs"),
    "zip": (lambda: Path("a.zip").write_bytes(b"PK\x03\x04 no zip") and "a.zip", 1, "E602", "a.zip"),
    "labels": (lambda: Path("a").write_bytes(struct.pack(">HBBIB", 0, 8, 1, 1, 0)) and "a", 1, "E602", "holds labels"),
    "gzip": (lambda: Path("a").write_bytes(gzip.compress(b"text")) and "a", 1, "E602", "begins with"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes that are files")
@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_told(case: str, place: Path, trained: Path, capsys) -> None:
    pytest.importorskip("PIL")
    make, exit_code, code, says = BAD[case]
    assert main(["predict", str(trained), make()]) == exit_code
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error[{code}]" in err
    assert says in " ".join(err.split())
    assert "Traceback" not in err


def test_numbers_larger_than_their_file_take_no_memory(place: Path, trained: Path, capsys) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000, 1000000), }"
    header += b" " * (64 - (10 + len(header) + 1) % 64) + b"\n"
    Path("a.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    assert main(["predict", str(trained), "a.npy"]) == 1
    assert "800,000,000,000,1" in " ".join(capsys.readouterr().err.split())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(place: Path, trained: Path, digits: np.ndarray, capsys) -> None:
    np.save("a.npy", digits[0])
    Path("a.npy").chmod(0)
    assert main(["predict", str(trained), "a.npy"]) == 2
    assert "error[E805]" in capsys.readouterr().err


@pytest.mark.parametrize("top", ["0", "-1", "x", "1.5", "9999999999999"])
def test_a_number_of_classes_is_one(top: str, trained: Path, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(trained), "a.npy", "--top", top])
    assert ended.value.code == 2
    assert "is not a number of classes" in capsys.readouterr().err


def test_weights_backend_and_what_is_no_run(place: Path, trained: Path, digits: np.ndarray, capsys) -> None:
    np.save("a.npy", digits[:4])
    last = asked(capsys, trained, "a.npy")
    other = asked(capsys, trained, "a.npy", "--backend", "naive", "--weights", "last")
    for one, two in zip(last["predictions"], other["predictions"], strict=True):
        assert one["outputs"]["main"] == pytest.approx(two["outputs"]["main"], rel=1e-4, abs=1e-7)
    assert asked(capsys, trained, "a.npy", "--weights", "best")["predictions"][0]["class"] is not None
    assert main(["predict", str(trained), "a.npy", "--backend", "none"]) == 2
    assert main(["predict", "a.npy", "a.npy"]) == 2
    assert "is not a run" in capsys.readouterr().err


def test_memory_does_not_grow_with_the_files(place: Path, trained: Path, digits: np.ndarray) -> None:
    """The most memory that arrays and objects take, as Python counts it: of a file only its name stays."""
    for number in range(200):
        np.save(f"{number:04}.npy", digits[:60])
    size = digits[:60].nbytes
    code = (
        "import sys, tracemalloc; from cnndsl.cli.main import main; main(['predict', *sys.argv[1:3]]);"
        "tracemalloc.start(); main(['predict', *sys.argv[1:]]); print(tracemalloc.get_traced_memory()[1])"
    )
    peaks = []
    for count in (30, 200):
        files = [f"{number:04}.npy" for number in range(count)]
        out = subprocess.run(
            [sys.executable, "-c", code, str(trained), *files],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path(cnndsl.__file__).parent.parent)},
        ).stdout
        assert len(out.splitlines()) == 1 + 60 + 1 + 60 * count + 1
        peaks.append(int(out.splitlines()[-1]))
    assert size == 3_840
    assert peaks[1] - peaks[0] < 170 * size / 2
