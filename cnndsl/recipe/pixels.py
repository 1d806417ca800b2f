"""What is done to pixels: how they are normalized, and how training images are varied."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import NoArguments, number, numbers
from cnndsl.recipe.spec import Entry, Key

MEAN = {"type": "number", "minimum": -1e6, "maximum": 1e6}
DEVIATION = {"type": "number", "exclusiveMinimum": 0, "maximum": 1e6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Mean and deviation by their names, one of each or one a channel."""

    mean: tuple[float, ...] = numbers(schema=MEAN, doc="of pixels that lie between 0 and 1; one, or one a channel")
    deviation: tuple[float, ...] = numbers(
        schema=DEVIATION, named=True, default=(1.0,), doc="what is left is divided by it; one, or one a channel"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """The same without names: the means, then as many deviations."""

    values: tuple[float, ...] = numbers(
        schema=MEAN, least=2, doc="the same without words: the means, then as many deviations"
    )

    @property
    def mean(self) -> tuple[float, ...]:
        return self.values[: len(self.values) // 2]

    @property
    def deviation(self) -> tuple[float, ...]:
        return self.values[len(self.values) // 2 :]

    def wrong(self) -> str | None:
        """What is wrong with the numbers together."""
        if len(self.values) % 2:
            return f"takes means and as many deviations, found {len(self.values)} numbers"
        if min(self.deviation) <= 0:
            return f"takes means and as many deviations, and a deviation must be above 0, found {min(self.deviation):g}"
        return None


def _pixels(minimum: int, doc: str) -> int:
    found: int = number(schema={"type": "integer", "minimum": minimum, "maximum": 65_536}, doc=doc)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    pixels: int = _pixels(1, "zeros put around an image, of which a part of the old size is cut out anywhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    pixels: int = _pixels(1, "largest shift along each side; what comes in is zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate:
    degrees: float = number(
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 180}, doc="largest angle, either way"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutout:
    pixels: int = _pixels(1, "side of a square of zeros, its middle anywhere in the image; what lies outside is lost")


NORMALIZE = Key(
    "normalize",
    (
        Entry(
            "normalize",
            "auto",
            NoArguments,
            "mean 0 and deviation 1 a channel over the training pixels",
            ("normalize auto",),
        ),
        Entry("normalize", "none", NoArguments, "pixels as they are, from 0 to 1", ("normalize none",)),
        Entry(
            "normalize",
            "mean",
            Moments,
            "the mean is taken off, and the rest divided by the deviation",
            ("normalize mean 0.49 0.48 0.45 deviation 0.25 0.24 0.26",),
        ),
        Entry("normalize", "", Bare, "mean and deviation in numbers", ("normalize 0.1307 0.3081",)),
    ),
    default="auto",
    about="how pixels are shifted and scaled",
)

AUGMENT = Key(
    "augment",
    (
        Entry("augment", "flip", NoArguments, "left and right exchanged, every other time", ("augment flip",)),
        Entry("augment", "crop", Crop, "a part of the padded image", ("augment flip crop 4",)),
        Entry("augment", "shift", Shift, "moved up or down, left or right", ("augment shift 2",)),
        Entry("augment", "rotate", Rotate, "turned about the middle", ("augment rotate 10",)),
        Entry("augment", "cutout", Cutout, "a square set to zero", ("augment flip crop 4 cutout 8",)),
    ),
    takes="several",
    about="how training images are varied",
)
