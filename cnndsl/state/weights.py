"""Weights in files: safetensors, written atomically, checked when read. Reading runs no code of the file.

The file's metadata say who wrote it. Beside PyTorch-style names and layouts this keeps the files readable by anything
that reads safetensors; files of others, without our metadata, are read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from cnndsl.backends.protocol import Array, State
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph
from cnndsl.state import atomic
from cnndsl.version import __version__

WEIGHTS = "weights.safetensors"
"""What the file of weights in a run's folder is called."""

FORMAT = "1"
"""Version of what the metadata mean."""

KEYS = ("cnndsl_format", "cnndsl_version", "cnndsl_network", "cnndsl_program", "cnndsl_content")
SHOWN = 5
"""How many differences a message lists."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Arrays by full name, and the file's metadata as they stand in it (empty where a file has none). `more` are the
    arrays of a checkpoint that are neither parameters nor buffers: their names have a `/`."""

    state: dict[str, Array]
    metadata: Mapping[str, str]
    more: Mapping[str, Array] = field(default_factory=dict)


def digest(state: State, more: Mapping[str, str] | None = None) -> str:
    """SHA-256 of names, types, shapes and values, in the order of names; then of `more` metadata, if there are any."""
    found = sha256()
    for name in sorted(state):
        array = np.ascontiguousarray(state[name], state[name].dtype.newbyteorder("<"))
        found.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        found.update(array.reshape(-1).view(np.uint8).data)
    for name in sorted(more or {}):
        found.update(f"{name} {(more or {})[name]}\n".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def save(path: Path, state: State, *, network: str, program: str, more: Mapping[str, str] | None = None) -> None:
    """Writes weights, whole or not at all. `program` is the network's canonical text, of which the hash is kept; `more`
    are metadata beside ours.

    Raises CnnError (E803); the file that was there before is whole then.
    """
    metadata = {
        "cnndsl_format": FORMAT,
        "cnndsl_version": __version__,
        "cnndsl_network": network.encode("utf-8", "backslashreplace").decode(),  # a file's name may be no text
        "cnndsl_program": sha256(program.encode()).hexdigest(),
        "cnndsl_content": digest(state, more),
        **(more or {}),
    }
    atomic.write(path, _pieces(state, metadata))


TYPES = {"f2": "F16", "f4": "F32", "f8": "F64"}
"""What safetensors calls NumPy's types."""


def _pieces(state: State, metadata: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """A safetensors file (https://github.com/huggingface/safetensors#format), piece by piece: the library would hold
    all of it in memory a second time."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    end = 0
    for name, array in state.items():
        start, end = end, end + array.nbytes
        header[name] = {"dtype": TYPES[array.dtype.str[1:]], "shape": array.shape, "data_offsets": (start, end)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # arrays begin where a processor likes to read them
    yield len(text).to_bytes(8, "little") + text
    for array in state.values():
        yield np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data


def load(path: Path) -> Weights:
    """Reads weights. Raises CnnError: E805 for a file that cannot be opened, E701 for one that is damaged."""
    _check_file(path)
    state = {}
    try:
        with safe_open(path, framework="np") as file:
            metadata = dict(file.metadata() or {})
            _check_format(path, metadata)
            for name in file.keys():  # noqa: SIM118 (the file is no mapping)
                state[name] = np.array(file.get_tensor(name))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, f"is not a safetensors file, or is damaged ({error})") from error
    for name, array in state.items():
        if array.dtype.kind != "f":
            raise damaged(path, f"{name} is {array.dtype}, not floating numbers")
        if not np.isfinite(array).all():
            raise damaged(path, f"{name} has values that are not finite")
    _check_metadata(path, state, metadata)
    own = {name: array for name, array in state.items() if "/" not in name}
    return Weights(own, metadata, {name: array for name, array in state.items() if name not in own})


def _check_file(path: Path) -> None:
    try:
        if not path.is_file():
            raise CnnError(
                Diagnostic("E805", f"{path}: {'is not a file' if path.exists() else 'there is no such file'}")
            )
        with path.open("rb"):
            pass
    except OSError as error:
        raise CnnError(Diagnostic("E805", f"{path}: cannot be opened: {error.strerror}")) from error


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    """Before anything else: what a newer version writes may be of any kind."""
    found = metadata.get("cnndsl_format", FORMAT)
    if found != FORMAT:
        writer = metadata.get("cnndsl_version")
        by = f", written by cnndsl {writer}" if writer else ""
        help = f"use cnndsl {writer}, or a newer one" if writer else "use a newer version of cnndsl"
        raise damaged(path, f"has format {found}{by}; this version reads format {FORMAT}", help)


def _check_metadata(path: Path, state: State, metadata: Mapping[str, str]) -> None:
    if not any(key.startswith("cnndsl_") for key in metadata):
        return
    lacking = [key for key in KEYS if key not in metadata]
    if lacking:
        raise damaged(path, f"its metadata lack {', '.join(lacking)}")
    more = {key: value for key, value in metadata.items() if key.startswith("cnndsl_") and key not in KEYS}
    if metadata["cnndsl_content"] != digest(state, more):
        raise damaged(path, "its contents are not those that were written")


def damaged(path: Path, found: str, help: str = "use another copy of the file") -> CnnError:
    """The error (E701) of a file that is not what it should be."""
    return CnnError(Diagnostic("E701", f"{path}: {found}", help=(help,)))


def fitted(graph: Graph, weights: Weights, path: Path, dtype: str = "float32") -> dict[str, Array]:
    """The weights as the network's state: every array there, none too many, each of its shape; converted to `dtype`.

    Raises CnnError (E702), which lists the first differences, in the order of the network.
    """
    differences = [
        f"{name}: the network has {_shape(spec.shape)}, the file {_found(weights.state, name)}"
        for name, spec in graph.params.items()
        if name not in weights.state or weights.state[name].shape != spec.shape
    ]
    differences += [
        f"{name}: the file has {_shape(array.shape)}, the network nothing of this name"
        for name, array in weights.state.items()
        if name not in graph.params
    ]
    if differences:
        more = len(differences) - SHOWN
        raise CnnError(
            Diagnostic(
                "E702",
                f"{path}: holds the weights of another network than {graph.name}: "
                f"{len(differences)} difference{'s' if len(differences) > 1 else ''}",
                notes=(*differences[:SHOWN], *((f"and {more} more",) if more > 0 else ())),
                help=_origin(weights),
            )
        )
    return {name: weights.state[name].astype(dtype) for name in graph.params}


def _shape(shape: tuple[int, ...]) -> str:
    return json.dumps(list(shape))


def _found(state: State, name: str) -> str:
    return _shape(state[name].shape) if name in state else "nothing"


def _origin(weights: Weights) -> tuple[str, ...]:
    network = weights.metadata.get("cnndsl_network")
    return (f"the file says that it was saved from the network {network!r}",) if network else ()
