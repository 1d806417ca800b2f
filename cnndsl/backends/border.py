"""What a program is given from outside, checked where it comes in: behind it every array has its shape and type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, State
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.types import DTYPES, ParamSpec, TensorType

SHOWN = 5
"""How many differences between a state and a network a message lists."""


def refuse(code: str, message: str, *help: str, notes: tuple[str, ...] = ()) -> CnnError:
    """The error to raise for something that cannot be used."""
    return CnnError(Diagnostic(code, message, notes=notes, help=help))


def dtype_of(name: str) -> np.dtype[Any]:
    """Raises CnnError (E806) for anything but float32 and float64."""
    if name not in DTYPES:
        raise refuse("E806", f"a program computes in {' or '.join(DTYPES)}, not in {name}")
    return np.dtype(name)


def numbers(values: Any, dtype: np.dtype[Any], what: str) -> Array:
    """A C-contiguous array of `dtype`: the same array if it is one, else a copy.

    Real numbers of any kind are taken. Raises CnnError (E809) for anything else.
    """
    array = real(values, what, f"give it as {dtype}")
    with np.errstate(over="ignore"):
        return array.astype(dtype, order="C", copy=False)


def real(values: Any, what: str, *help: str) -> Array:
    """An array of real numbers of any kind, in their own type. Raises CnnError (E809)."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise refuse("E809", f"{what} has masked cells, which have no value", "give them one: `x.filled(0)`")
    try:
        array = np.asarray(values)
    except MemoryError:
        raise
    except Exception as error:  # what turns itself into an array may raise anything
        if "inhomogeneous" in str(error):
            raise refuse("E809", f"{what} is not an array: its rows differ in length") from None
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise refuse("E809", f"{what} cannot be made an array: {said}", *help) from error
    if array.dtype.kind not in "fiub":
        raise refuse("E809", f"{what} is of type {array.dtype}, which is none of real numbers", *help)
    return array


def finite(array: Array, what: str) -> Array:
    """The array, all of whose values are finite. Raises CnnError (E809), naming the first that is not."""
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum()):  # most are: one look at all values, and no memory
            return array
        wrong = ~np.isfinite(array)
    count = int(np.count_nonzero(wrong))
    if count:
        at = np.unravel_index(int(np.argmax(wrong)), array.shape)
        place = f"{what}[{', '.join(str(int(i)) for i in at)}]"
        found = "not a number" if np.isnan(array[at]) else f"infinite in {array.dtype}"
        more = f", and {count - 1} more" if count > 1 else ""
        raise refuse("E809", f"{place} is {found}{more}", "mend or leave out such values before they are given")
    return array


def batch(values: Any, sample: TensorType, dtype: np.dtype[Any], what: str) -> Array:
    """A batch of samples of that type, finite: N, D, H, W or N, D. Raises CnnError (E809)."""
    array = numbers(values, dtype, what)
    if array.ndim == 0 or array.shape[1:] != sample.shape:
        needed = "N, " + ", ".join(map(str, sample.shape))
        raise refuse(
            "E809", f"{what} has shape {array.shape}; a batch of {sample} has shape ({needed})", *_hints(array, sample)
        )
    return finite(array, what)


def _hints(array: Array, sample: TensorType) -> tuple[str, ...]:
    if array.shape == sample.shape:
        return ("this is one sample: `x[None]` is a batch of one",)
    if array.ndim == 4 and array.shape[1:] == (sample.height, sample.width, sample.depth):
        return ("depth comes before height and width: `x.transpose(0, 3, 1, 2)`",)
    if array.ndim == 3 and (1, *array.shape[1:]) == sample.shape:
        return ("the depth of 1 is an axis too: `x[:, None]`",)
    return ()


def target(values: Any, count: int, output: str) -> Array:
    """What an output should have been, a row for each of `count` samples, finite, in its own type: labels stay whole
    numbers. What they may be is for the loss to say. Raises CnnError (E809)."""
    array = real(values, f"the target of output `{output}`")
    if array.shape[:1] != (count,):
        raise refuse("E809", f"the target of output `{output}` has shape {array.shape}, for {count} samples")
    return finite(array, f"the target of output `{output}`") if array.dtype.kind == "f" else array


def named(values: Any, what: str) -> Mapping[str, Any]:
    """What is given by name. Raises CnnError (E806) for anything but a mapping."""
    if not isinstance(values, Mapping):
        raise refuse("E806", f"{what} are given by name, as a dict, found {type(values).__name__}")
    return values


def counted(value: Any, what: str) -> int:
    """A whole number. Raises CnnError (E806)."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise refuse("E806", f"{what} is a whole number, found {type(value).__name__}")
    return int(value)


def rate(value: Any) -> float:
    """A learning rate. Raises CnnError (E806) for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise refuse("E806", f"the learning rate is a number, found {type(value).__name__}")
    if not np.isfinite(value):
        raise refuse("E806", f"the learning rate is a finite number, found {value}")
    return float(value)


def gradient(values: Any, like: tuple[int, ...], dtype: np.dtype[Any], output: str) -> Array:
    """The gradient of an output, in its shape. Raises CnnError (E809)."""
    array = numbers(values, dtype, f"the gradient of output `{output}`")
    if array.shape != like:
        raise refuse("E809", f"the gradient of output `{output}` has shape {array.shape}, the output {like}")
    return array


def arrays(state: State, specs: Mapping[str, ParamSpec], dtype: np.dtype[Any], *, what: str) -> dict[str, Array]:
    """The arrays of a network by full name, in the network's order.

    Raises CnnError: E702 where names or shapes are others, with the first differences; E809 where they are no numbers;
    E806 where they have no names.
    """
    named(state, what)
    found = {name: numbers(state[name], dtype, name) for name in specs if name in state}
    differences = [f"{name} is missing" for name in specs if name not in found]
    differences += [f"{name} is not in the network" for name in state if name not in specs]
    differences += [
        f"{name} has shape {array.shape}, not {specs[name].shape}"
        for name, array in found.items()
        if array.shape != specs[name].shape
    ]
    if differences:
        more = (f"and {len(differences) - SHOWN} more",) if len(differences) > SHOWN else ()
        raise refuse("E702", f"{what} are those of another network", notes=(*differences[:SHOWN], *more))
    return found
