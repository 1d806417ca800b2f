"""A process that has the package imported, and forks once for every command: a run costs a tenth of a second.

What it is told, a line of JSON each: `argv`, `cwd`, where `out` and `err` go, `faults` (see `faulty`), and `seconds`
between two checkpoints inside an epoch. It answers with the child's pid, and once that has ended with its exit code
and the seconds of a processor that it took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

MODULE = "tests.suites.reliability.forks"


class Forks:
    """The process, seen from outside. One command at a time; `seconds` of a processor is what the last one took."""

    def __init__(self, environment: dict[str, str]):
        self.seconds = 0.0
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen([sys.executable, "-m", MODULE], env=environment, **pipes)

    def __enter__(self) -> Forks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def begin(self, *argv: str | Path, cwd: Path, **more: Any) -> int:
        """Starts a command; gives its pid."""
        order = {"argv": [str(word) for word in argv], "cwd": str(cwd), **more}
        order |= {"out": str(cwd / ".out"), "err": str(cwd / ".err")}
        self._order = order
        self._process.stdin.write(json.dumps(order) + "\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]
        return int(self._process.stdout.readline())  # type: ignore[union-attr]

    def end(self) -> tuple[int, str, str]:
        """Waits for the command: exit code (negative for a signal), output and errors. What it took is `seconds`."""
        code, seconds = self._process.stdout.readline().split()  # type: ignore[union-attr]
        self.seconds = float(seconds)
        out, err = (Path(self._order[name]).read_text(encoding="utf-8") for name in ("out", "err"))
        return int(code), out, err

    def run(self, *argv: str | Path, cwd: Path, **more: Any) -> tuple[int, str, str]:
        self.begin(*argv, cwd=cwd, **more)
        return self.end()


def _serve() -> None:
    import cnndsl.cli.progress
    import cnndsl.data.sets
    import cnndsl.runs.folder
    import cnndsl.training.trainer  # noqa: F401
    from cnndsl import api
    from cnndsl.cli.main import parser

    parser("run")
    api.backend("vectorized")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line))
        print(pid, flush=True)
        _, status, used = os.wait4(pid, 0)
        print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, flush=True)


def _child(order: dict[str, Any]) -> None:
    code = 99
    try:
        for name, handle in (("out", 1), ("err", 2)):
            file = os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(file, handle)
            os.close(file)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(order["cwd"])
        if order.get("seconds") is not None:
            from cnndsl.runs import recorded

            recorded.COST = 0
            recorded.recorded = partial(recorded.recorded, seconds=order["seconds"])
        if order.get("faults"):
            from tests.suites.reliability.faulty import Faults

            Faults(**order["faults"]).install()
        from cnndsl.__main__ import start

        sys.argv[1:] = order["argv"]
        start()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            sys.stdout.flush()
        except (OSError, ValueError):
            code = 120
        os._exit(code)


if __name__ == "__main__":
    _serve()
