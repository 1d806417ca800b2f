"""Image files read by Pillow: their sizes from their headers, their pixels as bytes of the depth and size asked for."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.diagnostics import CnnError
from cnndsl.extras import extra
from cnndsl.recipe.idx import damaged

NOT_READ = ("BUFR", "EPS", "FPX", "GRIB", "HDF5", "MIC", "WMF")
"""Formats of Pillow that start another program, or need another package."""
GREY = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N", "I")
WIDE = ("I;16", "I;16B", "I;16L", "I;16N", "I")
"""Pixels of 16 bits; ``I`` is what older versions of Pillow say of them in PNG files."""
TURNED = ("JPEG", "MPO", "TIFF", "WEBP")
"""Formats whose headers say how the camera was held."""
ORIENTATION = 0x0112
THREADS = 4


@dataclass(frozen=True, slots=True)
class Header:
    """Height and width as the image is seen, and whether it is grey."""

    size: tuple[int, int]
    grey: bool


def header(path: Path) -> Header:
    """What the header of an image file says. Raises CnnError: E602 for what is no image, or one so large that it is
    taken for a bomb; E813 without Pillow."""
    with _opened(path, check=True) as image:
        turn, (width, height) = _orientation(image), image.size
        if turn >= 5 and image.format == "TIFF":
            raise ValueError("a TIFF on its side, which versions of Pillow read differently; save it upright")
        return Header((width, height) if turn >= 5 else (height, width), image.mode in GREY)


def read(path: Path, depth: int, pad: int = 0, resize: tuple[int, int] | None = None) -> Array:
    """The pixels of an image, D, H, W of bytes: grey for depth 1, red, green and blue for 3.

    16 bits are rounded to 8, what is transparent is laid on black, and of several frames it is the first. With
    `resize`, it is padded with zeros and brought to that size. Raises CnnError (E602, E813).
    """
    with _opened(path) as image:
        image.load()
        made = _flat(image, "L" if depth == 1 else "RGB")
        turn = 1 if image.format == "TIFF" else _orientation(image)  # Pillow has turned TIFF as it loaded it
        if turn > 1:
            made = made.transpose(_TURNS[turn])
        if resize is not None:
            made = _resized(made, pad, resize)
        pixels = np.asarray(made, np.uint8)
    return pixels[np.newaxis] if depth == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


class Pictures:
    """Images of files, N, D, H, W of bytes, decoded whenever they are taken.

    `shape` is that of all of them; those of another size than it says are refused when they are taken.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        depth: int,
        size: tuple[int, int],
        pad: int = 0,
        resize: tuple[int, int] | None = None,
    ):
        self._paths, self._pad, self._resize = tuple(paths), pad, resize
        self.shape = (len(self._paths), depth, *(size if resize is None else resize))
        self.dtype: np.dtype[Any] = np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self._paths)

    def take(self, indices: Array, out: Array) -> None:
        """Decodes the images of those numbers into `out`, n, D, H, W. Raises CnnError (E602)."""
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda pair: self._one(int(pair[1]), out[pair[0]]), enumerate(indices)):
                pass

    def first(self, count: int) -> Pictures:
        """The first of them only."""
        _, depth, height, width = self.shape
        return Pictures(self._paths[:count], depth, (height, width), self._pad, self._resize)

    def whole(self) -> Array:
        """All of them, in memory."""
        made: Array = np.empty(self.shape, self.dtype)
        self.take(np.arange(len(self)), made)
        return made

    def _one(self, index: int, out: Array) -> None:
        path = self._paths[index]
        pixels = read(path, self.shape[1], self._pad, self._resize)
        if pixels.shape != out.shape:
            raise damaged(path, f"is {_shown(pixels.shape)} now, and was {_shown(out.shape)} before")
        out[:] = pixels


def _shown(shape: tuple[int, ...]) -> str:
    depth, height, width = shape
    return f"{height}x{width}x{depth}"


def _pillow() -> Any:
    return extra("PIL.Image", "images", "Pillow", "reading image files")


@contextmanager
def _opened(path: Path, check: bool = False) -> Iterator[Any]:
    """The image, its pixels unread. Whatever Pillow raises of a file is E602; with `check`, its warning of images that
    are too large too."""
    pillow = _pillow()
    pillow.init()
    formats = [name for name in pillow.ID if name not in NOT_READ]
    try:
        with warnings.catch_warnings() if check else _nothing():
            if check:
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", pillow.DecompressionBombWarning)
            image = pillow.open(path, formats=formats)
        with image:
            yield image
    except CnnError:
        raise
    except (pillow.DecompressionBombWarning, pillow.DecompressionBombError) as error:
        raise damaged(path, f"is too large for an image: {error}", "make it smaller, or take it away") from error
    except pillow.UnidentifiedImageError as error:
        raise damaged(
            path, "is no image that can be read", "take it away; folders of classes have images only"
        ) from error
    except OSError as error:
        raise damaged(
            path, f"cannot be read: {error.strerror or error}", "get the file again, or take it away"
        ) from error
    except Exception as error:  # decoders raise whatever they stumble over
        what = f"is a damaged image ({type(error).__name__}: {str(error)[:100]})"
        raise damaged(path, what, "get the file again, or take it away") from error


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _orientation(image: Any) -> int:
    """1 for an image that is stored as it is seen, else how it is to be turned, as EXIF numbers it."""
    if image.format not in TURNED:
        return 1
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged notes beside an image that may be whole
        return 1
    return found if found in _TURNS else 1


_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""EXIF's orientation to `PIL.Image.Transpose`: mirrored left and right, turned by 180 degrees, mirrored top and bottom,
transposed, turned by 270, transversed, turned by 90."""


def _flat(image: Any, mode: str) -> Any:
    """The image in mode L or RGB."""
    pillow = _pillow()
    if image.mode in WIDE:
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65_535:
            raise ValueError("its pixels have more than 16 bits")
        return pillow.fromarray(((values * 255 + 32_767) // 65_535).astype(np.uint8)).convert(mode)
    if image.mode == "F":
        raise ValueError("its pixels are floating numbers")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        black = pillow.new("RGBA", image.size, (0, 0, 0, 255))
        return pillow.alpha_composite(black, clear).convert(mode)
    return image.convert(mode)


def _resized(image: Any, pad: int, size: tuple[int, int]) -> Any:
    pillow = _pillow()
    if pad:
        width, height = image.size
        whole = pillow.new(image.mode, (width + 2 * pad, height + 2 * pad))
        whole.paste(image, (pad, pad))
        image = whole
    return image.resize((size[1], size[0]), pillow.Resampling.BILINEAR)
