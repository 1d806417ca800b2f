"""What a step can see where it stands: values of names, defaults, labels, and the numbers that steps are named by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cnndsl.ir.types import TensorType
from cnndsl.lang import ast
from cnndsl.lang.bind import Bound
from cnndsl.lang.resolve import Values
from cnndsl.source import Span


@dataclass(frozen=True, slots=True)
class Flow:
    """What the next step starts from: a node and its type, each None where it is not known, and the step that gave
    it. After a mistake both are unknown; a vector whose length does not depend on what is before it is known still."""

    node: str | None
    type: TensorType | None
    span: Span | None


UNKNOWN = Flow(None, None, None)


@dataclass(slots=True)
class Names:
    """Names of steps: numbered by kind, in the order of the text written out; afresh, behind a prefix, in each use of
    a block and in each head."""

    prefix: str = ""
    numbers: Counter[str] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)

    def numbered(self, kind: str) -> str:
        """``conv2`` for the second CONV."""
        self.numbers[kind] += 1
        return f"{self.prefix}{kind.lower()}{self.numbers[kind]}"

    def labelled(self, label: str) -> str:
        """The label; in later turns of a group ``label_2``, ``label_3``."""
        self.turns[label] += 1
        turn = self.turns[label]
        return f"{self.prefix}{label}" if turn == 1 else f"{self.prefix}{label}_{turn}"


@dataclass(slots=True)
class Label:
    """A labelled step, and where the label stands."""

    word: ast.Word
    flow: Flow


@dataclass(slots=True)
class Scope:
    """A list of steps being written out. `defaults` are the `set`s in force, by layer; `call` is the use of the block
    that is written out, if any; `depth` counts brackets and blocks around."""

    values: Values
    defaults: dict[str, Bound]
    names: Names
    labels: dict[str, Label] = field(default_factory=dict)
    call: ast.Call | None = None
    depth: int = 0

    def inner(self, *, turn: bool = False) -> Scope:
        """The scope of a group, branch or head: `set`s in it end with it. Labels are shared, but in a `turn` of a
        repeated group they are its own."""
        labels = dict(self.labels) if turn else self.labels
        return Scope(self.values, dict(self.defaults), self.names, labels, self.call, self.depth + 1)

    def head(self, name: str) -> Scope:
        """The scope of a head: its steps are numbered afresh."""
        return Scope(self.values, dict(self.defaults), Names(name + "."), self.labels, self.call, self.depth + 1)

    def block(self, call: ast.Call, name: str, values: Values, defaults: Mapping[str, Bound]) -> Scope:
        """The scope of a block's use: the values that it gives, the `set`s above its definition, no labels."""
        variables = {n: v for n, v in self.values.items() if n[0].isupper()}
        return Scope({**variables, **values}, dict(defaults), Names(name + "."), {}, call, self.depth + 1)

    def parameters(self) -> Iterator[str]:
        """Names that have a value in braces."""
        return (name for name in self.values if name[0].islower())
