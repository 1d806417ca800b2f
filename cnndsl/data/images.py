"""Image folders as a data set. Which files there are is in `cnndsl.recipe.images`; Pillow is in `pictures`."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import numpy as np

from cnndsl import memory
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.pictures import Header, Pictures, header
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.images import listing
from cnndsl.recipe.places import locate
from cnndsl.recipe.spec import Setting

DEPTHS = (1, 3)
HELD = 4
"""Images that need less than this part of the memory there is are decoded once and held; others when they are taken."""
UNTOLD = 4 << 30
"""Bytes of memory, where the system does not say how many there are."""
SHOWN = 5
"""How many damaged files are told at once."""


def load(setting: Setting, base: Path, data_folder: Path | None, wanted: tuple[int, int, int] | None = None) -> Dataset:
    """The set. Its images have the depth of `wanted`, the size that a network takes, where that is 1 or 3; else they
    are grey where all files are grey, and else of depth 3."""
    folder = locate(setting, base, data_folder)["folder"]
    files = listing(folder)
    attrs = setting.attrs
    train, test = _in_turn(files.train)[: attrs.limit], _in_turn(files.test)[: attrs.limit]
    headers = _headers([path for path, _ in (*train, *test)])
    if attrs.resize is None:
        _check_sizes(headers, setting, wanted)
    depth = wanted[2] if wanted is not None else 0
    if depth not in DEPTHS:
        depth = 1 if all(found.grey for found in headers.values()) else 3
    size = next(iter(headers.values())).size
    height, width = size if attrs.resize is None else attrs.resize
    needed, limit = (len(train) + len(test)) * depth * height * width, memory.budget()
    pad = 0 if attrs.resize is not None else 2 * attrs.pad
    fits = wanted is None or wanted == (height + pad, width + pad, depth)  # else there is no need to decode any

    def part(samples: list[tuple[Path, int]]) -> Part:
        pictures = Pictures([path for path, _ in samples], depth, size, attrs.pad, attrs.resize)
        held = fits and needed <= (limit or UNTOLD) // HELD
        return Part(pictures.whole() if held else pictures, np.array([label for _, label in samples], np.int64))

    return Dataset(
        name="images",
        train=part(train),
        test=part(test),
        classes=len(files.classes),
        pixel_max=255,
        resize=attrs.resize,
        file_pad=attrs.pad if attrs.resize is not None else 0,
        names=files.classes,
    )


def _in_turn(classes: tuple[tuple[Path, ...], ...]) -> list[tuple[Path, int]]:
    """Files and their labels: the first of each class, then the second of each, so that the first so many have all."""
    rounds = zip_longest(*classes)
    return [(path, label) for some in rounds for label, path in enumerate(some) if path is not None]


def _headers(paths: list[Path]) -> dict[Path, Header]:
    """The header of each file. Raises CnnError (E602) with the first few that are no images."""
    found: dict[Path, Header] = {}
    wrong: list[Diagnostic] = []
    for path in paths:
        try:
            found[path] = header(path)
        except CnnError as error:
            wrong += error.diagnostics
            if len(wrong) == SHOWN or error.diagnostics[0].code != "E602":
                break
    if wrong:
        raise CnnError(wrong)
    return found


def _check_sizes(headers: dict[Path, Header], setting: Setting, wanted: tuple[int, int, int] | None) -> None:
    """Raises CnnError (E607) where not all images have one size."""
    first, *_ = headers
    other = next((path for path in headers if headers[path].size != headers[first].size), None)
    if other is None:
        return
    shown = ["x".join(map(str, headers[path].size)) for path in (first, other)]
    size = "HxW" if wanted is None else f"{wanted[0]}x{wanted[1]}"
    help = (f"`data images {setting.attrs.folder!r} resize {size}` brings all to one".replace("'", '"'),)
    message = f"not all images have one size: {first} is {shown[0]}, and {other} is {shown[1]}"
    raise CnnError(Diagnostic("E607", message, setting.span, help=help))
