"""Image files in a folder a class: which classes there are. No image is opened. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.facts import Facts, Found
from cnndsl.recipe.idx import damaged


def found_parts(folder: Path) -> Found:
    """The folder itself, if it is there."""
    return Found({"folder": folder}) if os.path.exists(folder) else Found(lacking=(str(folder.name),))


def class_names(folder: Path) -> tuple[str, ...]:
    """The folders in a folder, in the order of their names; those that begin with a dot do not count."""
    try:
        with os.scandir(folder) as found:
            return tuple(sorted(f.name for f in found if f.is_dir() and not f.name.startswith(".")))
    except OSError as error:
        raise damaged(folder, f"cannot be read: {error.strerror or error}") from error


def facts(parts: Mapping[str, Path], classes: int | None = None) -> Facts:
    """Number of classes. Raises CnnError: E602 for what is no folder, E605 where there is no class or an empty one."""
    folder = parts["folder"]
    if not os.path.isdir(folder):
        raise damaged(folder, "is not a folder", "it must have a folder of images for each class")
    names = class_names(folder)
    if not names:
        help = ("it must have a folder of images for each class",)
        raise CnnError(Diagnostic("E605", f"{folder} has no folders, and so no classes", help=help))
    empty = [name for name in names if not _has_files(folder / name)]
    if empty:
        help = ("put images into it, or take the folder away",)
        raise CnnError(Diagnostic("E605", f"{folder / empty[0]}: the class has no images", help=help))
    return Facts(None, len(names))


def _has_files(folder: Path) -> bool:
    try:
        with os.scandir(folder) as found:
            return any(f.is_file() for f in found)
    except OSError as error:
        raise damaged(folder, f"cannot be read: {error.strerror or error}") from error
