"""Files of PyTorch read without it: one written out here byte by byte, ones that PyTorch writes, and hostile ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.diagnostics import CnnError
from tests.suites.recognizer import pth
from tests.suites.recognizer.__main__ import NAMES, NETWORK

PLACE = Path("a.pth")


def archive(listing: bytes, order: bytes = b"little", **storages: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a/data.pkl", listing)
        made.writestr("a/byteorder", order)
        for name, data in storages.items():
            made.writestr(f"a/data/{name[1:]}", data)
    return out.getvalue()


def listing(count: int = 6, offset: int = 1, size: bytes = b"I2\nI2\n", stride: bytes = b"I1\nI2\n") -> bytes:
    """As PyTorch writes {'w': a 2x2 part of a storage, its columns first}."""
    return (
        b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00"
        b"storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuI%d\ntQI%d\n(%bt(%bt\x89ccollections\n"
        b"OrderedDict\n)RtRu}X\x09\x00\x00\x00_metadata}sb."
    ) % (count, offset, size, stride)


VALUES = np.arange(6, dtype="<f4").tobytes()


def test_a_file_written_by_hand() -> None:
    found = pth.read(archive(listing(), _0=VALUES), PLACE)
    assert {name: array.tolist() for name, array in found.items()} == {"w": [[1, 3], [2, 4]]}


@pytest.mark.parametrize(
    "data",
    [
        archive(listing(offset=3), _0=VALUES),
        archive(listing(offset=-1), _0=VALUES),
        archive(listing(count=7), _0=VALUES),
        archive(listing(size=b"I9999\nI2\n"), _0=VALUES),
        archive(listing(stride=b"I-1\nI2\n"), _0=VALUES),
        archive(listing(stride=b"I1\n"), _0=VALUES),
        archive(listing(), _1=VALUES),
        archive(listing(), b"big", _0=VALUES),
        archive(b"cos\nsystem\n(S'true'\ntR.", _0=VALUES),
        archive(b"ctorch._utils\n_rebuild_tensor\n)R.", _0=VALUES),
        archive(b"ctorch\nFloatStorage\n)R.", _0=VALUES),
        archive(b"N.", _0=VALUES),
        archive(listing(), _0=VALUES)[:-5],
        b"",
    ],
)
def test_what_is_refused(data) -> None:
    with pytest.raises(CnnError) as caught:
        pth.read(data, PLACE)
    assert [d.code for d in caught.value.diagnostics] == ["E602"]


def test_files_of_pytorch(tmp_path) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Linear(4, 5)).state_dict()
    others = {
        "turned": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
        "part": torch.arange(24.0, dtype=torch.float64).reshape(4, 6)[1:3, ::2],
        "half": torch.ones(3, dtype=torch.float16),
        "one": torch.tensor(7.0),
        "none": torch.zeros(0, 3),
    }
    for tensors in (layers, others):
        torch.save(tensors, tmp_path / "a.pth")
        found = pth.read(tmp_path / "a.pth", PLACE)
        assert found.keys() == tensors.keys()
        for name, tensor in tensors.items():
            np.testing.assert_array_equal(found[name], tensor.numpy(), strict=True)


def test_the_network_is_the_packages() -> None:
    """Its sizes, as the package's model.py has them."""
    network = cnndsl.load(NETWORK)
    shapes = {name: spec.shape for name, spec in network.graph.params.items() if name.endswith("weight")}
    assert [shapes[f"{name}.weight"] for name in NAMES] == [
        (32, 1, 3, 3),
        (64, 32, 3, 3),
        (128, 64, 3, 3),
        (256, 128 * 3 * 3),
        (10, 256),
    ]
