"""Arrays that somebody gives to be asked about, as images of the kind that a network was trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.preparation import Preparation
from cnndsl.diagnostics import CnnError, Diagnostic


def as_images(values: Any, known: Preparation, what: str = "images", code: str = "E809") -> Array:
    """Images N, D, H, W, with pixels from 0 to `pixel_max`.

    They are given so, or as N, H, W, D, or N, H, W where the depth is 1, or as one image D, H, W or H, W, D or H, W.
    Bytes for a network that was trained on numbers from 0 to 1 are divided by 255, and True is the largest pixel.
    Raises CnnError, of that code: no real numbers, one that is not finite, another size, pixels of another scale.
    """
    found = _array(values, what, code)
    return checked(laid_out(found, known, what, code), known, what, code)


def _array(values: Any, what: str, code: str) -> Array:
    try:
        found = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise CnnError(Diagnostic(code, f"{what} are no array: {error}")) from error
    if found.dtype.kind not in "biuf":
        raise CnnError(Diagnostic(code, f"{what} must be an array of real numbers, found {found.dtype}"))
    return found


def laid_out(found: Array, known: Preparation, what: str, code: str) -> Array:
    """The same numbers as N, D, H, W. Raises CnnError of that code for another size."""
    height, width, depth = known.size
    first, last = (depth, height, width), (height, width, depth)
    shape = found.shape
    if shape[1:] == first:
        return found
    if shape == first:
        return found[np.newaxis]
    if shape[1:] == last:
        return found.transpose(0, 3, 1, 2)
    if shape == last:
        return found.transpose(2, 0, 1)[np.newaxis]
    if depth == 1 and shape[1:] == first[1:]:
        return found[:, np.newaxis]
    if depth == 1 and shape == first[1:]:
        return found[np.newaxis, np.newaxis]
    shown = "x".join(map(str, shape)) or "one number"
    message = f"{what}: an array of {shown} is no image of {height}x{width}x{depth}, nor several"
    one = f"{depth}, {height}, {width}"
    padded = known.output[:2] == shape[-2:] != (height, width)
    more = ("leave out the pad: it is put around them here, as in training",) if padded else ()
    raise CnnError(Diagnostic(code, message, help=(*more, f"give one as ({one}), or N of them as (N, {one})")))


def checked(images: Array, known: Preparation, what: str, code: str) -> Array:
    """Images whose pixels lie between 0 and `pixel_max`. Raises CnnError of that code for what is not finite, or has
    another scale."""
    top = known.pixel_max
    if images.dtype.kind == "b":
        return images * np.float32(top)
    if images.dtype == np.uint8 and top == 1:
        return images.astype(np.float32) / np.float32(255)
    if not images.size:
        return images
    low, high = float(images.min()), float(images.max())
    if not np.isfinite(low) or not np.isfinite(high):
        index = int(np.argmin(np.isfinite(images).reshape(len(images), -1).all(axis=1)))
        raise CnnError(Diagnostic(code, f"{what}: image {index} has a pixel that is not a finite number"))
    if top == 1:
        return images
    trained = f"the network was trained on pixels from 0 to {top:g}"
    if low < 0 or high > top:
        help = ("give them as the training data are, neither scaled nor normalized",)
        raise CnnError(Diagnostic(code, f"{what} has pixels from {low:g} to {high:g}, and {trained}", help=help))
    if images.dtype.kind == "f" and 0 < high <= 1:
        help = (f"multiply them by {top:g}",)
        raise CnnError(Diagnostic(code, f"{what} has pixels from {low:g} to {high:g}, and {trained}", help=help))
    return images
