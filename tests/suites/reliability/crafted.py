"""Files that look like checkpoints and are none, or hold what no training wrote. Those that could sing do: whoever runs
what is in them makes a folder, the canary."""

from __future__ import annotations

import io
import json
import marshal
import os
import pickle
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cnndsl.backends.protocol import State
from cnndsl.state import weights
from cnndsl.state.checkpoint import AVERAGE, POSITION, Checkpoint
from cnndsl.state.weights import Weights

ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


class Canary:
    """Sings when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def raw(header: str | bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file with just this header."""
    text = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def singing(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Files of other kinds, under our name, whose readers run code."""
    bird = Canary(canary)
    for protocol in (0, 2, 5):
        yield f"pickle, protocol {protocol}", pickle.dumps(bird, protocol)
    yield "pickle of weights", pickle.dumps({"conv1.weight": np.zeros(3), "x": bird})
    objects = np.array([bird, bird], dtype=object)
    for name, save in (("npy", np.save), ("npz", np.savez)):
        stream = io.BytesIO()
        save(stream, objects)  # type: ignore[operator]
        yield f"{name} of objects", stream.getvalue()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(bird, 2))
        file.writestr("archive/version", "3\n")
    yield "zip as PyTorch writes it", stream.getvalue()
    source = f"import os; os.mkdir({str(canary)!r})"
    yield "marshal", marshal.dumps(compile(source, "x", "exec"))
    yield "Python", source.encode()
    yield "pickle behind a header", raw("{}", pickle.dumps(bird))
    yield (
        "metadata with code",
        raw(json.dumps({"__metadata__": {"cnndsl_position": f"__import__('os').mkdir({str(canary)!r})"}})),
    )


def malformed() -> Iterator[tuple[str, bytes]]:
    """Files that are no safetensors, or lie about themselves."""
    yield "empty", b""
    yield "seven bytes", b"\0" * 7
    for length in (2**63, 2**64 - 1, 10**8 + 1, 100):
        yield f"header of {length}", raw("{}", length=length)
    yield "no UTF-8", raw(b'{"\xff":1}')
    yield "deep nesting", raw("[" * 100_000)
    yield "deep objects", raw('{"a":' * 50_000 + "1" + "}" * 50_000)
    yield "double keys", raw(f'{{"a":{ENTRY},"a":{ENTRY}}}', bytes(8))
    yield "overlapping", raw(f'{{"a":{ENTRY},"b":{ENTRY}}}', bytes(4))
    for name, old, new in (
        ("gapped", "[0,4]", "[4,8]"),
        ("out of range", "[0,4]", "[0,400]"),
        ("reversed", "[0,4]", "[4,0]"),
        ("offsets of 2**64", "[0,4]", f"[{2**64 - 4},{2**64}]"),
        ("negative offsets", "[0,4]", "[-4,0]"),
        ("NaN literal", "[0,4]", "[NaN,4]"),
        ("shape against length", "[1]", "[2]"),
        ("shape that overflows", "[1]", f"[{2**33},{2**33}]"),
        ("negative shape", "[1]", "[-1]"),
        ("shape that is none", "[1]", '"1"'),
        ("shape of NaN", "[1]", "[NaN]"),
        ("nothing, 2**62 times", "[1]", f"[0,{2**62}]"),
        *((f"of {kind}", "F32", kind) for kind in ("I32", "U32", "C32", "Q32", "")),
    ):
        yield name, raw(f'{{"a":{ENTRY.replace(old, new)}}}', bytes(4))
    for kind, size in (("I64", 8), ("BOOL", 1), ("BF16", 2), ("C64", 8), ("F8_E4M3", 1), ("F8_E5M2", 1), ("U8", 1)):
        entry = f'{{"dtype":"{kind}","shape":[1],"data_offsets":[0,{size}]}}'
        yield f"of {kind}", raw(f'{{"a":{entry}}}', bytes(size))
    yield "F4", raw('{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}', bytes(1))
    yield "metadata of numbers", raw('{"__metadata__":{"cnndsl_format":1}}')
    yield "metadata that are a list", raw('{"__metadata__":["cnndsl_format"]}')
    yield "a surrogate", raw(f'{{"\\ud800":{ENTRY}}}', bytes(4))
    yield "a name with NUL", raw(f'{{"a\\u0000b":{ENTRY}}}', bytes(4))
    yield "a name that climbs", raw(f'{{"../../../canary":{ENTRY}}}', bytes(4))
    yield "10 MB of metadata", raw(json.dumps({"__metadata__": {"cnndsl_format": "1", "x": "y" * 10_000_000}}))
    yield "100,000 names of metadata", raw(json.dumps({"__metadata__": {f"cnndsl_{i}": "" for i in range(100_000)}}))


def rewritten(found: Weights, arrays: Mapping[str, np.ndarray], **changes: Any) -> bytes:
    """A checkpoint with other arrays or other metadata, and the right sum over what it has."""
    metadata = {**found.metadata, **{name: text for name, text in changes.items() if text is not None}}
    for name in (name for name, text in changes.items() if text is None):
        metadata.pop(name, None)
    more = {k: v for k, v in metadata.items() if k.startswith("cnndsl_") and k not in weights.KEYS}
    state: State = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata["cnndsl_content"] = weights.digest(state, more)
    header: dict[str, Any] = {"__metadata__": metadata}
    data = b""
    kinds = {"<f4": "F32", "<f8": "F64", "<f2": "F16"}
    for name, array in sorted(state.items(), key=lambda item: -item[1].dtype.itemsize):
        end = len(data) + array.nbytes
        header[name] = {"dtype": kinds[array.dtype.str], "shape": array.shape, "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header)
    return raw(text + " " * (-len(text) % 8), data)


def positions(position: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a checkpoint may say of where the training stands, and never should."""
    yield "a list", "[]"
    yield "a word", '"epoch"'
    yield "nothing", "null"
    yield "no JSON", "{"
    yield "empty", "{}"
    yield "deep nesting", "[" * 500_000
    yield "double keys", json.dumps(position)[:-1] + ', "epoch": 2}'
    yield "2 MB", json.dumps({**position, "x": "y" * 2_000_000})
    yield "one key more", json.dumps({**position, "callback": "os.system"})
    for name, values in {
        "epoch": ("1", -1, 1.0, 1.5, True, None, [1], 10**400, 2**63, 2**70),
        "step": (-1, 2.0, 2**62, "x", 10**6),
        "cut": (1, "true", None),
        "seconds": (-1.0, "x", 10**400),
        "norms": ([], {"a": "b"}, {"a": 10**400}, {"a": None}),
        "last": ([1], {"accuracy": "x"}, {"accuracy": 10**400}, {"accuracy": [1]}),
        "best": ([1], {"loss": "x"}, 3),
        "best_epoch": (-1, 1.5, "1", 10**400),
        "sums": ({}, [], None, {**position["sums"], "samples": -1}, {**position["sums"], "loss_sum": 10**400}),
    }.items():
        for value in values:
            yield f"{name} {str(value)[:20]}", json.dumps({**position, name: value})
    for literal in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999"):
        for name in ("seconds", "epoch"):
            text = json.dumps({**position, name: 0})
            yield f"{name} {literal}", text.replace(f'"{name}": 0', f'"{name}": {literal}')
        for name in ("last", "norms", "best"):
            text = json.dumps({**position, name: {"accuracy": 0}})
            yield f"{name} {literal}", text.replace('"accuracy": 0', f'"accuracy": {literal}')
    sums = position["sums"]
    for name, value in (("samples", 1.0), ("right", {"main": -1}), ("right", {"main": 1.5}), ("losses", {"main": "x"})):
        yield f"sums.{name} {value}", json.dumps({**position, "sums": {**sums, name: value}})


def untrue(found: Weights, made: Checkpoint) -> Iterator[tuple[str, bytes]]:
    """Files in order, of which something is not what it should be: the sum over them is right."""
    averages = {AVERAGE + name: array for name, array in made.averages.items()}
    arrays = {**made.state, **made.slots, **averages}
    first, slot = next(iter(made.state)), next(iter(made.slots))
    for name, value in (("infinite", np.inf), ("not a number", np.nan)):
        for where in (first, slot, next(iter(averages))):
            yield f"{where} {name}", rewritten(found, {**arrays, where: np.full_like(arrays[where], value)})
    yield "newer", rewritten(found, arrays, cnndsl_format="2", cnndsl_version="9.8.7")
    yield "newer, of no version", rewritten(found, arrays, cnndsl_format="2", cnndsl_version=None)
    yield "another network", rewritten(found, {f"x{i}.weight": arrays[first] for i in range(9)})
    yield "no arrays", rewritten(found, {})
    yield (
        "a wrong sum",
        rewritten(found, arrays).replace(found.metadata["cnndsl_program"].encode(), b"0" * 64)[:-1] + b"\7",
    )
    for where, what in ((first, "parameter"), (slot, "slot"), (next(iter(averages)), "average")):
        yield f"without a {what}", rewritten(found, {k: v for k, v in arrays.items() if k != where})
        yield f"a {what} of another shape", rewritten(found, {**arrays, where: np.zeros((2, 2), "f4")})
    yield "a slot more", rewritten(found, {**arrays, "../../canary/slot": arrays[first]})
    yield "an average more", rewritten(found, {**arrays, "average/fc9.weight": arrays[first]})
    yield "without a position", rewritten(found, arrays, **{POSITION: None})
    for name, text in positions(made.position):
        yield f"position: {name}", rewritten(found, arrays, **{POSITION: text})
