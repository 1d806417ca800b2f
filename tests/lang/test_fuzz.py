"""10,000 mutations of the shipped models a run, by tests/tools/fuzz.py, each run with seeds of its own; and every input
that ever failed."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cnndsl
from cnndsl.lang.expand import expand
from cnndsl.lang.unparse import unparse

TOOL = Path(__file__).parent.parent / "tools" / "fuzz.py"
REGRESSIONS = Path(__file__).parent / "regressions"
SEED = int(os.environ.get("CNNDSL_FUZZ_SEED") or int.from_bytes(os.urandom(4), "big"))
"""The first of four; the tool prints the one that failed."""
INPUTS = 10_000


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(TOOL))


@pytest.mark.parametrize("part", range(4))
def test_mutations(part: int) -> None:
    root = str(Path(cnndsl.__file__).parent.parent)
    command = [sys.executable, str(TOOL), str(SEED + part), str(INPUTS // 4)]
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted(REGRESSIONS.glob("*.cnn")), ids=lambda p: p.stem)
def test_what_failed_once(path: Path, tool: dict[str, Any]) -> None:
    tool["hold"](path.read_bytes().decode("utf-8"))


def test_expand_keeps_every_figure(models: Path) -> None:
    for path in sorted(models.glob("*.cnn")):
        network = cnndsl.load(path)
        if network.pattern:
            continue
        flat = cnndsl.loads(network.expanded)
        one, two = network.graph, flat.graph
        for what in ("parameter_count", "buffer_count", "macs"):
            assert getattr(one, what) == getattr(two, what), (path, what)
        assert [(n.keyword, n.attrs, n.type) for n in one] == [(n.keyword, n.attrs, n.type) for n in two], path
        assert {name: one.output(name).type for name in one.outputs} == {
            name: two.output(name).type for name in two.outputs
        }
        assert (flat.module.blocks, flat.module.uses) == ((), ())
        assert unparse(expand(flat.module, flat.registry.layers)) == network.expanded, "written out once is enough"
