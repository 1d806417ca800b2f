"""What flows along an edge, what a layer owns, what it costs, and what the graph asks of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol

DTYPES: Mapping[str, int] = {"float32": 4, "float64": 8}
"""The types that a program can compute in, and the bytes of a value."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """The size of one sample: height x width x depth. A vector of N values is 1x1xN with `flat` set."""

    height: int
    width: int
    depth: int
    flat: bool = False

    @classmethod
    def vector(cls, size: int) -> TensorType:
        return cls(1, 1, size, flat=True)

    @property
    def count(self) -> int:
        """Number of values in one sample."""
        return self.height * self.width * self.depth

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample's array: (D, H, W), or (N,) for a vector. Batches put N in front."""
        return (self.depth,) if self.flat else (self.depth, self.height, self.width)

    @property
    def dimensions(self) -> list[int]:
        """As people write it: [H, W, D], or [N]."""
        return [self.depth] if self.flat else [self.height, self.width, self.depth]

    def __str__(self) -> str:
        return "x".join(map(str, self.dimensions))


Init = Literal["weight"] | float


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One array that a layer owns.

    `name` is local to the layer (``weight``); the full name is ``conv1.weight``. `init` says how it starts:
    ``weight`` is drawn at random by `fan` = (fan in, fan out), a number is what every value starts at. A parameter is
    trained; a buffer (`trained` false: running statistics) is not. `decays` is whether weight decay touches it. `owner`
    is the step that it is named after where that is now one of several in a node.
    """

    name: str
    shape: tuple[int, ...]
    init: Init = 0.0
    fan: tuple[int, int] | None = None
    trained: bool = True
    decays: bool = False
    owner: str = ""

    def full(self, node: str) -> str:
        """The full name, in a node of that name."""
        return f"{self.owner or node}.{self.name}"

    @property
    def local(self) -> str:
        """The name by which the node's kernel knows it: the full one where several steps are one node."""
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def count(self) -> int:
        total = 1
        for n in self.shape:
            total *= n
        return total


@dataclass(frozen=True, slots=True)
class Cost:
    """Work for one sample. `macs`: multiply-accumulates of convolutions and FC, without biases."""

    macs: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one cell of an output looks into its input: over `extent` cells (height, width), and `step` cells from
    one output cell to the next, a fraction where the output is the finer one."""

    extent: tuple[int, int] = (1, 1)
    step: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))


@dataclass(frozen=True, slots=True)
class Change:
    """A way out that a size rule has tried on itself: `help` tells it to the author, `arguments` are the fields whose
    arguments do it, and how they are then written: ``{"pad": "pad 1"}``."""

    help: str
    arguments: Mapping[str, str]


class Reject(Exception):  # noqa: N818 (a verdict of the size rule, not an error of ours)
    """A layer cannot take these arguments on this input. Knows no source text.

    `blame` is the field whose argument is at fault (the lowering turns it into a place), or ``""`` for the whole
    step; `label` goes under that place. A join blames the branch that gave input number `input_index`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        blame: str = "",
        label: str = "",
        notes: tuple[str, ...] = (),
        help: tuple[str | Change, ...] = (),
        input_index: int = 0,
    ):
        super().__init__(message)
        self.code = code
        self.message = message
        self.blame = blame
        self.label = label
        self.notes = notes
        self.help = help
        self.input_index = input_index


Inputs = tuple[TensorType, ...]


class Operation(Protocol):
    """What the graph needs to know of a layer; `cnndsl.ops.spec.Op` is one."""

    @property
    def keyword(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def overwrites(self) -> bool: ...

    @property
    def hands_on(self) -> str: ...

    def reads(self, attrs: Any) -> str:
        """Which of input ``x`` and output ``y`` backward looks at."""
        ...

    def infer(self, attrs: Any, inputs: Inputs) -> TensorType:
        """Output type; raises Reject."""
        ...

    def check(self, attrs: Any) -> None:
        """What is wrong whatever the input is; raises Reject."""
        ...

    def fills(self, attrs: Any, inputs: Inputs) -> bool: ...

    def params(self, attrs: Any, inputs: Inputs) -> tuple[ParamSpec, ...]: ...

    def cost(self, attrs: Any, inputs: Inputs, output: TensorType) -> Cost: ...

    def arithmetic(self, attrs: Any, inputs: Inputs, output: TensorType) -> str: ...

    def reach(self, attrs: Any, inputs: Inputs, output: TensorType) -> Reach: ...

    def dump(self, attrs: Any) -> dict[str, Any]:
        """The arguments as plain JSON values."""
        ...

    def load(self, values: Mapping[str, Any]) -> Any:
        """Arguments from plain JSON values; raises ValueError."""
        ...
