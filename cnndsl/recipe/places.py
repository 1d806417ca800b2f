"""Where the files of a data set are, and what is known of them before training. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.data import Files, record
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.idx import damaged, digest
from cnndsl.recipe.spec import Setting
from cnndsl.source import Span

VARIABLE = "CNNDSL_DATA"
"""The environment variable that names a folder of data sets."""


def known_facts(setting: Setting) -> Facts | None:
    """What is known without looking at any file: size of an image as the network gets it, and number of classes."""
    known = record(setting).known
    return None if known is None else _shaped(known(setting.attrs), setting)


def facts(setting: Setting, base: Path, data_folder: Path | None = None) -> Facts | None:
    """As `known_facts`, but files that are there are looked at: their headers, and labels where those are counted.

    `base` is the folder of the `.cnn` file, `data_folder` what `--data` names. Raises CnnError (E602, E605) where files
    cannot be what they are taken for.
    """
    if record(setting).files is None:
        return known_facts(setting)
    try:
        parts = locate(setting, base, data_folder)
    except CnnError as error:
        if all(d.code == "E601" for d in error.diagnostics):
            return known_facts(setting)
        raise
    return _shaped(surveyed(setting, parts), setting)


def surveyed(setting: Setting, parts: Mapping[str, Path]) -> Facts:
    """What the headers of a set's files say, held against what is known of it; without `pad` and `resize`.

    Raises CnnError (E602, E605).
    """
    own = record(setting)
    assert own.files is not None
    known = own.known(setting.attrs) if own.known else None
    found = own.files.survey(parts, known.classes if known else None)
    if known is not None and found.size != known.size and found.size and known.size:
        shown, needed = ("x".join(map(str, size)) for size in (found.size, known.size))
        raise damaged(
            next(iter(parts.values())),
            f"its images are {shown}",
            f"those of {setting.word} are {needed}; is `--data` right?",
        )
    return found


def verify(setting: Setting, parts: Mapping[str, Path]) -> None:
    """Holds the contents of a known set's files against the sums in its record.

    MNIST or Fashion-MNIST, 55 MB, take 0.05 s, and 0.4 s where they are gzipped. Raises CnnError (E602), one diagnostic
    for all files that are not those that were published.
    """
    files = record(setting).files
    assert files is not None
    sums = files.sums or {}
    found = {part: digest(parts[part]) for part in sums}
    wrong = [part for part in found if found[part] != sums[part]]
    if not wrong:
        return
    own = f'or train on it as what it is: `data idx "{parts[wrong[0]].parent}"`'
    message = f"{parts[wrong[0]]}: is not the file of `{setting.word}` that was published"
    notes = [f"{parts[part]}: its SHA-256 is {found[part]}, and should be {sums[part]}" for part in wrong]
    help = (f"get it again: {files.help}", own)
    raise CnnError(Diagnostic("E602", message, setting.span, notes=tuple(notes), help=help))


def _shaped(found: Facts, setting: Setting) -> Facts:
    """With the size that images have after `pad` and `resize`."""
    if found.size is None:
        return found
    height, width, depth = found.size
    pad, resize = 2 * setting.attrs.pad, setting.attrs.resize
    if resize is not None:
        return replace(found, size=(*resize, depth), resized=True)
    return replace(found, size=(height + pad, width + pad, depth))


def absent(setting: Setting, base: Path, data_folder: Path | None = None) -> tuple[Diagnostic, ...]:
    """A warning (W602) where the files of a set are not there, or not all of them: where they were looked for, and what
    gets them."""
    if record(setting).files is None:
        return ()
    try:
        locate(setting, base, data_folder)
    except CnnError as error:
        (missing,) = error.diagnostics
        message = f"the data of `{setting.word}` are not there, so that their files were not looked at"
        notes = missing.notes or (missing.message,)
        return (Diagnostic("W602", message, setting.span, notes=notes, help=missing.help),)
    return ()


def absent_weights(setting: Setting, base: Path) -> tuple[Diagnostic, ...]:
    """A warning (W703) where the file or the run's folder behind `weights` is not there. `base` is as of `facts`."""
    if os.path.exists(base / setting.attrs.file):
        return ()
    message = f"the weights `{setting.attrs.file}` are not there, and `run` needs them"
    help = ("name a file of weights, or the folder of a run: it is looked for beside the .cnn file",)
    return (Diagnostic("W703", message, setting.span, help=help),)


def locate(
    setting: Setting,
    base: Path,
    data_folder: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Mapping[str, Path]:
    """The files of a set, by part.

    ``idx "folder"`` and its like are looked for in `data_folder`, if given, or else in `base`/folder; a file of one's
    own under its name. A known set is looked for in `data_folder`, in $CNNDSL_DATA and where systems keep it; in each
    in a folder of the set's name, then in the folder itself. Raises CnnError (E601) where the files, or some of them,
    are not there.
    """
    if data_folder is not None and not os.path.isdir(data_folder):
        what = "is not a folder" if os.path.exists(data_folder) else "there is no such folder"
        raise _missing(f"--data {data_folder}: {what}", setting.span, ("name the folder that the data files are in",))
    files = record(setting).files
    if files is None:
        return {}
    places = _places(setting, files, base, data_folder, environment)
    lacking: tuple[str, ...] = ()
    for place in places:
        found = files.find(place)
        lacking = found.lacking
        if not lacking:
            return found.parts
        if found.parts:
            every = len(found.parts) + len(lacking)
            raise _missing(
                f"{place} has {len(found.parts)} of the {_NUMBERS.get(every, every)} files of {setting.word}",
                setting.span,
                (f"it lacks {', '.join(lacking)}",),
            )
    raise _missing(
        f"the files of `{setting.word}` are not there",
        setting.span,
        (files.help,),
        notes=(f"looked in {', '.join(map(str, places))}", f"for {', '.join(lacking)}"),
    )


_NUMBERS = {4: "four", 6: "six"}


def _missing(message: str, span: Span | None, help: tuple[str, ...], notes: tuple[str, ...] = ()) -> CnnError:
    return CnnError(Diagnostic("E601", message, span, notes=notes, help=help))


def _places(
    setting: Setting, files: Files, base: Path, data_folder: Path | None, environment: Mapping[str, str]
) -> list[Path]:
    if files.field == "file":
        own = Path(setting.attrs.file)
        return [base / own] if data_folder is None else list(dict.fromkeys([data_folder / own, data_folder / own.name]))
    if files.field:
        return [data_folder if data_folder is not None else base / getattr(setting.attrs, files.field)]
    roots = [data_folder] if data_folder is not None else []
    if environment.get(VARIABLE):
        roots.append(Path(environment[VARIABLE]))
    places = [folder for root in roots for folder in (root / setting.word, root)]
    return [*places, *map(Path, files.folders)]
