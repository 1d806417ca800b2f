"""Arrays of .npz files. Headers, and everything that can be wrong with them, are in `cnndsl.recipe.npz`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.recipe.npz import Member, opened, payload
from cnndsl.training.idx import check_pixels
from cnndsl.training.memory import check_room


def read_array(path: Path, member: Member) -> Array:
    """Images, N, D, H, W: uint8, or float32 or float64 as they are stored. An array N, H, W gives depth 1.

    Raises CnnError: E602 for what is damaged or has values that are not finite, E802 for what is too large.
    """
    with opened(path) as archive:
        check_room(member.payload, f"{path}: holding {member.name}")
        data = payload(path, archive, member)
    dtype = np.dtype(member.type)
    values: Array = np.frombuffer(data, dtype.newbyteorder("S") if member.swapped else dtype)
    images = values.reshape(member.shape, order="F" if member.fortran else "C")
    if images.ndim == 3:
        images = images[:, np.newaxis]
    images = np.ascontiguousarray(images, dtype)
    check_pixels(path, images, f"{member.name}: ")
    return images
