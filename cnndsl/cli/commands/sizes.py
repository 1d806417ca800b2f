"""Lists the input sizes that fit a network exactly: every window is filled, and no row is left over.

Sizes that fit only because `floor` drops rows or `ceil` lets a window hang over are listed apart. The sizes are tried
with the file's own depth. Exit code 1 when none fits.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from cnndsl.cli import options
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.fitting import Fitting, fitting, runs
from cnndsl.ir.graph import Graph
from cnndsl.lang import ast
from cnndsl.lang.lower import Choices, Lowered, lower
from cnndsl.lang.uses import used
from cnndsl.plugins import load
from cnndsl.recipe.spec import Setting
from cnndsl.source import Source

HELP = "which input sizes fit a network exactly"
LARGEST = 512
MOST_TRIES = 128
"""Sizes that are tried to find one which the network takes at all."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .cnn file; - is standard input")
    parser.add_argument("--to", type=_limit, default=LARGEST, metavar="N", help=f"the largest size to try ({LARGEST})")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to list them")
    options.add_choices(parser)


def _limit(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text[:6]) <= 4096:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to 4096")
    return int(text)


def run(args: argparse.Namespace) -> int:
    module = options.module(args.file)
    written = _written(module) or args.input
    if written is None:
        help = ("give a size with the depth to try: `--input 28x28x1`",)
        raise CnnError(Diagnostic("E213", f"{options.name(args.file)} does not say how deep its input is", help=help))
    graph = _taken(module, written, options.choices(args), Path(args.file).parent)
    height, width, depth = written
    square = height == width
    ways: dict[str, Callable[[int], tuple[int, int, int]]] = (
        {"square": lambda n: (n, n, depth)}
        if square
        else {"height": lambda n: (n, width, depth), "width": lambda n: (height, n, depth)}
    )
    found = {name: _sorted(graph, way, args.to) for name, way in ways.items()}
    if args.format == "json":
        sizes = {name: {"exact": exact, "rounded": rounded} for name, (exact, rounded) in found.items()}
        print(json.dumps({"depth": depth, "to": args.to, **sizes}))
    else:
        for line in _lines(found, written, args.to):
            print(line)
    return 0 if any(exact or rounded for exact, rounded in found.values()) else 1


def _written(module: ast.Module) -> tuple[int, int, int] | None:
    """The size in the file's INPUT."""
    first = next((s for s in module.steps if not isinstance(s, ast.Set)), None)
    if isinstance(first, ast.Layer) and first.keyword == "INPUT":
        size = next((a for a in first.args if isinstance(a, ast.Size)), None)
        if size is not None and len(size.numbers) == 3 and all(isinstance(n, int) for n in size.numbers):
            return size.numbers  # type: ignore[return-value]
    return None


def _taken(module: ast.Module, written: tuple[int, int, int], choices: Choices, base: Path) -> Graph:
    """The network at a size that it takes, the written one or the nearest. Where it takes none of those tried, raises
    CnnError with what is wrong at the size that comes farthest."""
    registry = load()
    layers = registry.layers
    said: list[Diagnostic] = []
    blocks = used(module, base, layers, said)
    if said:
        raise CnnError(said)
    height, width, depth = written
    farthest: Lowered | None = None
    for more in _outward():
        size = (height + more, width + more, depth)
        if min(size) < 1:
            continue
        bare = _with_size(module, size)
        unsized = replace(choices, input=None)
        lowered = lower(bare, layers, used=blocks, choices=unsized, survey=_no_data, keys=registry.keys)
        if farthest is None or len(lowered.nodes) > len(farthest.nodes):
            farthest = lowered
        if lowered.graph is not None:
            return lowered.graph
        if any(d.code[:2] not in ("E3", "E4") for d in lowered.diagnostics if d.severity == "error"):
            break
    assert farthest is not None
    if not farthest.diagnostics:
        raise CnnError(Diagnostic("E210", f"{module.source.name} is a pattern, not a network", notes=farthest.open))
    raise CnnError(farthest.diagnostics)


def _no_data(setting: Setting) -> None:
    """The data fit one size; here others are asked for."""


def _outward() -> Iterator[int]:
    yield 0
    for n in range(1, MOST_TRIES // 2 + 1):
        yield n
        yield -n


def _with_size(module: ast.Module, size: tuple[int, int, int]) -> ast.Module:
    """The module with another size in its INPUT, and one where it has none."""
    items = list(module.items)
    at = next((i for i, s in enumerate(items) if isinstance(s, ast.Layer) and s.keyword == "INPUT"), None)
    if at is not None:
        step = items[at]
        assert isinstance(step, ast.Layer)
        items[at] = replace(step, args=(ast.Size(step.span, size),))
        return replace(module, items=tuple(items))
    place = module.source.span(0, 0)
    made = ast.Layer(place, Source("", "INPUT").span(0, 5), (ast.Size(place, size),), None, False)
    return replace(module, items=(made, *items), separators=("", *module.separators))


def _sorted(graph: Graph, way: Callable[[int], tuple[int, int, int]], to: int) -> tuple[list[int], list[int]]:
    kinds: dict[Fitting, list[int]] = {"exact": [], "rounded": [], "refused": []}
    for n in range(1, to + 1):
        kinds[fitting(graph, way(n))].append(n)
    return kinds["exact"], kinds["rounded"]


def _lines(found: dict[str, tuple[list[int], list[int]]], written: tuple[int, int, int], to: int) -> Iterator[str]:
    shown = "x".join(map(str, written))
    for name, (exact, rounded) in found.items():
        what = {"square": "square sizes", "height": "heights", "width": "widths"}[name]
        yield f"{what} from 1 to {to} that fit exactly, depth {written[2]}: {_listed(exact)}"
        if rounded:
            every = sorted([*exact, *rounded]) == list(range(min([*exact[:1], *rounded[:1]]), to + 1))
            listed = f"all others from {rounded[0]}" if every else _listed(rounded)
            yield f"  with rows dropped by `floor` or hung over by `ceil`: {listed}"
        here = written[0 if name != "width" else 1]
        if here <= to and here not in exact:
            near = sorted(exact, key=lambda n: (abs(n - here), n))[:2]
            nearest = f"; the nearest that do: {', '.join(map(str, sorted(near)))}" if near else ""
            does = "fits with rows dropped or hung over" if here in rounded else "does not fit"
            yield f"  {shown} {does}{nearest}"


def _listed(sizes: list[int]) -> str:
    return ", ".join(str(run) for run in runs(sizes)) or "none"
