"""Weights that PyTorch has saved, read as arrays without PyTorch and without unpickling.

A `.pth` file is a zip archive: `data.pkl` says which tensor is cut how out of which storage, `data/0` and so on are the
storages' bytes. The pickle is followed by `cnndsl.data.pickled`, with what PyTorch names in it done here.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from cnndsl.data.pickled import Name, PickleError, Shell, plain
from cnndsl.recipe.idx import damaged

LARGEST = 1 << 28
TYPES = {"torch.FloatStorage": "f4", "torch.DoubleStorage": "f8", "torch.HalfStorage": "f2", "torch.LongStorage": "i8"}


class _Ordered(dict[Any, Any], Shell):
    """An OrderedDict; the state it may be given is what PyTorch notes of its modules' versions."""

    finished: ClassVar[bool] = True

    def built(self, state: Any) -> Any:  # noqa: ARG002 (it says versions only)
        return self


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> np.ndarray:
    whole = isinstance(storage, np.ndarray) and all(
        type(n) is int and 0 <= n < 1 << 40 for n in (offset, *size, *stride)
    )
    if not whole or len(size) != len(stride):
        raise PickleError("a tensor that is not described as PyTorch does it")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and last >= len(storage):
        raise PickleError("a tensor that reaches out of its storage")
    if 0 in size:
        return np.empty(size, storage.dtype)
    steps = tuple(step * storage.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps, writeable=False).copy()


def _named_only(*_: Any) -> Any:
    raise PickleError("it calls a type of storage")


SYMBOLS = {
    "collections.OrderedDict": _Ordered,
    "torch._utils._rebuild_tensor_v2": _tensor,
    **dict.fromkeys(TYPES, _named_only),
}


def read(data: bytes | Path, path: Path) -> dict[str, np.ndarray]:
    """Tensors by name out of a file's bytes; `path` is what a diagnostic calls it. Raises CnnError (E602)."""
    from io import BytesIO

    try:
        with zipfile.ZipFile(BytesIO(data) if isinstance(data, bytes) else data) as archive:
            return _read(archive, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ValueError) as error:
        raise damaged(path, f"is not a whole file of PyTorch ({error})") from error


def _read(archive: zipfile.ZipFile, path: Path) -> dict[str, np.ndarray]:
    (listing,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
    root = listing.removesuffix("data.pkl")
    if f"{root}byteorder" in archive.namelist() and _member(archive, f"{root}byteorder") != b"little":
        raise ValueError("its bytes are in the other order")

    def storage(key: Any) -> np.ndarray:
        kind, name, number, _, count = key if type(key) is tuple and len(key) == 5 else (None,) * 5
        if kind != "storage" or not isinstance(name, Name) or name.text not in TYPES or type(number) is not str:
            raise PickleError("it speaks of something outside of it that is no storage")
        found = np.frombuffer(_member(archive, f"{root}data/{number}"), f"<{TYPES[name.text]}")
        if len(found) != count:
            raise PickleError(f"storage {number} has {len(found):,} values")
        return found

    tensors = plain(_member(archive, listing), path / "data.pkl", SYMBOLS, storage)
    if not isinstance(tensors, dict) or not all(isinstance(array, np.ndarray) for array in tensors.values()):
        raise ValueError("it is no dict of tensors")
    return tensors


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = archive.getinfo(name)
    if entry.file_size > LARGEST:
        raise ValueError(f"{name} has {entry.file_size:,} bytes")
    return archive.read(entry)
