"""A network that uses other files, as one file: the same graph, by the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cnndsl

SHARED = """set CONV pad 1 nobias
block thin(n) { CONV 3x3 *n -> BN -> RELU }
set CONV *4 relu
block fixed() { CONV 3x3 as inner -> thin(6) }
block unused() { FC 3 }
"""
DEEPER = 'use "parts/shared.cnn"\nset POOL floor\nblock stage(n) {\n  [ thin(n) ]*2 # twice\n  POOL max 2\n}\n'
USER = """# A network.
set CONV 5x5 pad 2
use "deeper.cnn" # blocks
block mine() { fixed() }
block idle() { stage(3) }
INPUT 9x9x2
CONV *3
stage(5) as first
ADD( fixed() -> thin(5) | @first )
mine() -> [ FC 10 ]*N
"""
ALONE = """# A network.
block thin(n) {
  set CONV pad 1 nobias
  CONV 3x3 *n -> BN -> RELU
}
block fixed() {
  set CONV pad 1 nobias
  set CONV *4 relu
  CONV 3x3 as inner -> thin(6)
}
block stage(n) {
  set POOL floor
  [ thin(n) ]*2  # twice
  POOL max 2
}
set CONV 5x5 pad 2
block mine() { fixed() }
block idle() { stage(3) }
INPUT 9x9x2
CONV *3
stage(5) as first
ADD( fixed() -> thin(5) | @first )
mine() -> [ FC 10 ]*2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "shared.cnn").write_text(SHARED)
    (tmp_path / "deeper.cnn").write_text(DEEPER)
    (tmp_path / "user.cnn").write_text(USER)
    return tmp_path


def same(one: cnndsl.Network, other: cnndsl.Network) -> None:
    """The same nodes by the same names, in arguments, sizes and parameters."""
    assert [(n.name, n.keyword, n.attrs, n.inputs, n.type, n.params) for n in one.graph] == [
        (n.name, n.keyword, n.attrs, n.inputs, n.type, n.params) for n in other.graph
    ]
    assert one.graph.outputs == other.graph.outputs


def test_text_by_hand(folder: Path) -> None:
    used = cnndsl.load(folder / "user.cnn", variables={"N": 2})
    assert used.text == ALONE
    alone = cnndsl.loads(used.text)
    same(used, alone)
    assert alone.text == ALONE


def models() -> list[Path]:
    folder = Path(cnndsl.__file__).parent.parent / "models"
    return sorted(path for path in folder.glob("*.cnn") if "INPUT" in path.read_text() and path.stem != "pattern")


@pytest.mark.parametrize("path", models(), ids=lambda path: path.stem)
def test_models_stand_alone_by_their_text(path: Path) -> None:
    network = cnndsl.load(path)
    same(network, cnndsl.loads(network.text, name=network.name))


def test_a_run_stands_alone(folder: Path) -> None:
    """Its folder can be asked and taken up again when the used files are gone, by the same names."""
    text = USER.replace("*N", "*2").replace("9x9x2", "8x8x1")
    program = folder / "trained.cnn"
    program.write_text(f"{text}train {{ data random 8x8x1 count 60; batch 10; epochs 1 }}\n")
    trained = cnndsl.train(cnndsl.load(program), out=folder / "run")
    for name in ("trained.cnn", "deeper.cnn", "parts/shared.cnn"):
        (folder / name).unlink()
    run = cnndsl.load_run(folder / "run")
    assert "first.thin2.conv1.weight" in run.model.state
    x = np.random.default_rng(0).random((3, 1, 8, 8), np.float32)
    np.testing.assert_array_equal(run.model.predict(x), trained.model.predict(x))
    assert len(cnndsl.resume(folder / "run", settings={"epochs": 2}).history) == 1
