"""python -m cnndsl"""

import os
import signal
import sys
from types import FrameType


def start() -> None:
    """The command line, for the console script too. An interruption while it is still being imported ends it as one
    later does."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    try:
        if ours:
            signal.signal(signal.SIGINT, Interruption())
        from cnndsl.cli.main import entry

        entry()
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)
    finally:
        if ours:  # what Python does at its end shows an exception, and does not end for it
            signal.signal(signal.SIGINT, signal.SIG_DFL)


class Interruption:
    """What SIGINT does. An exception may get lost in a module that is being imported, or be shown and passed over.
    Nothing is half written then: the process ends at once. It gets lost too where C calls Python, or where an object is
    dropped: whoever handles the signal from then on sees by `met` that there was one."""

    met = False

    def __call__(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (Python's signature)
        self.met = True
        while frame is not None:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                os.write(2, b"\nstopped\n")
                os._exit(130)
            frame = frame.f_back
        raise KeyboardInterrupt


if __name__ == "__main__":
    start()
