"""The augmentation `dim`: each image darker by a factor of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnndsl.arguments import number
from cnndsl.recipe.spec import Entry

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Dim:
    least: float = number(schema={"type": "number", "minimum": 0, "maximum": 1}, doc="smallest factor")


@dataclass(frozen=True, slots=True)
class Dimmed:
    """Every image times a factor between `least` and 1."""

    least: float
    numbers: int = 1

    def __call__(self, images: Array, random: Array) -> Array:
        factor = self.least + (1 - self.least) * random
        images *= factor.astype(images.dtype)[:, :, None, None]
        return images


ENTRY = Entry("augment", "dim", Dim, "each image darker", ("augment dim 0.5",), make=lambda attrs: Dimmed(attrs.least))
