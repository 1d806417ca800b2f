"""NumPy's arrays and numbers in pickles, by the names that NumPy writes: 1 and 2, under any protocol.

Nothing here calls NumPy's own functions for it: type, lengths and bytes are read, held against each other, and an array
is made of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.pickled import Name, PickleError, Shell, Symbols

MOST_AXES = 8
LARGEST_AXIS = 1 << 40
_TYPE = re.compile(r"(?:b1|[iu][1248]|f[248])")


@dataclass(slots=True, eq=False)
class _Type(Shell):
    """A type of plain numbers whose byte order is not told yet."""

    code: str

    def built(self, state: Any) -> np.dtype[Any]:
        if type(state) is not tuple or len(state) < 2:
            raise PickleError("a type of numbers without its byte order")
        order = _text(state[1])
        if order not in ("<", ">", "|", "="):
            raise PickleError("a type of numbers in an unknown byte order")
        return np.dtype(f"{order}{self.code}")


@dataclass(slots=True, eq=False)
class _Empty(Shell):
    """An array that was not filled yet."""

    def built(self, state: Any) -> Array:
        if type(state) is not tuple or len(state) != 5:
            raise PickleError("an array that is not described as NumPy does it")
        _, shape, kind, fortran, raw = state
        return _array(shape, kind, raw, "F" if fortran is True else "C")


def _dtype(code: Any, align: Any = False, copy: Any = True) -> _Type:
    text = _text(code)
    if not _TYPE.fullmatch(text):
        raise PickleError(f"it has values of type {text[:20]!r}, which are no plain numbers")
    return _Type(text)


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Empty:
    if kind != Name("numpy.ndarray"):
        raise PickleError("it has an array of another class")
    return _Empty()


def _frombuffer(raw: Any, kind: Any, shape: Any, order: Any) -> Array:
    if order not in ("C", "F"):
        raise PickleError("an array in an unknown order")
    return _array(shape, kind, raw, order)


def _scalar(kind: Any, raw: Any) -> Any:
    return _array((), kind, raw, "C")[()]


def _ndarray(*_: Any) -> Any:
    raise PickleError("it calls numpy.ndarray")


def _encode(text: Any, coding: Any = "") -> bytes:
    """Bytes, as Python 3 writes them for Python 2."""
    if type(text) is not str or _text(coding) not in ("latin1", "latin-1"):
        raise PickleError("it encodes what is no text in Latin-1")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


def _text(value: Any) -> str:
    """A text of ASCII letters, from Python 2 or 3."""
    if type(value) is bytes and value.isascii():
        return value.decode()
    if type(value) is str and value.isascii():
        return value
    raise PickleError("it has something else where a short text belongs")


def _array(shape: Any, kind: Any, raw: Any, order: Any) -> Array:
    """The array, once type, lengths and bytes agree; it cannot be written to."""
    if isinstance(kind, _Type):  # no state was given: this machine's byte order
        kind = np.dtype(kind.code)
    if not isinstance(kind, np.dtype) or type(shape) is not tuple or type(raw) not in (bytes, str):
        raise PickleError("an array that is not described as NumPy does it")
    if len(shape) > MOST_AXES or any(type(n) is not int or not 0 <= n <= LARGEST_AXIS for n in shape):
        raise PickleError("an array of impossible lengths")
    if isinstance(raw, str):  # bytes, as Python 2 is read
        raw = raw.encode("latin-1")
    if prod(shape) * kind.itemsize != len(raw):
        shown = "x".join(map(str, shape)) or "one value"
        raise ValueError(f"an array of {shown} of type {kind.str} has {len(raw):,} bytes")
    if kind.kind == "b" and raw.strip(b"\0\1"):
        raise ValueError("an array of truth values has others")
    return np.frombuffer(raw, kind, prod(shape)).reshape(shape, order=order) if raw else np.empty(shape, kind)


def _rooms(name: str) -> tuple[str, str]:
    """A name where NumPy 1 and where NumPy 2 keeps it."""
    return f"numpy.core.{name}", f"numpy._core.{name}"


SYMBOLS: Symbols = {
    **dict.fromkeys(_rooms("multiarray._reconstruct"), _reconstruct),
    **dict.fromkeys(_rooms("multiarray.scalar"), _scalar),
    **dict.fromkeys(_rooms("numeric._frombuffer"), _frombuffer),
    "numpy.ndarray": _ndarray,
    "numpy.dtype": _dtype,
    "_codecs.encode": _encode,
    "__builtin__.bytes": _no_bytes,
    "builtins.bytes": _no_bytes,
}
