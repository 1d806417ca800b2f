"""What is done to pixels before a network gets them: the formula, and the record that is kept with a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset
from cnndsl.data.resize import Resizer
from cnndsl.data.scaling import Scaling
from cnndsl.schema import complaints


class Maker:
    """Makes images N, D, H, W ready for a network, in memory of its own, which the next ones are written to again.

    Padding and resizing happen after normalizing as if they had happened before: a pad of 0 becomes `shift`, and the
    weights of a mean sum to 1. `size`: D, H, W of the images as they come.
    """

    def __init__(
        self, size: tuple[int, ...], scaling: Scaling, pad: int, resize: tuple[int, int] | None, dtype: str = "float32"
    ):
        self._depth, height, width = size
        self._pad, self._padded = pad, (height + 2 * pad, width + 2 * pad)
        self._size = self._padded if resize is None else resize
        self._resizer = None if self._size == self._padded else Resizer(self._padded, self._size, dtype)
        self._scale = scaling.scale.astype(dtype)[:, np.newaxis, np.newaxis]
        self._shift = scaling.shift.astype(dtype)[:, np.newaxis, np.newaxis]
        self._whole = self._x = np.empty((0, 0, 0, 0), dtype)

    def __call__(self, raw: Array, room: int = 0) -> Array:
        """x, valid until the next call; there is room for so many, so that no later call takes more memory."""
        count, pad = len(raw), self._pad
        if len(self._whole) < max(count, room):
            self._allocate(max(count, room))
        whole, x = self._whole[:count], self._x[:count]
        inner = whole[:, :, pad : whole.shape[2] - pad, pad : whole.shape[3] - pad]
        np.multiply(raw, self._scale, out=inner, casting="same_kind")
        inner += self._shift
        if self._resizer is not None:
            self._resizer(whole, x)
        return x

    def _allocate(self, count: int) -> None:
        self._whole = np.empty((count, self._depth, *self._padded), self._scale.dtype)
        self._whole[:] = self._shift
        self._x = self._whole
        if self._resizer is not None:
            self._x = np.empty((count, self._depth, *self._size), self._scale.dtype)


@dataclass(frozen=True, slots=True)
class Preparation:
    """How images are made ready: those of `size`, height x width x depth, with pixels from 0 to `pixel_max`, become
    x = pixel*scale + shift, one of each a channel, after `pad` rows and columns of 0 were put around them and they were
    brought to `resize`, height and width.

    Image files are padded by `file_pad` and brought to `size` as they are read. `classes` is how many there are, 0
    where the main targets are no labels; `names` what they are called, empty where nobody said.
    """

    size: tuple[int, int, int]
    pixel_max: float
    scale: tuple[float, ...]
    shift: tuple[float, ...]
    pad: int = 0
    resize: tuple[int, int] | None = None
    file_pad: int = 0
    classes: int = 0
    names: tuple[str, ...] = ()

    @property
    def output(self) -> tuple[int, int, int]:
        """Height x width x depth of what the network gets."""
        height, width, depth = self.size
        return (*(self.resize or (height + 2 * self.pad, width + 2 * self.pad)), depth)

    def maker(self, dtype: str = "float32") -> Maker:
        """What makes images of this size ready."""
        height, width, depth = self.size
        scaling = Scaling(np.array(self.scale, np.float64), np.array(self.shift, np.float64))
        return Maker((depth, height, width), scaling, self.pad, self.resize, dtype)

    def apply(self, images: Array, dtype: str = "float32") -> Array:
        """x of images N, D, H, W of this size."""
        return self.maker(dtype)(images)

    def plain(self) -> dict[str, Any]:
        """As plain JSON values, from which `load` makes the same again: numbers keep all their digits."""
        return asdict(self)


def preparation(dataset: Dataset, scaling: Scaling) -> Preparation:
    """How images of a data set are made ready with that scaling."""
    _, depth, height, width = (int(n) for n in dataset.train.images.shape)
    return Preparation(
        size=(height, width, depth),
        pixel_max=float(dataset.pixel_max),
        scale=tuple(scaling.scale.tolist()),
        shift=tuple(scaling.shift.tolist()),
        pad=dataset.pad,
        resize=dataset.resize,
        file_pad=dataset.file_pad,
        classes=dataset.classes,
        names=dataset.names,
    )


_LENGTH = {"type": "integer", "minimum": 1, "maximum": 65_536}
_PAD = {"type": "integer", "minimum": 0, "maximum": 65_536}
_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 65_536}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "size": {"type": "array", "items": _LENGTH, "minItems": 3, "maxItems": 3},
        "pixel_max": {"type": "number", "exclusiveMinimum": 0},
        "scale": _NUMBERS,
        "shift": _NUMBERS,
        "pad": _PAD,
        "resize": {"type": ["array", "null"], "items": _LENGTH, "minItems": 2, "maxItems": 2},
        "file_pad": _PAD,
        "classes": {"type": "integer", "minimum": 0, "maximum": 2**31},
        "names": {"type": "array", "items": {"type": "string"}, "maxItems": 1 << 20},
    },
    "required": ["size", "pixel_max", "scale", "shift", "pad", "resize", "file_pad", "classes", "names"],
    "additionalProperties": False,
}
"""JSON Schema of `Preparation.plain`."""


def load(plain: Any) -> Preparation:
    """The preparation of plain JSON values. Raises ValueError, naming what is wrong."""
    plain = _lists(plain)
    for complaint in complaints(SCHEMA, plain):
        raise ValueError(f"{'.'.join(map(str, complaint.path)) or 'preparation'} {complaint.text}")
    counts = (*plain["size"], *(plain["resize"] or ()), plain["pad"], plain["file_pad"], plain["classes"])
    if not all(isinstance(count, int) for count in counts):  # JSON Schema takes 1.0 for a whole number
        raise ValueError("a count is no whole number")
    if not all(map(_finite, (plain["pixel_max"], *plain["scale"], *plain["shift"]))):
        raise ValueError("a number is not finite")
    if not len(plain["scale"]) == len(plain["shift"]) == plain["size"][2]:
        raise ValueError("scale and shift have one number a channel")
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()}
    return Preparation(**values)


def _lists(plain: Any) -> Any:
    """Tuples, as `plain` gives them, as JSON has them."""
    if not isinstance(plain, Mapping):
        return plain
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def _finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:
        return False
