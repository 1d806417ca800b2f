"""Pickles of plain data: read as Python reads them, and nothing of what else a pickle can say is ever done."""

from __future__ import annotations

import pickle
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from cnndsl.data import pickled
from cnndsl.data.pickled import plain
from cnndsl.data.pickledarrays import SYMBOLS
from cnndsl.diagnostics import CnnError

PLACE = Path("a.pkl")
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def read(data: bytes):
    return plain(data, PLACE, SYMBOLS)


def why(data: bytes) -> str:
    """What a file is refused with, which takes less than a second."""
    start = perf_counter()
    with pytest.raises(CnnError) as caught:
        read(data)
    assert perf_counter() - start < 1
    (found,) = caught.value.diagnostics
    assert found.code == "E602"
    assert found.message.startswith("a.pkl: is not a ")
    assert found.help
    return found.message


# ---- what is read


VALUES = (
    {"a": 1, b"b": [1.5, -2, 2**63, None, True, False], 3: ("x", "é", "\n'\\", b"\0\xff\n", b"")},
    [],
    (),
    {},
    [[1], (2, (3,)), {"k": {"l": []}}, tuple(range(9)), list(range(2_000)), "x" * 300, b"y" * 300],
    255,
    -(2**40),
    1e-300,
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", VALUES)
def test_plain_values(protocol, value) -> None:
    found = read(pickle.dumps(value, protocol))
    assert repr(found) == repr(value)  # types too


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_value_that_stands_twice_is_one(protocol) -> None:
    shared = [1, 2]
    found = read(pickle.dumps([shared, shared, {"a": shared}], protocol))
    assert found[0] is found[1] is found[2]["a"]


ARRAYS = (
    np.arange(6, dtype=np.uint8).reshape(2, 3),
    np.asfortranarray(np.arange(24, dtype=np.int64).reshape(2, 3, 4)),
    np.linspace(-1, 1, 5, dtype=">f4"),
    np.array([[np.pi]], np.float64),
    np.array([True, False]),
    np.array([1.5, 2.5], np.float16),
    np.zeros((0, 3), np.int16),
    np.array(7, np.uint32),
    np.arange(20)[::3],
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype.str}{a.shape}")
def test_arrays(protocol, array) -> None:
    """Also under the names of NumPy 1, and twice in one file."""
    data = pickle.dumps({b"x": array, "again": [array]}, protocol)
    for form in (data, data.replace(b"numpy._core.", b"numpy.core.") if protocol < 4 else data):
        found = read(form)
        np.testing.assert_array_equal(found[b"x"], array, strict=True)
        assert found[b"x"].dtype == array.dtype
        assert found["again"][0] is found[b"x"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("number", [np.float32(1.5), np.int64(-3), np.uint8(255), np.bool_(True)], ids=repr)
def test_numbers_of_numpy(protocol, number) -> None:
    found = read(pickle.dumps([number], protocol))[0]
    assert found == number
    assert type(found) is type(number)


def test_texts_of_python_2() -> None:
    """Python 2.7 writes {'data': '\\x00\\xff', 'labels': [1, 2], u'u': 'it\\'s'} so, by protocols 0, 1 and 2."""
    written = (
        b"(dp0\nS'labels'\np1\n(lp2\nI1\naI2\nasS'data'\np3\nS'\\x00\\xff'\np4\nsVu\np5\nS\"it's\"\np6\ns.",
        b"}q\x00(U\x06labelsq\x01]q\x02(K\x01K\x02eU\x04dataq\x03U\x02\x00\xffq\x04X\x01\x00\x00\x00uq\x05U\x04it'sq\x06u.",
        b"\x80\x02}q\x00(U\x06labelsq\x01]q\x02(K\x01K\x02eU\x04dataq\x03T\x02\x00\x00\x00\x00\xffq\x04"
        b"X\x01\x00\x00\x00uq\x05U\x04it'sq\x06u.",
    )
    for data in written:
        found = read(data)
        assert found == pickle.loads(data, encoding="bytes")
        assert found == {b"labels": [1, 2], b"data": b"\0\xff", "u": b"it's"}


def test_an_array_of_python_2() -> None:
    """As NumPy 1.6 under Python 2.6 wrote CIFAR-10's batches, by protocol 2, and by protocol 0."""
    binary = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b"
        b"\x87Rq\x05(K\x01K\x02K\x03\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U\x06\x00\x01\x02\xfd\xfe\xfftbu."
    )
    lines = (
        b"(dp0\nS'data'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\nS'b'\np5\ntp6\nRp7\n"
        b"(I1\n(I2\nI3\ntp8\ncnumpy\ndtype\np9\n(S'u1'\np10\nI0\nI1\ntp11\nRp12\n(I3\nS'|'\np13\nNNNI-1\nI-1\nI0\ntp14\nb"
        b"I00\nS'\\x00\\x01\\x02\\xfd\\xfe\\xff'\np15\ntp16\nbs."
    )
    for data in (binary, lines):
        array = read(data)[b"data"]
        assert array.tolist() == [[0, 1, 2], [253, 254, 255]]
        assert array.dtype == np.uint8


# ---- what is refused


class Canary:
    """Sings when it is unpickled by Python."""

    sung = False

    def __init__(self, call, *arguments):
        self.how = call, arguments

    def __reduce__(self):
        return self.how


def sing(*_):
    Canary.sung = True
    return Canary


class WithState:
    def __init__(self):
        self.x = 1


def hostile() -> list[tuple[str, bytes]]:
    import copyreg
    import os

    calls = [
        ("system", Canary(os.system, "true")),
        ("eval", Canary(eval, "__import__('os').getpid()")),
        ("exec", Canary(exec, "pass")),
        ("import", Canary(__import__, "os")),
        ("getattr", Canary(getattr, "", "join")),
        ("ours", Canary(sing)),
        ("copyreg", Canary(copyreg._reconstructor, WithState, object, None)),
        ("object", WithState()),
        ("class", WithState),
        ("function", len),
        ("open", Canary(open, "/dev/null")),
        ("load", Canary(np.load, "x.npy")),
        ("objects", np.array([Canary(sing), None], dtype=object)),
        ("record", np.zeros(2, [("a", "u1")])),
        ("strings", np.array(["a", "b"])),
        ("times", np.zeros(2, "M8[s]")),
        ("complex", np.zeros(2, complex)),
        ("set", {1, 2}),
        ("complex number", 1j),
        ("tuple as a key", {(1, 2): 3}),
        ("masked", np.ma.array([1, 2])),
        ("range", range(3)),
    ]
    made = []
    for name, value in calls:
        for protocol in PROTOCOLS:
            for depth, inside in enumerate((value, {"data": [value], "labels": (value,)})):
                made.append((f"{name}-{protocol}-{depth}", pickle.dumps(inside, protocol)))
    return made


@pytest.mark.parametrize("data", [pytest.param(d, id=n) for n, d in hostile()])
def test_no_canary_sings(data, monkeypatch) -> None:
    monkeypatch.setattr(Canary, "sung", False)
    monkeypatch.setattr("pickle.loads", None)
    why(data)
    assert not Canary.sung


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "it asks for 'os.system'"),
        (b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.", "it asks for 'posix.system'"),
        (b"(S'true'\nios\nsystem\n.", "it has a INST"),
        (b"(cos\nsystem\nS'true'\no.", "asks for 'os.system'"),
        (b"(cnumpy\nndarray\nS'true'\no.", "it has a OBJ"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "it has a NEWOBJ"),
        (b"\x80\x04cnumpy\nndarray\n)}\x92.", "it has a NEWOBJ_EX"),
        (b"\x80\x02\x82\x01.", "it has a EXT1"),
        (b"\x80\x02\x83\x01\x00.", "it has a EXT2"),
        (b"\x80\x02\x84\x01\x00\x00\x00.", "it has a EXT4"),
        (b"Pname\n.", "it has a PERSID"),
        (b"K\x01Q.", "outside of it"),
        (b"\x80\x05\x97.", "it has a NEXT_BUFFER"),
        (b"\x80\x05\x97\x98.", "it has a NEXT_BUFFER"),
        (b"\x80\x04\x8f.", "it has a EMPTY_SET"),
        (b"\x80\x09N.", "version 9"),
        (b"cnumpy\nndarray\n(I2\ntR.", "it calls numpy.ndarray"),
        (b"cnumpy\ndtype\n.", "unfinished"),
        (b"cnumpy\ndtype\n(S'u1'\ntR.", "unfinished"),
        (b"cnumpy\ndtype\n(S'O'\ntR.", "values of type 'O'"),
        (b"cnumpy\ndtype\n(S'u1'\nI0\nI1\nI2\nI3\ntR.", "does not call numpy.dtype"),
        (b"c_codecs\nencode\n(Vx\nVrot13\ntR.", "Latin-1"),
        (b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(I0\ntS'b'\ntR.", "another class"),
        (b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR.", "unfinished"),
        (b"K\x01K\x02\x85R.", "calls what is no name"),
        (b"K\x01K\x02b.", "gives a state"),
        (b"(lp0\ng0\na.", "holds itself"),
        (b"(K\x01.", "it ends with 2 values"),
        (b"K\x01K\x02.", "it ends with 2 values"),
        (b".", "it ends with 0 values"),
        (b"", "it ends early"),
        (b"N.N", "1 bytes follow its end"),
        (b"\xff.", "opcode ff at byte 0"),
        (b"g5\n.", "memo 5 is empty"),
        (b"e.", "a mark is missing"),
        (b"(K\x01d.", "a key without its value"),
        (b"NK\x01a.", "there is no list"),
        (b"NK\x01K\x01s.", "there is no dict"),
        (b"S'\\q'\n.", "unknown escape"),
        (b"Snone\n.", "without its quotes"),
        (b"L" + b"9" * 30 + b"L\n.", "more than 64 bits"),
        (b"I" + b"9" * 5_000 + b"\n.", "is not a whole pickle"),
        (b"\x8b\xff\xff\xff\x7f.", "is not a whole pickle"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "is not a whole pickle"),
        (b"]" * 150 + b"a" * 149 + b".", "100 deep"),
        (b"]q\x00" + b"h\x00\x86" * 0 + b"\x85" * 150 + b".", "100 deep"),
        (b"0" * 10, "a value is missing"),
        (b"N" * 200_001, "200,000 steps"),
        (b"(" * 150_000 + b"1" * 150_000 + b".", "200,000 steps"),
    ],
)  # fmt: skip
def test_what_is_said(data, said) -> None:
    assert said in why(data)


def test_what_is_said_of_arrays() -> None:
    good = pickle.dumps(np.arange(6, dtype=np.uint8).reshape(2, 3), 2)
    assert "an array of 9x3 of type |u1 has 6 bytes" in why(good.replace(b"K\x02K\x03\x86", b"K\x09K\x03\x86"))
    assert "impossible lengths" in why(good.replace(b"K\x02K\x03\x86", b"J\xff\xff\xff\xffK\x03\x86"))
    assert "byte order" in why(good.replace(b"X\x01\x00\x00\x00|", b"X\x01\x00\x00\x00?"))
    assert "truth values" in why(good.replace(b"u1", b"b1"))


def test_sharing_costs_nothing() -> None:
    """Each list holds the one before twice: 2**90 values, if they were copied."""
    data = (
        b"]q\x00" + b"".join(b"](h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(90)) + b"."
    )
    start = perf_counter()
    with pytest.raises(CnnError):
        read(data)  # the lists below stay on the stack
    found = read(data.replace(b"](", b"0](").replace(b"]q\x00", b"]q\x00"))
    assert len(found) == 2
    assert perf_counter() - start < 1
    wide = b"(" + b"K\x01" * 60_000 + b"lq\x000(" + b"h\x00" * 60_000 + b"l."
    start = perf_counter()
    assert len(read(wide)) == 60_000
    assert perf_counter() - start < 1


def outcome(data: bytes):
    """The type of what is read, or the code that it is refused with."""
    try:
        return type(read(data))
    except CnnError as error:
        return error.diagnostics[0].code


SMALL = {"data": np.arange(6, dtype=np.uint8).reshape(2, 3), b"labels": [1, 2], "f": np.float32(2), "t": (None, 1.5)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_cut_anywhere(protocol) -> None:
    whole = pickle.dumps(SMALL, protocol)
    read(whole)
    for length in range(len(whole)):
        why(whole[:length])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_flipped_bits_give_no_traceback(protocol) -> None:
    """A flipped bit makes a file that is refused, or other plain data."""
    whole = pickle.dumps(SMALL, protocol)
    kinds = set()
    for bit in range(8 * len(whole)):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        kinds.add(outcome(bytes(data)))
    assert kinds <= {"E602", dict, tuple, list, str, bytes, int, float, bool, type(None), np.ndarray, np.float32}


def test_nothing_that_unpickles_is_used() -> None:
    for module in (pickled.__file__, pickled.__file__.replace("pickled.py", "pickledarrays.py")):
        text = Path(module).read_text(encoding="utf-8")
        assert "import pickle\n" not in text
        assert "importlib" not in text
