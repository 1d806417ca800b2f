"""Each promise in a short form; `python -m tests.suites.reliability` is the whole."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks")

SHORT = {"same": 3, "kills": 3, "faults": 20, "disk": 2, "resumes": 5, "signals": 1, "hostile": 5, "memory": 4}


@pytest.mark.parametrize("name", SHORT)
def test_it_holds(name: str) -> None:
    found = import_module(f".{name}", __package__).show(SHORT[name], seed=1)
    assert not found.failures, "\n".join(found.failures)
    assert found.counts
