"""What is made ahead in a thread: the same things in the same order, and no thread that outlives it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import cnndsl
from cnndsl.data.ahead import ahead


def numbers(count: int, seen: list[int] | None = None) -> Iterator[int]:
    for n in range(count):
        if seen is not None:
            seen.append(n)
        yield n


def same(n: int) -> int:
    return n


def threads() -> int:
    return sum(t.name == "cnndsl-ahead" for t in threading.enumerate())


def test_order() -> None:
    assert list(ahead(numbers(1000), same)) == list(range(1000))
    assert list(ahead(numbers(0), same)) == []
    assert threads() == 0


def test_what_is_used_again_is_kept() -> None:
    """The source gives the same list every time."""
    memory = [0]

    def source() -> Iterator[list[int]]:
        for n in range(50):
            memory[0] = n
            yield memory

    assert [item[0] for item in ahead(source(), list)] == list(range(50))


def test_not_further_ahead_than_asked() -> None:
    seen: list[int] = []
    found = ahead(numbers(100, seen), same, count=2)
    next(found)
    time.sleep(0.2)
    assert len(seen) <= 1 + 2 + 1  # taken, waiting, and one that finds no room
    found.close()  # type: ignore[attr-defined]
    assert threads() == 0


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, MemoryError])
def test_errors_come_where_they_would_have(kind: type[BaseException]) -> None:
    def source() -> Iterator[int]:
        yield from range(3)
        raise kind("here")

    found = ahead(source(), same)
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(kind, match="here"):
        next(found)
    assert threads() == 0


def test_it_may_be_closed_at_any_time() -> None:
    for taken in range(5):
        found = ahead(numbers(5), same)
        for _ in range(taken):
            next(found)
        found.close()  # type: ignore[attr-defined]
    assert threads() == 0


@pytest.mark.parametrize("end", ["pass", "raise KeyboardInterrupt", "sys.exit(3)"])
def test_a_program_ends_with_a_thread_at_work(end: str) -> None:
    code = (
        "import sys, itertools\n"
        "from cnndsl.data.ahead import ahead\n"
        "found = ahead(itertools.count(), int)\n"
        f"next(found)\n{end}"
    )
    root = str(Path(cnndsl.__file__).parent.parent)
    done = subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60, capture_output=True, check=False)
    assert done.returncode in (0, 3, 130, -2)
    assert b"Fatal" not in done.stderr
