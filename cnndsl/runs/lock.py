"""A folder that one process at a time writes to."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic

NAME = ".lock"


class Lock:
    """Held from its making to `release`, or to the end of the process, however that comes: the system lets go of it.

    Raises CnnError (E806), which names the process that has it, where it is held.
    """

    def __init__(self, folder: Path):
        self._path = folder / NAME
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(self._handle)
        except OSError:
            owner = os.read(self._handle, 20).decode("ascii", "replace").strip()
            os.close(self._handle)
            who = f"process {owner}" if owner else "another process"
            help = ("wait for it, end it, or name another folder with `--out`",)
            raise CnnError(Diagnostic("E806", f"{folder}: {who} is writing a run there", help=help)) from None
        os.ftruncate(self._handle, 0)
        with suppress(OSError):  # a full disk: the lock holds all the same, and has no name on it
            os.write(self._handle, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Lets go. The file goes too."""
        with suppress(OSError):
            os.unlink(self._path)
        with suppress(OSError):
            os.close(self._handle)


def _lock(handle: int) -> None:
    """Raises OSError where somebody has it."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
