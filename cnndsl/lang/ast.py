"""The syntax tree: what was written, with its places and its separators, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cnndsl.source import Source, Span

RESERVED = ("as", "block", "set", "use", "train")


@dataclass(frozen=True, slots=True)
class Constant:
    """A whole number in an expression."""

    span: Span
    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter (``n``) or a pattern variable (``N``) in an expression."""

    span: Span
    text: str

    @property
    def is_variable(self) -> bool:
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class Operation:
    """``left sign right``; `left` is None for a sign that stands before a number."""

    span: Span
    sign: Literal["+", "-", "*", "/"]
    left: Operand | None
    right: Operand


Operand: TypeAlias = Constant | Name | Operation


@dataclass(frozen=True, slots=True)
class Expression:
    """``{2*n}``, or a name that stands bare; `root` None is one that could not be read."""

    span: Span
    root: Operand | None


@dataclass(frozen=True, slots=True)
class Number:
    """``2``, ``-1``, ``0.05``: `whole` is whether it was written as an integer."""

    span: Span
    value: int | float
    whole: bool


@dataclass(frozen=True, slots=True)
class Size:
    """``3x3x3``: two or more numbers, of which some may be expressions."""

    span: Span
    numbers: tuple[int | Expression, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """``*16``, ``*n``, ``*N`` or ``*{2*n}``."""

    span: Span
    count: int | Expression
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """``stride``, ``relu``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """``"a folder"``: `value` without its quotes."""

    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Open:
    """An argument whose value is not known yet: `names` are the pattern variables that it waits for, none where a
    message was given or a parameter has no value."""

    span: Span
    names: tuple[str, ...]
    times: bool = False


Arg: TypeAlias = Number | Size | Times | Word | Text | Expression | Open


@dataclass(frozen=True, slots=True)
class Layer:
    """``CONV 3x3 *8 relu as x`` or ``ADD( a | b )``; `name` is the place of the keyword."""

    span: Span
    name: Span
    args: tuple[Arg, ...]
    branches: tuple[Steps, ...] | None
    optional: bool
    glue: str = ""
    """Line ends and comments before the ``(``."""
    label: Word | None = None

    @property
    def keyword(self) -> str:
        return self.name.text


@dataclass(frozen=True, slots=True)
class Group:
    """``[ steps ]*3``; `times` None is once."""

    span: Span
    steps: Steps
    times: Times | None
    optional: bool
    label: Word | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What is given to a block, ``64`` or ``q=2``, or a parameter's declaration, ``p`` or ``q=1``."""

    span: Span
    name: Word | None
    value: Number | Expression | None


@dataclass(frozen=True, slots=True)
class Values:
    """Values in parentheses, and the raw text before, between and after them: commas, line ends, comments."""

    items: tuple[Value, ...]
    separators: tuple[str, ...]
    glue: str = ""

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Call:
    """``inception(64, q=2) as x``: a block's use."""

    span: Span
    name: Word
    values: Values
    optional: bool
    label: Word | None = None


@dataclass(frozen=True, slots=True)
class Set:
    """``set CONV pad 1 relu``; `name` is the place of the layer's keyword."""

    span: Span
    name: Span
    args: tuple[Arg, ...]

    @property
    def keyword(self) -> str:
        return self.name.text


@dataclass(frozen=True, slots=True)
class Ref:
    """``@x``: starts from the step labelled so."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A step that could not be read; its message is already there."""

    span: Span


Step: TypeAlias = Layer | Group | Call | Set | Ref | Bad


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps and the raw text of the separators before, between and after them: one more than there are steps."""

    items: tuple[Step, ...]
    separators: tuple[str, ...]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Block:
    """``block name(p, q=1) { steps }``: a definition."""

    span: Span
    name: Word
    parameters: Values
    steps: Steps
    glue: str = ""
    """Line ends and comments before the ``{``."""


@dataclass(frozen=True, slots=True)
class Use:
    """``use "blocks.cnn"``."""

    span: Span
    path: Text


@dataclass(frozen=True, slots=True)
class Entry:
    """``optimizer sgd lr 0.1`` in a train block."""

    span: Span
    key: Word
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Train:
    """``train { … }``; `separators` as in Steps, one more than there are entries."""

    span: Span
    entries: tuple[Entry | Bad, ...]
    separators: tuple[str, ...]
    glue: str = ""
    """Line ends and comments before the ``{``."""


Item: TypeAlias = Step | Train | Block | Use


@dataclass(frozen=True, slots=True)
class Module:
    """A whole file: its steps, definitions and train blocks (more than one is a mistake), in the order they stand.

    `unclosed` has the offsets of brackets that were closed in the author's place, after a message, and
    `broken_blocks` the names of blocks whose definition could not be read.
    """

    source: Source
    items: tuple[Item, ...]
    separators: tuple[str, ...]
    unclosed: frozenset[int] = frozenset()
    broken_blocks: frozenset[str] = frozenset()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(item for item in self.items if not isinstance(item, Train | Block | Use))

    @property
    def has_steps(self) -> bool:
        """Whether the file is a network or a part of one, not only definitions and defaults."""
        return any(not isinstance(step, Set) for step in self.steps)

    @property
    def trains(self) -> tuple[Train, ...]:
        return tuple(item for item in self.items if isinstance(item, Train))

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(item for item in self.items if isinstance(item, Block))

    @property
    def uses(self) -> tuple[Use, ...]:
        return tuple(item for item in self.items if isinstance(item, Use))


def inner(step: Item) -> tuple[Steps, ...]:
    """The lists of steps that stand inside of a step or a definition."""
    match step:
        case Layer():
            return step.branches or ()
        case Group() | Block():
            return (step.steps,)
        case _:
            return ()


def walk(items: Iterator[Item] | tuple[Item, ...] | Steps) -> Iterator[Item]:
    """Every step, in the order of the text, each before what stands inside of it."""
    waiting = [iter(items)]
    while waiting:
        item = next(waiting[-1], None)
        if item is None:
            waiting.pop()
            continue
        yield item
        inside = inner(item)
        if inside:
            waiting.append(iter([step for steps in inside for step in steps]))


def expressions(item: Item) -> Iterator[Expression]:
    """The expressions among the arguments of one step, not of those inside of it."""
    args: tuple[Arg, ...] = ()
    match item:
        case Layer() | Set():
            args = item.args
        case Group():
            args = (item.times,) if item.times is not None else ()
        case Call():
            yield from (v.value for v in item.values if isinstance(v.value, Expression))
    for arg in args:
        match arg:
            case Expression():
                yield arg
            case Times() if isinstance(arg.count, Expression):
                yield arg.count
            case Size():
                yield from (n for n in arg.numbers if isinstance(n, Expression))


def names(operand: Operand | None) -> Iterator[Name]:
    """The names in an expression, from left to right."""
    waiting = [operand]
    while waiting:
        match waiting.pop():
            case Name() as name:
                yield name
            case Operation(left=left, right=right):
                waiting += [right, left]
