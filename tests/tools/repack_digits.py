"""Writes cnndsl/data/files/digits.npz from scikit-learn's copy of the UCI digits.

    python tests/tools/repack_digits.py cnndsl/data/files/digits.npz

Needs NumPy and scikit-learn (made with 1.9.1); the package itself needs no scikit-learn. The file is a zip of two .npy
members: `images`, uint8, 1797x8x8, pixels 0..16, and `labels`, uint8, 1797, in scikit-learn's order. Members carry the
date 1980-01-01 and are deflated at level 9, so the same contents give the same bytes wherever zlib is the same; the
sha256 printed at the end is that of the contents and does not depend on zlib.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile

import numpy as np
from sklearn.datasets import load_digits


def main(target: str) -> None:
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    if not np.array_equal(images, digits.images) or images.shape != (1797, 8, 8) or images.max() != 16:
        raise SystemExit("scikit-learn's digits are not what they were: whole numbers from 0 to 16, 1797x8x8")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in (("images", images), ("labels", labels)):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, member.getvalue())
    print("sha256 of images then labels:", hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
