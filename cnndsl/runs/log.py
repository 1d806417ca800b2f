"""A file of JSON objects, one a line, that is readable while it grows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from cnndsl.state import atomic
from cnndsl.state.atomic import unwritable


class Log:
    """Lines added to the end of a file. What could not be written, as on a full disk, waits and goes first next time;
    the file never ends in half a line for that. Raises CnnError (E803)."""

    def __init__(self, path: Path):
        self.path = path
        self._waiting = b""
        self._torn = False
        try:
            self._open()
        except OSError as error:
            raise unwritable(path, error) from error

    def _open(self) -> None:
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        found = os.fstat(self._handle)
        if not S_ISREG(found.st_mode):
            os.close(self._handle)
            raise OSError("it is not a file")
        self._size = found.st_size

    def add(self, values: Mapping[str, Any]) -> None:
        """One object more. Numbers that are not finite become null."""
        self._waiting += (json.dumps(plain(values), allow_nan=False) + "\n").encode()
        self.flush()

    def flush(self) -> None:
        """Writes what waits. Half a line that could not be taken back before goes first."""
        if not self._waiting:
            return
        try:
            if self._torn:
                os.ftruncate(self._handle, self._size)
            try:
                self._torn = True
                rest = memoryview(self._waiting)
                while rest:
                    rest = rest[os.write(self._handle, rest) :]
                os.fsync(self._handle)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._handle, self._size)
                    self._torn = False
                raise
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._size += len(self._waiting)
        self._waiting, self._torn = b"", False

    def cut(self, keep: Callable[[Mapping[str, Any]], bool]) -> None:
        """Leaves only the lines that are to be kept, all at once; half a line at the end goes."""
        before = self.path.read_bytes()
        kept = [line for line in objects(before.decode("utf-8", "replace")) if keep(line)]
        after = b"".join((json.dumps(line) + "\n").encode() for line in kept)
        if after != before:
            atomic.write(self.path, after)
            old = self._handle
            self._open()
            os.close(old)

    def close(self) -> None:
        os.close(self._handle)


def objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a text, one a line; a line that is none is passed over."""
    found = []
    for line in text.split("\n"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def plain(value: Any) -> Any:
    """The value as JSON can say it: numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value
