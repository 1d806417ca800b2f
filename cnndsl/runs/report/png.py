"""Images as they stand in a page: a PNG in a data URI, written with nothing but zlib."""

from __future__ import annotations

import zlib
from base64 import b64encode
from struct import pack

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.runs.report.html import Html, tag

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(pixels: Array) -> bytes:
    """The file of an image: bytes H, W (grey) or H, W, 3 (red, green, blue). PNG, 3rd edition, sections 5 and 11: each
    row begins with the filter of its bytes, 0 for none."""
    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels, np.uint8).reshape(height, -1)
    data = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    header = pack(">IIBBBBB", width, height, 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(pack(">I", len(d)) + k + d + pack(">I", zlib.crc32(k + d)) for k, d in chunks)


def image(pixels: Array, alt: str, *, scale: float = 1.0, **attributes: object) -> Html:
    """The element of an image, each pixel `scale` wide, which stays a square of one colour."""
    height, width = pixels.shape[:2]
    source = "data:image/png;base64," + b64encode(png(pixels)).decode("ascii")
    size = {"width": round(width * scale), "height": round(height * scale)}
    return tag("img", src=Html(source), alt=alt, class_=attributes.pop("class_", "pixels"), **size, **attributes)


def shades(values: Array, low: float, high: float) -> Array:
    """Numbers as bytes: `low` is 0, `high` 255, what lies outside or is no number the nearer of them."""
    width = high - low if high > low else 1.0
    scaled = (np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low) - low) / width
    return np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def picture(values: Array, low: float, high: float) -> Array:
    """An array D, H, W as pixels: grey where D is 1, colours where it is 3, else the mean over D."""
    if len(values) == 3:
        return shades(values, low, high).transpose(1, 2, 0)
    return shades(values[0] if len(values) == 1 else values.mean(axis=0), low, high)


def sheet(tiles: list[Array], gap: int = 1, columns: int | None = None) -> Array:
    """Grey images of one size beside each other, with a gap of middle grey."""
    columns = columns or len(tiles)
    height, width = tiles[0].shape
    rows = -(-len(tiles) // columns)
    out = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), 128, np.uint8)
    for number, tile in enumerate(tiles):
        y, x = number // columns * (height + gap), number % columns * (width + gap)
        out[y : y + height, x : x + width] = tile
    return out
