"""Pickles read as plain data: opcodes are parsed and followed here; nothing is imported, and nothing of a file is run.

A pickle is a program for a small stack machine (https://docs.python.org/3/library/pickle.html; the opcodes are
described in the standard library's `pickletools`, whose readers parse them). Python's own machine calls whatever a file
names. This one knows dicts, lists, tuples, texts, bytes and numbers; a name is looked up in a table of ours, and what
is not in it is refused.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from cnndsl.recipe.idx import damaged

MOST_STEPS = 200_000
"""Opcodes of a file; a batch of CIFAR-10 has about 40,000."""
DEEPEST = 100
"""Containers inside one another."""
LATEST = 5
"""Version of the protocol."""

_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([\\'\"nrt]))|(\\)")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_MARK = object()


class PickleError(Exception):
    """Something that is no plain data; says what."""


class Shell:
    """What a file makes in two steps: first named, then filled by a state. `built` gives what takes its place;
    `finished` is whether it may stay without one."""

    __slots__ = ()
    finished: ClassVar[bool] = False

    def built(self, state: Any) -> Any:
        raise NotImplementedError


Symbols: TypeAlias = Mapping[str, Callable[..., Any]]
"""Full name, as ``numpy.dtype``, to what is done here with the arguments a file gives it. It raises PickleError."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the table, where a file speaks of it without calling it."""

    text: str


def plain(data: bytes, path: Path, symbols: Symbols, persistent: Callable[[Any], Any] | None = None) -> Any:
    """What a pickle holds. `path` is what a diagnostic calls it.

    Texts that Python 2 wrote without saying what they are come as bytes. `symbols` is the table of names,
    such as that of `pickledarrays`; `persistent` gives what stands outside the file. Raises CnnError (E602) for
    whatever is damaged, too large, too deep, or more than plain data.
    """
    machine = _Machine(symbols, persistent)
    try:
        for name, argument in _steps(data):
            machine.follow(name, argument)
        return _checked(machine.result())
    except PickleError as refused:
        help = "a file of data needs no programs; get it again from a place you trust"
        raise damaged(path, f"is not a pickle of plain data: {refused}", help) from None
    except (ValueError, OverflowError) as error:  # what the readers of arguments say
        raise damaged(path, f"is not a whole pickle ({str(error)[:100]})", "get the file again") from error


def _steps(data: bytes) -> Iterator[tuple[str, Any]]:
    """Name and argument of each opcode, up to the last, STOP."""
    stream = BytesIO(data)
    for _ in range(MOST_STEPS):
        code = stream.read(1)
        opcode = _OPCODES.get(code.decode("latin-1"))
        if opcode is None:
            raise ValueError(f"opcode {code.hex()} at byte {stream.tell() - 1}" if code else "it ends early")
        name = opcode.name
        if name == "STOP":
            if stream.tell() != len(data):
                raise ValueError(f"{len(data) - stream.tell()} bytes follow its end")
            return
        if name not in _VALUES and name not in _MOVES:
            raise PickleError(f"it has a {name}")
        if name in _LINES:
            yield name, _LINES[name](stream)
        else:
            yield name, opcode.arg.reader(stream) if opcode.arg is not None else None
    raise PickleError(f"it has more than {MOST_STEPS:,} steps")


def _line(stream: BytesIO) -> bytes:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise ValueError("it ends inside a line")
    return line[:-1]


def _two_lines(stream: BytesIO) -> str:
    """A module and a name in it, with a dot between."""
    return f"{_line(stream).decode('ascii')}.{_line(stream).decode('ascii')}"


def _quoted(stream: BytesIO) -> bytes:
    """The text of Python 2's ``repr``."""
    text = _line(stream).strip()
    if len(text) < 2 or text[:1] not in b"'\"" or text[-1:] != text[:1]:
        raise ValueError("a text without its quotes")

    def letter(found: re.Match[bytes]) -> bytes:
        if found[3]:
            raise ValueError("a text with an unknown escape")
        return bytes.fromhex(found[1].decode()) if found[1] else _LETTERS.get(found[2], found[2])

    return _ESCAPE.sub(letter, text[1:-1])


_LINES = {"STRING": _quoted, "GLOBAL": _two_lines}
"""Opcodes whose arguments are read here: `pickletools` wants their texts in ASCII, and warns of escapes."""


class _Machine:
    """The stack, the marks on it, and the memo."""

    def __init__(self, symbols: Symbols, persistent: Callable[[Any], Any] | None):
        self._symbols, self._persistent = symbols, persistent
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._places: dict[int, list[int]] = {}

    def result(self) -> Any:
        if len(self._stack) != 1:
            raise ValueError(f"it ends with {len(self._stack)} values")
        return self._pop()

    def follow(self, name: str, argument: Any) -> None:
        """One step."""
        if name in _VALUES:
            self._stack.append(_VALUES[name](argument))
        else:
            _MOVES[name](self, argument)

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise ValueError("a value is missing")
        return self._stack.pop()

    def _since_mark(self) -> list[Any]:
        found: list[Any] = []
        while self._stack:
            value = self._stack.pop()
            if value is _MARK:
                return found[::-1]
            found.append(value)
        raise ValueError("a mark is missing")

    def _top(self, kind: type) -> Any:
        if not self._stack or not isinstance(self._stack[-1], kind):
            raise ValueError(f"there is no {kind.__name__} where one is needed")
        return self._stack[-1]

    # ---- moves

    def proto(self, version: int) -> None:
        if version > LATEST:
            raise PickleError(f"it is of version {version}, and {LATEST} is the latest that is known")

    def nothing(self, _: Any) -> None:
        """A frame: how much is read ahead."""

    def mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def pop(self, _: Any) -> None:
        if not self._stack:
            raise ValueError("a value is missing")
        self._stack.pop()

    def pop_mark(self, _: Any) -> None:
        self._since_mark()

    def dup(self, _: Any) -> None:
        self._stack.append(self._top(object))

    def put(self, index: int) -> None:
        value = self._top(object)
        self._memo[index] = value
        if isinstance(value, Shell):
            self._places.setdefault(id(value), []).append(index)

    def memoize(self, _: Any) -> None:
        self.put(len(self._memo))

    def get(self, index: int) -> None:
        if index not in self._memo:
            raise ValueError(f"memo {index} is empty")
        self._stack.append(self._memo[index])

    def tuple_of(self, count: int) -> None:
        found = [self._pop() for _ in range(count)]
        self._stack.append(tuple(found[::-1]))

    def make_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._since_mark()))

    def make_list(self, _: Any) -> None:
        self._stack.append(self._since_mark())

    def make_dict(self, _: Any) -> None:
        items = self._since_mark()
        self._stack.append({})
        self._set(items)

    def append(self, _: Any) -> None:
        value = self._pop()
        self._top(list).append(value)

    def appends(self, _: Any) -> None:
        values = self._since_mark()
        self._top(list).extend(values)

    def setitem(self, _: Any) -> None:
        value = self._pop()
        self._set([self._pop(), value])

    def setitems(self, _: Any) -> None:
        self._set(self._since_mark())

    def _set(self, items: list[Any]) -> None:
        target = self._top(dict)
        if len(items) % 2:
            raise ValueError("a key without its value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) not in (str, bytes, int):
                raise PickleError("a dict has a key that is neither a text nor a whole number")
            target[key] = value

    def stack_named(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        if type(name) is not str or type(module) is not str:
            raise ValueError("a name that is no text")
        self.named(f"{module}.{name}")

    def named(self, text: str) -> None:
        if text not in self._symbols:
            raise PickleError(f"it asks for {text[:100]!r}")
        self._stack.append(Name(text))

    def reduce(self, _: Any) -> None:
        arguments, target = self._pop(), self._pop()
        if not isinstance(target, Name) or type(arguments) is not tuple:
            raise PickleError("it calls what is no name")
        try:
            made = self._symbols[target.text](*arguments)
        except TypeError:
            raise PickleError(f"it does not call {target.text} as it is written in files") from None
        self._stack.append(made)

    def build(self, _: Any) -> None:
        state = self._pop()
        shell = self._top(object)
        if not isinstance(shell, Shell):
            raise PickleError("it gives a state to what has none")
        built = shell.built(state)
        self._stack[-1] = built
        for index in self._places.pop(id(shell), ()):
            if self._memo.get(index) is shell:
                self._memo[index] = built

    def outside(self, _: Any) -> None:
        if self._persistent is None:
            raise PickleError("it speaks of something outside of it")
        self._stack.append(self._persistent(self._pop()))


def _number(value: int) -> int:
    if value.bit_length() > 64:
        raise PickleError("a number has more than 64 bits")
    return value


def _old_text(value: str) -> bytes:
    return value.encode("latin-1")


def _same(value: Any) -> Any:
    return value


_VALUES: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"), _number),
    **dict.fromkeys(("FLOAT", "BINFLOAT", "STRING"), _same),
    **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING"), _old_text),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"), _same),
    **dict.fromkeys(("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"), _same),
    "BYTEARRAY8": bytes,
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "EMPTY_LIST": lambda _: [],
    "EMPTY_TUPLE": lambda _: (),
    "EMPTY_DICT": lambda _: {},
}
"""Opcodes that put a value on the stack, from their argument."""

_MOVES: Mapping[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _Machine.proto,
    "FRAME": _Machine.nothing,
    "MARK": _Machine.mark,
    "POP": _Machine.pop,
    "POP_MARK": _Machine.pop_mark,
    "DUP": _Machine.dup,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    "MEMOIZE": _Machine.memoize,
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "TUPLE": _Machine.make_tuple,
    "LIST": _Machine.make_list,
    "DICT": _Machine.make_dict,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.setitem,
    "SETITEMS": _Machine.setitems,
    "GLOBAL": _Machine.named,
    "STACK_GLOBAL": _Machine.stack_named,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.outside,
}
"""Opcodes that do something with the stack. All others, such as INST, OBJ, NEWOBJ and EXT1, make objects of classes."""


def _checked(value: Any) -> Any:
    """The value, once it is seen to be finished, no deeper than DEEPEST, and not inside itself."""
    depth: dict[int, int] = {}
    entered: set[int] = set()
    todo = [value]
    while todo:
        top = todo[-1]
        if isinstance(top, Name) or top is _MARK or (isinstance(top, Shell) and not top.finished):
            raise PickleError("a part of it is unfinished")
        if id(top) in depth or not isinstance(top, dict | list | tuple):
            todo.pop()
            continue
        inner = list(top.values()) if isinstance(top, dict) else top
        if id(top) in entered:  # all that is inside was seen
            depth[id(top)] = 1 + max((depth.get(id(part), 0) for part in inner), default=0)
            if depth[id(top)] > DEEPEST:
                raise PickleError(f"it is more than {DEEPEST} deep")
            entered.discard(id(top))
            todo.pop()
            continue
        entered.add(id(top))
        if any(id(part) in entered for part in inner):
            raise PickleError("a part of it holds itself")
        todo.extend(inner)
    return value
