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
        self._handle = _opened(self._path)
        try:
            while not _held(self._path, self._handle):
                os.close(self._handle)
                self._handle = _opened(self._path)
        except BlockingIOError:
            owner = os.read(self._handle, 20).decode("ascii", "replace").strip()
            os.close(self._handle)
            who = f"process {owner}" if owner else "another process"
            help = ("wait for it, end it, or name another folder with `--out`",)
            raise CnnError(Diagnostic("E806", f"{folder}: {who} is writing a run there", help=help)) from None
        except OSError:
            os.close(self._handle)
            raise
        with suppress(OSError):  # a full disk: the lock holds all the same, and has no name on it
            os.ftruncate(self._handle, 0)
            os.write(self._handle, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Lets go. The file goes too."""
        with suppress(OSError):
            os.unlink(self._path)
        with suppress(OSError):
            os.close(self._handle)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def _held(path: Path, handle: int) -> bool:
    """Locks an open file; whether it is the one that still stands there: its owner may have let go of it, and taken it
    away, since it was opened. Raises BlockingIOError where somebody has it, OSError where files cannot be locked."""
    try:
        import fcntl
    except ImportError:
        return _held_on_windows(handle)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _held_on_windows(handle: int) -> bool:
    import msvcrt

    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError as error:
        raise BlockingIOError from error
    return True
