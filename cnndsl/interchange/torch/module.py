"""A network as a file of Python: an `nn.Module`, and its weights beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnndsl.interchange.spec import Format, class_name, identifier, readable
from cnndsl.interchange.torch.body import Body, body
from cnndsl.interchange.torch.classes import Class, classes
from cnndsl.interchange.torch.layers import HELPERS
from cnndsl.interchange.torch.reserved import CLASSES, MODULES
from cnndsl.interchange.torch.scopes import Scope, whole
from cnndsl.ir.graph import Graph

if TYPE_CHECKING:
    from cnndsl.interchange.spec import Arrays

WIDTH = 100
"""Comments on sizes begin no further to the right than this."""


def write(graph: Graph, arrays: Arrays) -> Mapping[str, str | bytes]:
    """``NAME.py`` and ``NAME.safetensors``. Raises CnnError (E812) for a layer that PyTorch has no words for."""
    import numpy as np
    from safetensors.numpy import save

    stem, name = _stem(graph.name), _class_name(graph.name)
    network = whole(graph)
    parts = classes(graph, network, {name})
    main = body(graph, network, dict(call for part in parts for call in part.calls()))
    named: dict[str, Any] = {}
    for full, key in names(network, parts, main).items():
        named[key] = np.ascontiguousarray(arrays[full])
        if key.endswith(".running_mean"):
            named[key.replace(".running_mean", ".num_batches_tracked")] = np.zeros((), np.int64)
    text = "\n".join(_lines(graph, stem, parts, Class(name, ("",), (main,)))) + "\n"
    return {f"{stem}.py": text, f"{stem}.safetensors": save(named)}


def names(network: Scope, parts: Iterable[Class], main: Body) -> dict[str, str]:
    """Our full name of each array, and its name in the module: the same, but for what no attribute can be called, for
    arrays that belong to no module of PyTorch's, and in blocks that are no submodules (``b1_conv1.weight``)."""
    bodies = {path: one for part in parts for path, one in zip(part.uses, part.bodies, strict=True)} | {"": main}
    found: dict[str, str] = {}

    def walk(scope: Scope, prefix: str) -> None:
        one = bodies[scope.path]
        found.update((full, prefix + local) for full, local in one.names.items())
        for part in scope.parts:
            if isinstance(part, Scope):
                walk(part, f"{prefix}{one.attributes[part.path]}.")

    walk(network, "")
    return found


def _stem(name: str) -> str:
    """The file's name without its ending; a file of a module's name would be imported in that one's place."""
    found = identifier(name)
    return f"{found}_network" if found in MODULES else found


def _class_name(name: str) -> str:
    found = class_name(name)
    return f"{found}Network" if found in CLASSES else found


def _lines(graph: Graph, stem: str, parts: tuple[Class, ...], main: Class) -> Iterator[str]:
    yield f'"""{readable(graph.name)} in PyTorch: {graph.parameter_count:,} parameters, {graph.macs:,} MACs a sample.'
    yield ""
    yield f"Written by `cnndsl export --format torch`. `load()` gives it the weights of {stem}.safetensors."
    yield '"""'
    yield ""
    yield "from pathlib import Path"
    yield ""
    yield "import torch"
    yield "import torch.nn.functional as F"
    yield "from torch import Tensor, nn"
    for helper in dict.fromkeys(h for part in (*parts, main) for h in part.bodies[0].helpers):
        yield f"\n{HELPERS[helper]}".rstrip("\n")
    for part in parts:
        yield from _class(part, _about(part), None)
    shape = " x ".join(map(str, ("N", *graph.input.type.shape)))
    outputs = None if list(graph.outputs) == ["main"] else _gives(graph, main)
    yield from _class(main, f"Takes images {shape}: samples, depth, height, width.", outputs)
    yield ""
    yield ""
    yield f'def load(path: str | Path = Path(__file__).with_name("{stem}.safetensors")) -> {main.name}:'
    yield '    """The network with its weights, ready to be asked; `.train()` makes it ready to be trained."""'
    yield "    from safetensors.torch import load_file"
    yield ""
    yield f"    model = {main.name}()"
    yield "    model.load_state_dict(load_file(path))"
    yield "    return model.eval()"


def _gives(graph: Graph, main: Class) -> str:
    """The outputs by name."""
    by_node = dict(zip(dict.fromkeys(graph.outputs.values()), main.bodies[0].gives, strict=True))
    return "{" + ", ".join(f'"{name}": {by_node[at]}' for name, at in graph.outputs.items()) + "}"


def _about(part: Class) -> str:
    """What a class stands for."""
    first, *others = part.uses
    if not others:
        return f"{first}."
    listed = [first, *others] if len(others) < 4 else [first, *others[:2], f"{len(others) - 2} more"]
    sizes = {tuple(size for _, _, size in one.lines) for one in part.bodies}
    return f"{', '.join(listed[:-1])} and {listed[-1]}{'; sizes are those of the first' if len(sizes) > 1 else ''}."


def _class(part: Class, about: str, outputs: str | None) -> Iterator[str]:
    """`outputs` are those of a network that has several."""
    one = part.bodies[0]
    yield ""
    yield ""
    yield f"class {part.name}(nn.Module):"
    yield f'    """{about}"""'
    yield ""
    if one.made:
        yield from _signature(part)
        yield "        super().__init__()"
        for attribute, text in part.made():
            yield f"        self.{attribute} = {text}"
        yield ""
    yield f"    def forward(self, x: Tensor) -> {'dict[str, Tensor]' if outputs else 'Tensor'}:"
    lines = [(f"        {variable} = {call}", size) for variable, call, size in one.lines]
    width = min(WIDTH, max((len(line) for line, _ in lines), default=0))
    for line, size in lines:
        yield f"{line:<{width}}  # {size}"
    yield f"        return {outputs or one.gives[0]}"


def _signature(part: Class) -> Iterator[str]:
    given = ", ".join(["self", *(f"{name}: int" for name in part.parameters)])
    line = f"    def __init__({given}) -> None:"
    if len(line) <= WIDTH:
        yield line
    else:
        yield "    def __init__("
        yield from textwrap.wrap(f"{given},", WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
        yield "    ) -> None:"


FORMAT = Format("torch", "PyTorch: a module to read in NAME.py, its weights in NAME.safetensors", write)
