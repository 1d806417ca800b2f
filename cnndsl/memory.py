"""How much memory there is. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic

SHARE = 0.8
"""What of the memory may be taken."""


def budget(root: Path = Path("/")) -> int | None:
    """Bytes that may be taken: 80 % of what is available or of the control group's limit, whichever is less.

    None where the system does not say. `root` is the root of /proc and /sys.
    """
    found = [size for size in (_available(root), *_group_limits(root)) if size is not None]
    return int(SHARE * min(found)) if found else None


def check_room(needed: int, what: str, *help: str) -> None:
    """Refuses something too large for this machine before it is taken; `help` says what to do. Raises CnnError
    (E802)."""
    limit = budget()
    if limit is not None and needed > limit:
        message = f"{what} needs {amount(needed)}, of which this machine can give {amount(limit)}"
        raise CnnError(Diagnostic("E802", message, help=help))


def amount(size: int) -> str:
    """A number of bytes as people read it: ``1.5 GiB``. Exact in integers, so no size is too large to be shown."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    power = min(max(size.bit_length() - 1, 0) // 10, len(units) - 1)
    if power == 0:
        return f"{size} bytes"
    tenths = (size * 10 + (1 << (10 * power - 1))) >> (10 * power)
    return f"{tenths // 10:,}.{tenths % 10} {units[power]}"


def _available(root: Path) -> int | None:
    try:
        for line in (root / "proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _group_limits(root: Path) -> list[int]:
    """Limits of the control group that this process is in, and of those above it: version 2, then version 1."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    files = []
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "memory" not in controllers.split(","):
            continue
        top, name = (
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes") if controllers else ("sys/fs/cgroup", "memory.max")
        )
        group = root / top
        files.append(group / name)
        for part in Path(path.lstrip("/")).parts:
            group /= part
            files.append(group / name)
    return [limit for limit in map(_number, files) if limit is not None]


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
