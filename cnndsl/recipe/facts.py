"""Facts: what is known of a data set before its images are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Facts:
    """Height x width x depth of an image, and number of classes; None where headers do not say it, as for image files,
    or for targets that are not classes. `resized` is whether `resize` made the size what it is."""

    size: tuple[int, int, int] | None
    classes: int | None
    resized: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a set that lie in a place, by part, and the names of those that are lacking."""

    parts: Mapping[str, Path] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
