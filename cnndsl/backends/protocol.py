"""The contract between a graph and what runs it.

State goes in and out of every backend as a mapping from full names (``conv1.weight``) to arrays, so a checkpoint
does not know who made it. Arrays of samples are N, D, H, W for maps and N, D for vectors, all of the program's dtype;
what programs take and give is C-contiguous.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import hypot, isfinite
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import TensorType
from cnndsl.passes.run import Pass

Array: TypeAlias = NDArray[Any]
State: TypeAlias = Mapping[str, Array]
R = TypeVar("R")
Layout = Literal["rows", "lanes"]
"""How tensors lie in memory: samples first, or last (`cnndsl.backends.layout`)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a program is compiled for. `dtype` is ``float32`` or ``float64``; `seed` feeds the masks of DROPOUT; `fuse`
    is whether steps in a row may run as one outside training, which rounds differently. `passes` come before that, and
    must change no output."""

    dtype: str = "float32"
    seed: int = 0
    fuse: bool = True
    passes: tuple[Pass, ...] = ()


class Forward(NamedTuple):
    """What a forward pass gives.

    `outputs`: output name to array. `tape`: what backward needs (None outside training). `buffers`: the running
    statistics after the pass, by full name; the caller's own are left as they were.
    """

    outputs: dict[str, Array]
    tape: Tape | None
    buffers: dict[str, Array]


class Gradients(NamedTuple):
    """`input`: of the network's input, in its shape (None where it was not asked for). `params`: by full name."""

    input: Array | None
    params: dict[str, Array]


class Tape(Protocol):
    """Everything one forward pass leaves for its backward; opaque, valid as long as it is held."""

    @property
    def batch(self) -> int: ...


class Program(Protocol):
    """A compiled network: pure functions of state and input."""

    @property
    def graph(self) -> Graph: ...

    def forward(self, state: State, x: Array, *, training: bool = False, step: int = 0) -> Forward:
        """Outputs of a batch. `step` counts training steps and, with the seed, fixes the masks of DROPOUT."""
        ...

    def backward(self, state: State, tape: Tape, dys: Mapping[str, Array], *, input_gradient: bool = True) -> Gradients:
        """Gradients from those of the outputs: output name to array. `state` is what the forward pass was given."""
        ...


class Loss(Protocol):
    """A loss as a training program calls it."""

    name: str

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        """Mean loss of a batch, and its gradient by `output`."""
        ...


class Optimizer(Protocol):
    """An update rule. `slots` names its memory for each parameter; all arrays are changed in place."""

    name: str
    slots: tuple[str, ...]

    def update(self, w: Array, g: Array, slots: Mapping[str, Array], *, step: int, lr: float, decay: bool) -> None:
        """One step on one parameter. `step` counts from 1; `decay` is whether weight decay touches it."""
        ...


@dataclass(frozen=True, slots=True)
class Objective:
    """What training minimizes: for each trained output a loss and its weight, and how parameters are updated.

    Where all gradients together, as one vector, are longer than `clip`, they are made that long before the update.
    Parameters and buffers named in `frozen` stay as they are, and have no slots. With `ema` there is an average of each
    trained parameter, the parameter itself after the first step and from then on a <- ema*a + (1 - ema)*w.
    """

    losses: Mapping[str, Loss]
    optimizer: Optimizer
    weights: Mapping[str, float] = field(default_factory=dict)
    clip: float | None = None
    frozen: frozenset[str] = frozenset()
    ema: float | None = None


class Step(NamedTuple):
    """One training step, as it was before the update.

    `loss` is the weighted sum of `losses`, one an output. `outputs` are what they were computed from (logits), valid
    until the next step. `norms` has the length (L2) of the gradient by each parameter that is trained, before clipping.
    """

    loss: float
    outputs: dict[str, Array]
    losses: dict[str, float]
    norms: dict[str, float]

    @property
    def norm(self) -> float:
        """The length of all gradients together."""
        return hypot(*self.norms.values())

    @property
    def finite(self) -> bool:
        """Whether the loss and all gradients are finite numbers."""
        return isfinite(self.loss) and isfinite(self.norm)


class TrainingProgram(Protocol):
    """A whole training step. Parameters, buffers and optimizer slots live inside and come out by name."""

    @property
    def graph(self) -> Graph: ...

    def step(self, x: Array, targets: Mapping[str, Array], *, step: int, lr: float) -> Step:
        """Forward, loss, backward, update. `step` counts from 0. A step whose loss or gradients are not finite changes
        nothing: parameters, buffers and slots are those of before."""
        ...

    def predict(self, x: Array) -> dict[str, Array]:
        """Outputs outside training, with the parameters as they are now, or their averages where there are any."""
        ...

    def state(self, *, copy: bool = True) -> dict[str, Array]:
        """Parameters and buffers, by full name: copies, or what must not be changed and is valid until the next
        step."""
        ...

    def slots(self, *, copy: bool = True) -> dict[str, Array]:
        """The optimizer's memory, in the same way: ``conv1.weight/velocity``."""
        ...

    def averages(self, *, copy: bool = True) -> dict[str, Array]:
        """The averaged parameters, in the same way; empty without `Objective.ema`."""
        ...

    def load(self, state: State, slots: State, averages: State) -> None:
        """Takes copies of what `state`, `slots` and `averages` gave before, to go on from there."""
        ...


class Backend(Protocol):
    """Turns graphs into programs."""

    name: str

    def borrowed(self, graph: Graph) -> tuple[Node, ...]:
        """The nodes that it would run by slower code than its own; empty for most."""
        ...

    def compile(self, graph: Graph, options: Options) -> Program: ...

    def compile_training(
        self, graph: Graph, objective: Objective, state: State, options: Options
    ) -> TrainingProgram: ...


@runtime_checkable
class Sized(Protocol):
    """A backend that says how much memory its kernels work in."""

    def workspace(self, graph: Graph, batch: int, dtype: str) -> int:
        """Bytes that training takes besides parameters, gradients, and the tensors of `cnndsl.passes.plan`."""
        ...


class Memory(Protocol):
    """Where one thread of a kernel puts what it needs only now."""

    def scratch(self, tag: str, shape: tuple[int, ...], dtype: Any = None, *, zero: bool = False) -> Array:
        """C-contiguous, for use inside this kernel only. With `zero`, cleared at every call."""
        ...


class Context(Memory, Protocol):
    """What a kernel is given besides its arrays: where it stands, and memory to write to.

    Memory from `output`, `save` and `gradient` belongs to this node and this pass; `scratch` is shared by all nodes
    and holds nothing after the kernel returns. Contents are whatever was there before, unless `zero` is asked for.
    The same memory is given again at the next step, and as soon as nobody reads it any more (`cnndsl.passes.plan`).
    """

    training: bool
    node: Node
    inputs: tuple[TensorType, ...]
    wanted: tuple[bool, ...]
    """Which of the input gradients somebody will read; others may be returned as None."""
    layout: Layout
    """How tensors lie here: see `Kernel`."""

    def output(self, shape: tuple[int, ...]) -> Array:
        """For the kernel's result, in the node's layout."""
        ...

    def save(self, tag: str, shape: tuple[int, ...], dtype: Any = None, *, zero: bool = False) -> Array:
        """Kept until this node's backward. With `zero`, cleared when first made and then left to the kernel."""
        ...

    def gradient(self, tag: str, shape: tuple[int, ...]) -> Array:
        """For gradients of inputs (``x0``), in the node's layout, and of parameters (``weight``)."""
        ...

    def split(self, count: int, values: int, work: Callable[[slice, Memory], R]) -> list[R]:
        """What `work` gives for each part of ``range(count)``, in order: parts may run at one time, each with scratch
        memory of its own, and must not write what others read or write. `values`: how many values are touched in
        all; little work is not split."""
        ...

    def within(self, step: Node, inputs: tuple[TensorType, ...], layout: Layout, *, last: bool) -> Context:
        """What the kernel of one step of a fused node is given; the `last` one writes to this node's output."""
        ...

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """float64 numbers in [0, 1) that depend on (seed, step, node name, index) and nothing else; scratch memory."""
        ...


class Kernel(NamedTuple):
    """Forward and backward of one layer.

    forward(attrs, params, xs, ctx) -> y, saved, new_buffers
        `params` maps local names (``weight``, ``running_mean``) to arrays that must not be changed; `xs` are the
        inputs. `saved` is anything backward needs, of the inputs and the output only what the layer's `Op.reads` names;
        `new_buffers` maps local buffer names to new arrays (empty outside training).
    backward(attrs, params, saved, dy, ctx) -> dxs, dparams
        `dxs` has one array for each input, `dparams` one for each trained parameter, by local name. `dy` must not be
        changed, except that a layer whose `Op.hands_on` says so returns it as a gradient.

    `layout` is how the kernel takes and gives tensors: ``rows``, C-contiguous with samples first; ``lanes``, views
    N, D, H, W of memory in the order D, H, W, N (vectors N, D of D, N), see `cnndsl.backends.layout`; ``either``, as
    its first input comes. A program turns tensors where the next kernel takes them otherwise. `origin` is where
    it came from, `plugin sample` or `backend vectorized`: the plugin door and the backend say that.
    """

    forward: Callable[[Any, Mapping[str, Array], tuple[Array, ...], Context], tuple[Array, Any, dict[str, Array]]]
    backward: Callable[
        [Any, Mapping[str, Array], Any, Array, Context], tuple[tuple[Array | None, ...], dict[str, Array]]
    ]
    layout: Literal["rows", "lanes", "either"] = "rows"
    origin: str = ""


def uniform(seed: int, step: int, name: str, shape: tuple[int, ...], out: Array | None = None) -> Array:
    """Counter-based random numbers: Philox4x64 keyed by seed and (step, layer), the index as its counter.

    The number at flat index i is the top 53 bits of the i-th output word, divided by 2**53: the same on every
    backend, whatever order it computes in. `out` (float64, of that shape) takes them.
    """
    from zlib import crc32

    key = np.array([seed & (2**64 - 1), ((step & (2**32 - 1)) << 32) | crc32(name.encode())], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).random(shape, out=out)
