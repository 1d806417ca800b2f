"""Image files in a folder a class: which there are, and which are for the test. Standard library only.

Either the folder has a folder a class, or two folders, `train` and `test`, that each have one. No image is opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.facts import Facts, Found
from cnndsl.recipe.idx import damaged

TRAIN, TEST = "train", "test"
PARTS = frozenset({TRAIN, TEST, "val", "valid", "validation"})
"""What parts of sets are called; folders of these names alone are no classes."""
SHARE = 10
"""One image in so many of a class is set aside for the test, where there is no folder for it."""
LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
"""What systems put into folders of images. It does not count, nor does what begins with a dot."""
NEEDED = "it must have a folder of images for each class"


@dataclass(frozen=True, slots=True)
class Listing:
    """Names of the classes in their order, and the files of each that are trained on, and of each for the test."""

    classes: tuple[str, ...]
    train: tuple[tuple[Path, ...], ...]
    test: tuple[tuple[Path, ...], ...]


def found_parts(folder: Path) -> Found:
    """The folder itself, if it is there."""
    return Found({"folder": folder}) if os.path.exists(folder) else Found(lacking=(str(folder.name),))


def facts(parts: Mapping[str, Path], classes: int | None = None) -> Facts:
    """Number of classes. Raises CnnError as `listing` does."""
    return Facts(None, len(listing(parts["folder"]).classes))


def listing(folder: Path) -> Listing:
    """The files of a set. All orders are those of the names, character by character.

    Raises CnnError: E602 for what is no folder or no file or cannot be read, E605 where there is no class, an empty
    one, or one in one part only.
    """
    if not os.path.isdir(folder):
        raise damaged(folder, "is not a folder", NEEDED)
    folders, _ = _inside(folder)
    if TRAIN in folders and _inside(folder / TRAIN)[0]:
        return _two_parts(folder, folders)
    if TRAIN in folders and set(folders) <= PARTS:
        raise _unfit(f"{folder / TRAIN} has no folders, and so no classes", NEEDED)
    return _one_part(folder)


def _two_parts(folder: Path, folders: list[str]) -> Listing:
    if TEST not in folders:
        help = f"name the folder of test images `{TEST}`, or put the classes of `{TRAIN}` into {folder.name} itself"
        raise _unfit(f"{folder} has a folder `{TRAIN}` with classes, and no folder `{TEST}`", help)
    others = [name for name in folders if name not in (TRAIN, TEST)]
    if others:
        help = f"move its images into `{TRAIN}` (`split` sets a share aside to validate), or move it away"
        raise _unfit(
            f"{folder} has a folder `{others[0]}` beside `{TRAIN}` and `{TEST}`, which would not be read", help
        )
    train, test = (_classes(folder / part) for part in (TRAIN, TEST))
    lone = sorted(train.keys() ^ test.keys())
    if lone:
        has, lacks = (TRAIN, TEST) if lone[0] in train else (TEST, TRAIN)
        help = f"`{TRAIN}` and `{TEST}` must have the same classes"
        raise _unfit(f"{folder / has} has a class `{lone[0]}`, which {folder / lacks} does not have", help)
    return Listing(tuple(train), tuple(train.values()), tuple(test.values()))


def _one_part(folder: Path) -> Listing:
    """A tenth of each class is for the test, rounded down, at least one image. Which ones, the SHA-256 of their names
    says: it is the same tenth on every machine and under any seed, and nearly so when images are added."""
    classes = _classes(folder)
    train, test = [], []
    for name, files in classes.items():
        if len(files) < 2:
            help = f"at least two, one of them for the test; or make two folders, `{TRAIN}` and `{TEST}`"
            raise _unfit(f"{folder / name}: the class has only one image", help)
        ranked = sorted(files, key=lambda path: sha256(os.fsencode(path.name)).digest())
        chosen = set(ranked[: max(1, len(files) // SHARE)])
        train.append(tuple(path for path in files if path not in chosen))
        test.append(tuple(path for path in files if path in chosen))
    return Listing(tuple(classes), tuple(train), tuple(test))


def _classes(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Names of classes, and their files."""
    folders, _ = _inside(folder)
    if not folders:
        raise _unfit(f"{folder} has no folders, and so no classes", NEEDED)
    return {name: _files(folder / name) for name in folders}


def _files(folder: Path) -> tuple[Path, ...]:
    folders, files = _inside(folder)
    if folders:
        raise damaged(folder / folders[0], "is a folder inside of a class", "put its images beside the others")
    if not files:
        raise _unfit(f"{folder}: the class has no images", "put images into it, or take the folder away")
    return tuple(folder / name for name in files)


def _inside(folder: Path) -> tuple[list[str], list[str]]:
    """Names of folders and of files in a folder, sorted. Links are what they lead to."""
    folders, files = [], []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.name.startswith(".") or entry.name.casefold() in LITTER:
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.is_file():
                    files.append(entry.name)
                else:
                    leads = "is a link that leads nowhere" if entry.is_symlink() else "is not a regular file"
                    raise damaged(folder / entry.name, leads, "take it away")
    except OSError as error:
        raise damaged(folder, f"cannot be read: {error.strerror or error}") from error
    return sorted(folders), sorted(files)


def _unfit(message: str, help: str) -> CnnError:
    return CnnError(Diagnostic("E605", message, help=(help,)))
