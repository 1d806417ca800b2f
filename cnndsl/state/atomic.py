"""Files that are either as they were or as they should be, whenever the machine stops."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic

LARGEST_WRITE = 1 << 26
"""Bytes that are given to the system at once, so that an interruption is seen in between."""


def unwritable(path: Path, error: OSError) -> CnnError:
    """The error (E803) of a file or folder that could not be written."""
    return CnnError(
        Diagnostic(
            "E803",
            f"{path}: cannot be written: {error.strerror or error}",
            help=("choose a folder that can be written to, on a disk with room",),
        )
    )


def write(path: Path, data: bytes | Iterable[bytes | memoryview], mode: int = 0o644) -> None:
    """Replaces a file's contents, or makes it: temporary file beside it, fsync, rename, fsync of the folder. `data` may
    come in pieces.

    Raises CnnError (E803) when any of these fails; the temporary file is gone then, and the old file is whole.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        try:
            _write_through(temporary, [data] if isinstance(data, bytes) else data, mode)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def _write_through(path: Path, data: Iterable[bytes | memoryview], mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode)
    try:
        for piece in data:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(handle, rest[:LARGEST_WRITE]) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Makes the rename last. Windows cannot open a folder, and needs no fsync of it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
