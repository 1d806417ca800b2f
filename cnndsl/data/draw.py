"""Random numbers by name: what is drawn depends on the words given and on nothing drawn before."""

from __future__ import annotations

from hashlib import sha256

import numpy as np


def generator(*words: int | str) -> np.random.Generator:
    """A generator keyed by its words, such as a seed, a purpose and an epoch: ``generator(1, "order", 3)``.

    The key is the first 128 bits of the SHA-256 of the words, so a seed may be of any size.
    """
    digest = sha256("\0".join(map(str, words)).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
