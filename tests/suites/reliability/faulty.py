"""What a run asks of the system about its folder, counted; and one of these, or all from one on, going wrong."""

from __future__ import annotations

import errno
import json
import os
from typing import Any

DEAD = 77
"""Exit code of a sudden death."""
CALLS = ("open", "write", "fsync", "replace", "ftruncate", "mkdir", "unlink")
ON_A_FULL_DISK = ("open", "write", "fsync", "mkdir", "replace")
"""What fails there for ever; files can be shortened and removed."""


class Faults:
    """Counts from 1 the calls on `root` and what is below it. At call `at` the error of that name is raised, after half
    of what was to be written; with `forever` at all later ones too. Without an error the process dies there. `log` gets
    a list of what was called, and the number of calls before the first step."""

    def __init__(self, root: str, at: int = 0, error: str | None = None, forever: bool = False, log: str | None = None):
        self.root, self.at, self.error, self.forever, self.log = root, at, error, forever, log
        self.calls: list[str] = []
        self.begun: int | None = None
        self.handles: dict[int, str] = {}
        self.real = {name: getattr(os, name) for name in CALLS}

    def install(self) -> None:
        for name in CALLS:
            setattr(os, name, self._wrapped(name))
        from cnndsl.backends.tabletraining import TableTraining

        step = TableTraining.step

        def counted(program: Any, *given: Any, **named: Any) -> Any:
            if self.begun is None:
                self.begun = len(self.calls)
            return step(program, *given, **named)

        TableTraining.step = counted  # type: ignore[method-assign]
        if self.log is not None:
            leave = os._exit

            def write_and_leave(code: int) -> None:
                with open(str(self.log), "w", encoding="utf-8") as stream:
                    json.dump({"calls": self.calls, "begun": self.begun}, stream)
                leave(code)

            os._exit = write_and_leave  # type: ignore[assignment]

    def _wrapped(self, name: str) -> Any:
        real = self.real[name]

        def call(first: Any, *given: Any, **named: Any) -> Any:
            path = self.handles.get(first) if isinstance(first, int) else os.path.abspath(os.fspath(first))
            ours = path is not None and (path == self.root or path.startswith(self.root + os.sep))
            if ours:
                reads = name == "open" and not given[0] & (os.O_WRONLY | os.O_RDWR)
                what = f"{name}{' to read' if reads else ''} {os.path.relpath(str(path), self.root)}"
                self.calls.append(what)
                if self._now(name, reads):
                    self._fail(name, first, given, str(path))
            result = real(first, *given, **named)
            if name == "open":
                self.handles.pop(result, None)
                if ours:
                    self.handles[result] = str(path)
            return result

        return call

    def _now(self, name: str, reads: bool) -> bool:
        count = len(self.calls)
        if count == self.at:
            return True
        if not self.forever or not self.at or count < self.at:
            return False
        return self.error != "ENOSPC" or (name in ON_A_FULL_DISK and not reads)

    def _fail(self, name: str, first: Any, given: tuple[Any, ...], path: str) -> None:
        if name == "write" and len(given[0]) > 1:
            self.real["write"](first, given[0][: len(given[0]) // 2])
        if self.error is None:
            os._exit(DEAD)
        number = getattr(errno, self.error)
        raise OSError(number, os.strerror(number), path)
