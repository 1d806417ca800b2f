"""The compiler from Python: load, loads, check, compile, train. Glue, no logic."""

from __future__ import annotations

from cnndsl.api.compiling import backend, backend_name, borrowed, compile, trainer
from cnndsl.api.examining import examine, too_large
from cnndsl.api.given import Setting, Size
from cnndsl.api.programs import Network, check, load, loads, network, read_file
from cnndsl.api.runs import load_run, run_folder, saved, take_up
from cnndsl.api.training import resume, train

__all__ = [
    "Network",
    "Setting",
    "Size",
    "backend",
    "backend_name",
    "borrowed",
    "check",
    "compile",
    "examine",
    "load",
    "load_run",
    "loads",
    "network",
    "read_file",
    "resume",
    "run_folder",
    "saved",
    "take_up",
    "too_large",
    "train",
    "trainer",
]
