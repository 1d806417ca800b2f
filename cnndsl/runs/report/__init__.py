"""report.html: what a run was and what it reached, in one file for a browser."""

from __future__ import annotations

from pathlib import Path

from cnndsl.runs.report.page import page
from cnndsl.runs.saved import Run
from cnndsl.state import atomic

REPORT = "report.html"


def write_report(run: Run, to: Path | None = None) -> Path:
    """Writes a run's report, to `to` or to report.html in its folder, and gives its path. What the run lacks, data that
    are gone among it, the report says, and shows the rest. Raises CnnError (E803) where it cannot be written."""
    path = run.folder / REPORT if to is None else to
    atomic.write(path, page(run).encode("utf-8", "replace"))
    return path
