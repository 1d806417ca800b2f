"""Data sets, and how pixels are normalized."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import NoArguments, option, text
from cnndsl.recipe.spec import Entry

PAD = {"type": "integer", "minimum": 0, "maximum": 65_536}
LIMIT = {"type": ["integer", "null"], "minimum": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Options of a data set that is known by name."""

    pad: int = option(0, schema=PAD, doc="rows and columns of zeros put around every image")
    limit: int | None = option(None, schema=LIMIT, doc="use only the first so many training and test images")


@dataclass(frozen=True, slots=True, kw_only=True)
class Idx:
    """Options of IDX files in a folder."""

    folder: str = text(doc="where train-images-idx3-ubyte and its three companions are, raw or .gz")
    pad: int = option(0, schema=PAD, doc="rows and columns of zeros put around every image")
    limit: int | None = option(None, schema=LIMIT, doc="use only the first so many training and test images")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a set before its files are opened: height x width x depth of an image, number of classes."""

    size: tuple[int, int, int]
    classes: int


FACTS = {
    "digits": Facts((8, 8, 1), 10),
    "mnist": Facts((28, 28, 1), 10),
    "fashion_mnist": Facts((28, 28, 1), 10),
}

ENTRIES = (
    Entry(
        "data", "digits", Known, "1,797 images 8x8x1 of handwritten digits; ships with the package", ("data digits",)
    ),
    Entry("data", "mnist", Known, "70,000 images 28x28x1 of handwritten digits, as IDX files", ("data mnist pad 2",)),
    Entry(
        "data", "fashion_mnist", Known, "70,000 images 28x28x1 of clothes, as IDX files", ("data fashion_mnist pad 2",)
    ),
    Entry("data", "idx", Idx, "IDX files in a folder", ('data idx "my/folder"',)),
    Entry(
        "normalize",
        "auto",
        NoArguments,
        "mean 0 and deviation 1 a channel over the training pixels",
        ("normalize auto",),
    ),
    Entry("normalize", "none", NoArguments, "pixels as they are, from 0 to 1", ("normalize none",)),
)
