"""Weights in files: round trip, damage, other networks."""

from __future__ import annotations

import json
import os
import pickle
import struct
import tracemalloc
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from cnndsl.diagnostics import CnnError
from cnndsl.recipe.spec import Setting
from cnndsl.state import weights as files
from cnndsl.training.init import initial_state


@pytest.fixture
def graph(net):
    return net(("INPUT", {"size": (4, 4, 1)}), ("BN", {}), ("FC", {"units": 3}), name="small")


@pytest.fixture
def saved(graph, tmp_path):
    """A file of weights, and the weights."""
    weights = initial_state(graph, 1, Setting("he", None))
    path = tmp_path / "weights.safetensors"
    files.save(path, weights, network="small", program="INPUT 4x4x1\nBN\nFC 3\n")
    return path, weights


def told(error: CnnError) -> str:
    (found,) = error.diagnostics
    return " | ".join((found.message, *found.notes, *found.help))


def test_round_trip(saved, graph) -> None:
    path, weights = saved
    found = files.load(path)
    assert set(found.state) == set(weights)
    for name, array in weights.items():
        assert found.state[name].dtype == array.dtype
        np.testing.assert_array_equal(found.state[name], array)
    assert found.metadata["cnndsl_network"] == "small"
    assert found.metadata["cnndsl_program"] == sha256(b"INPUT 4x4x1\nBN\nFC 3\n").hexdigest()
    fitted = files.fitted(graph, found, path, "float64")
    assert list(fitted) == list(graph.params)
    assert fitted["fc1.weight"].dtype == np.float64
    fitted["fc1.weight"][:] = 0  # memory of its own, and writable


def test_others_can_read_it(saved) -> None:
    path, weights = saved
    np.testing.assert_array_equal(safetensors.numpy.load_file(path)["fc1.weight"], weights["fc1.weight"])


def test_files_of_others_are_read(graph, saved, tmp_path) -> None:
    _, weights = saved
    path = tmp_path / "plain.safetensors"
    safetensors.numpy.save_file(weights, path)
    found = files.load(path)
    assert found.metadata == {}
    assert set(files.fitted(graph, found, path)) == set(graph.params)


def test_arrays_that_are_not_contiguous(tmp_path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    path = tmp_path / "w"
    files.save(path, {"fc1.weight": array}, network="x", program="")
    np.testing.assert_array_equal(files.load(path).state["fc1.weight"], array)


def test_digest_knows_names_types_shapes_and_values() -> None:
    base = {"a": np.zeros((2, 3), np.float32), "b": np.ones(2, np.float32)}
    others = [
        {"a": base["a"], "c": base["b"]},
        {"a": base["a"].astype(np.float64), "b": base["b"]},
        {"a": base["a"].reshape(3, 2), "b": base["b"]},
        {"a": base["a"] + 1, "b": base["b"]},
        {"a": base["a"]},
    ]
    assert files.digest(base) == files.digest(dict(reversed(base.items())))
    assert len({files.digest(s) for s in (base, *others)}) == 6


def test_truncated_at_every_byte(saved) -> None:
    path, _ = saved
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(CnnError) as caught:
            files.load(path)
        assert caught.value.diagnostics[0].code == "E701"


def test_every_flipped_bit_of_the_values_is_seen(saved) -> None:
    path, _ = saved
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    for at in range(start, len(data), 5):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        with pytest.raises(CnnError) as caught:
            files.load(path)
        assert caught.value.diagnostics[0].code == "E701"


def test_a_flipped_bit_of_the_header_gives_an_error_or_the_same_weights(saved) -> None:
    path, weights = saved
    data, codes = path.read_bytes(), set()
    for at in range(8 + struct.unpack("<Q", data[:8])[0]):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 7]) + data[at + 1 :])
        try:
            found = files.load(path)
        except CnnError as error:
            codes.add(error.diagnostics[0].code)
        else:
            assert files.digest(found.state) == files.digest(weights)
    assert codes == {"E701"}


class Canary:
    """Sings when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def header(text: str, payload: bytes = b"") -> bytes:
    return struct.pack("<Q", len(text)) + text.encode() + payload


ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4 a zip",
        struct.pack("<Q", 2**63) + b"{}",
        header("[" * 100_000),
        header('{"a":' + ENTRY + ',"a":' + ENTRY + "}", bytes(8)),
        header('{"a":' + ENTRY.replace("[0,4]", "[4,8]") + "}", bytes(8)),
        header('{"a":' + ENTRY + ',"b":' + ENTRY + "}", bytes(4)),
        header('{"a":' + ENTRY.replace("[1]", "[2]") + "}", bytes(4)),
        header('{"a":' + ENTRY.replace("[0,4]", "[0,400]") + "}", bytes(4)),
        header('{"a":' + ENTRY.replace("[1]", "[NaN]") + "}", bytes(4)),
        header('{"a":' + ENTRY.replace("F32", "I32") + "}", bytes(4)),
        header('{"a":' + ENTRY.replace("F32", "Q32") + "}", bytes(4)),
        header('{"a":' + ENTRY + "}", struct.pack("<f", float("inf"))),
    ],
)
def test_hostile_files(tmp_path, refused, data) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(data)
    assert str(path) in told(refused("E701", lambda: files.load(path)))


def test_a_pickle_of_that_name_is_not_run(tmp_path, refused) -> None:
    canary, path = tmp_path / "song", tmp_path / "weights.safetensors"
    path.write_bytes(pickle.dumps(Canary(canary)))
    refused("E701", lambda: files.load(path))
    assert not canary.exists()


def rewritten(path: Path, **changes: str | None) -> None:
    """The same file with other metadata; None takes a key away."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    described = json.loads(data[8 : 8 + length])
    described["__metadata__"] = {k: v for k, v in {**described["__metadata__"], **changes}.items() if v is not None}
    text = json.dumps(described)
    path.write_bytes(header(text + " " * (-len(text) % 8), data[8 + length :]))


def test_a_newer_format_is_refused_with_the_version_that_wrote_it(saved, refused) -> None:
    path, _ = saved
    rewritten(path, cnndsl_format="2", cnndsl_version="9.8.7")
    said = told(refused("E701", lambda: files.load(path)))
    assert "format 2" in said
    assert "9.8.7" in said


@pytest.mark.parametrize("key", files.KEYS)
def test_metadata_that_lack_a_part(saved, refused, key) -> None:
    path, _ = saved
    rewritten(path, **{key: None})
    assert key in told(refused("E701", lambda: files.load(path)))


def test_what_cannot_be_opened(tmp_path, refused) -> None:
    refused("E805", lambda: files.load(tmp_path))
    assert "there is no such file" in told(refused("E805", lambda: files.load(tmp_path / "nowhere")))


def test_weights_of_another_network(net, saved, refused) -> None:
    """The first five differences, in the network's order, then those that the file has too many."""
    path, _ = saved
    other = net(
        ("INPUT", {"size": (4, 4, 1)}),
        ("CONV", {"window": (3, 3), "filters": 2}),
        ("BN", {}),
        ("FC", {"units": 3}),
        ("FC", {"units": 2}),
        name="other",
    )
    # conv1.weight and .bias are missing; the four of bn1 have 1 value in place of 2; fc1.weight 16 in place of 8;
    # fc2.weight and .bias are missing: 9 in all.
    error = refused("E702", lambda: files.fitted(other, files.load(path), path))
    (found,) = error.diagnostics
    assert "9 differences" in found.message
    assert found.notes == (
        "conv1.weight: the network has [2, 1, 3, 3], the file nothing",
        "conv1.bias: the network has [2], the file nothing",
        "bn1.weight: the network has [2], the file [1]",
        "bn1.bias: the network has [2], the file [1]",
        "bn1.running_mean: the network has [2], the file [1]",
        "and 4 more",
    )
    assert "'small'" in found.help[0]
    fewer = net(("INPUT", {"size": (4, 4, 1)}), ("FC", {"units": 3}))
    (found,) = refused("E702", lambda: files.fitted(fewer, files.load(path), path)).diagnostics
    assert len(found.notes) == 4
    assert found.notes[0] == "bn1.bias: the file has [1], the network nothing of this name"


def test_a_network_named_by_no_text(tmp_path) -> None:
    """A file's name may hold bytes that are no UTF-8; Python has surrogates for them."""
    files.save(tmp_path / "w", {"a": np.zeros(2, np.float32)}, network="bad\udcff", program="INPUT 1x1x1")
    assert files.load(tmp_path / "w").metadata["cnndsl_network"] == "bad\\udcff"


def test_saving_takes_no_second_copy(tmp_path) -> None:
    """Of 8 MB: the arrays are written from where they lie, and any reader of safetensors reads them."""
    arrays = {"b.weight": np.arange(2**20, dtype=np.float32).reshape(1024, -1), "a.bias": np.ones((3, 0), np.float32)}
    arrays["c.weight"] = np.arange(2**19, dtype=np.float64)[::-1]
    tracemalloc.start()
    try:
        files.save(tmp_path / "w", {"b.weight": arrays["b.weight"]}, network="n", program="")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    files.save(tmp_path / "w", arrays, network="n", program="")
    found = safetensors.numpy.load_file(tmp_path / "w")
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
