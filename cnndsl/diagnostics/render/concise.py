"""One line a diagnostic, as editors and scripts read it."""

from __future__ import annotations

from collections.abc import Iterable

from cnndsl.diagnostics.model import Diagnostic
from cnndsl.diagnostics.render.style import visible


def concise(d: Diagnostic) -> str:
    """One line: ``models/tiny.cnn:4:10: error[E302]: POOL window 3 is larger than its input``."""
    where = f"{d.span.source.name}:{d.span.line}:{d.span.column}: " if d.span else ""
    return visible(f"{where}{d.severity}[{d.code}]: {d.message}")


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """``2 errors, 1 warning``; empty where there is nothing to say."""
    kinds = [d.severity for d in diagnostics]
    parts = [
        f"{count} {word}{'s' if count != 1 else ''}" for word in ("error", "warning") if (count := kinds.count(word))
    ]
    return ", ".join(parts)
