"""A file is as it was or as it should be, whatever fails on the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnndsl.state import atomic

OLD, NEW = b"old contents", b"new contents, longer than the old ones"


def fail_at(monkeypatch, name: str, turn: int) -> None:
    """Lets the `turn`-th call (from 1) of a function of `os` fail with a full disk."""
    original, calls = getattr(os, name), [0]

    def failing(*args, **kwargs):
        calls[0] += 1
        if calls[0] == turn:
            raise OSError(28, "No space left on device")
        return original(*args, **kwargs)

    monkeypatch.setattr(atomic.os, name, failing)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces(tmp_path) -> None:
    path = tmp_path / "file"
    for data in (OLD, NEW, b""):
        atomic.write(path, data)
        assert path.read_bytes() == data
        assert names(tmp_path) == ["file"]


# Opened are the temporary file and, for its fsync, the folder; each has its fsync.
BEFORE = [("open", 1), ("write", 1), ("fsync", 1), ("replace", 1)]
AFTER = [("open", 2), ("fsync", 2)]


@pytest.mark.parametrize(("name", "turn"), BEFORE)
@pytest.mark.parametrize("old", [OLD, None])
def test_a_failure_before_the_rename_leaves_the_old_file(tmp_path, refused, monkeypatch, name, turn, old) -> None:
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)
    with monkeypatch.context() as patch:
        fail_at(patch, name, turn)
        error = refused("E803", lambda: atomic.write(path, NEW))
    assert "No space left on device" in error.diagnostics[0].message
    assert error.exit_code == 5
    assert names(tmp_path) == (["file"] if old is not None else [])
    if old is not None:
        assert path.read_bytes() == old


@pytest.mark.parametrize(("name", "turn"), AFTER)
def test_a_failure_after_the_rename_leaves_the_new_file(tmp_path, refused, monkeypatch, name, turn) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    with monkeypatch.context() as patch:
        fail_at(patch, name, turn)
        refused("E803", lambda: atomic.write(path, NEW))
    assert path.read_bytes() == NEW
    assert names(tmp_path) == ["file"]


def test_a_write_in_pieces(tmp_path, monkeypatch) -> None:
    original = os.write
    monkeypatch.setattr(atomic.os, "write", lambda handle, data: original(handle, data[:3]))
    atomic.write(tmp_path / "file", NEW)
    assert (tmp_path / "file").read_bytes() == NEW


def test_an_interruption_leaves_no_stray_file(tmp_path, monkeypatch) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        atomic.write(tmp_path / "file", NEW)
    assert names(tmp_path) == []


def test_what_an_earlier_kill_left_is_written_over(tmp_path) -> None:
    (tmp_path / ".file.tmp").write_bytes(b"half of something that was much longer than what comes now")
    atomic.write(tmp_path / "file", NEW)
    assert (tmp_path / "file").read_bytes() == NEW
    assert names(tmp_path) == ["file"]


def test_a_folder_that_is_not_there(tmp_path, refused) -> None:
    refused("E803", lambda: atomic.write(tmp_path / "nowhere" / "file", NEW))
