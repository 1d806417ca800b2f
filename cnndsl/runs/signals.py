"""Signals that ask for the end: remembered, and looked at where ending does no harm."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Signals:
    """Within it the first of these signals is only remembered, as `received`; a second one ends the process at once.
    One that the handler before has `met`, and whose exception got lost, is the first.

    Outside the main thread, where Python handles no signals, nothing is changed.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether somebody asked for the end."""
        return self.received is not None

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
                if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                    self._before[number] = before = signal.signal(number, self._handle)
                    if getattr(before, "met", False):
                        self.received = number
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (Python's signature)
        if self.received is not None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.received = number
