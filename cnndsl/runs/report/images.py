"""What the network looks at and what it makes of it: first-layer filters, feature maps, the share of active units."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.drawing.words import phrase
from cnndsl.ir.graph import Graph, Node
from cnndsl.runs.report.html import Html, note, section, table, tag
from cnndsl.runs.report.looked import Looked
from cnndsl.runs.report.png import image, picture, shades, sheet
from cnndsl.runs.report.watched import Active, Image, Watched
from cnndsl.runs.saved import Run

FILTERS, DEPTHS = 64, 8
"""Filters that are shown, and of one how many of its channels."""
SIDE = 56
"""About as many pixels of the screen is a filter wide."""


def filters(run: Run) -> Html:
    """The weights of the first layer that has some and is a convolution, or an FC that reads a map."""
    found = _first(run.model.graph)
    if found is None:
        said = "The first layer with weights sees no maps, so its weights are no images."
        return section("First-layer filters", note(said), name="filters")
    node, shape = found
    weights = np.asarray(run.model.state[f"{node.name}.weight"], np.float64).reshape(-1, *shape)
    shown = weights[:FILTERS]
    tiles = [tag("figure", _filter(w, f"filter {n}"), tag("figcaption", str(n))) for n, w in enumerate(shown)]
    depth = shape[0]
    lie = {1: "grey", 3: "one colour image of three channels"}.get(depth, f"its first {min(depth, DEPTHS)} channels")
    lie = f"all its {depth} channels side by side" if depth not in (1, 3) and depth <= DEPTHS else lie
    some = "" if len(shown) == len(weights) else f" The first {len(shown)} of {len(weights)}."
    said = (
        f"The weights of {node.name} ({phrase(node)}), each {shape[1]}x{shape[2]}x{depth}, {lie}. Each is scaled by "
        f"itself: middle grey is 0, white its largest weight, black as far below 0.{some}"
    )
    return section("First-layer filters", note(said), tag("div", *tiles, class_="tiles small"), name="filters")


def _first(graph: Graph) -> tuple[Node, tuple[int, int, int]] | None:
    """The first layer with weights, and the shape D, H, W of those of one filter."""
    for node in graph:
        spec = next((p for p in node.params if p.name == "weight" and p.init == "weight"), None)
        if spec is None:
            continue
        if node.keyword in ("CONV", "DWCONV") and len(spec.shape) == 4:
            return node, spec.shape[1:]
        (x,) = graph.input_types(node)
        before = graph[node.inputs[0]]
        x = graph.input_types(before)[0] if before.keyword == "FLATTEN" else x
        if node.keyword == "FC" and not x.flat and x.height * x.width > 1 and spec.shape[1] == x.count:
            return node, x.shape  # type: ignore[return-value]
        return None
    return None


def _filter(weights: Array, alt: str) -> Html:
    most = float(np.abs(weights).max(initial=0)) or 1.0
    _, height, width = weights.shape
    scale = max(1, round(SIDE / max(height, width)))
    if len(weights) in (1, 3):
        return image(picture(weights, -most, most), alt, scale=scale)
    return image(sheet([shades(w, -most, most) for w in weights[:DEPTHS]]), alt, scale=scale)


def pixels(values: Array, alt: str, side: int) -> Html:
    """A sample as an image about `side` pixels large; a vector as a strip."""
    if values.ndim == 1 or values.shape[1:] == (1, 1):
        values = values.reshape(1, 1, -1)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    return image(picture(values, low, high), alt, scale=side / max(values.shape[1:]))


def feature_maps(looked: Looked) -> Html:
    watched = looked.watched
    if not watched.stages or not watched.shown:
        said = "The network has no convolution or pooling, so there are no maps to show."
        return section("Feature maps", note(said), name="maps")
    some = "" if len(watched.stages) == watched.stages_in_all else f"{len(watched.stages)} of "
    said = (
        f"Behind {some}{watched.stages_in_all} convolutions and poolings, each with the norm and the activation that "
        "follow: the first channels of its output. In each row black is the smallest value shown and white the largest."
    )
    body = [tag("div", *_maps(shown, looked.names, watched), class_="maps") for shown in watched.shown]
    return section("Feature maps", note(said), tag("div", *body, class_="grid2"), name="maps")


def _maps(shown: Image, names: tuple[str, ...], watched: Watched) -> Iterator[Html]:
    label = "" if shown.label is None else f": {names[shown.label]}"
    yield tag("h3", f"Test image {shown.number}{label}")
    yield pixels(shown.pixels, f"test image {shown.number}", 72)
    for stage in watched.stages:
        maps = shown.maps[stage.name]
        count, height, width = maps.shape
        low, high = float(maps.min()), float(maps.max())
        scale = max(1, min(40, 320 // count) / max(height, width))
        drawn = image(sheet([shades(m, low, high) for m in maps]), f"{stage.name}, {count} maps", scale=scale)
        size = f"{stage.node.type.height}x{stage.node.type.width}"
        of = f"{count} of {stage.node.type.depth} maps {size}, {low:.3g} to {high:.3g}"
        yield tag("figure", tag("figcaption", tag("b", stage.name), f" {of}"), tag("div", drawn, class_="scroll"))


def activity(looked: Looked) -> Html:
    watched = looked.watched
    if not watched.active:
        said = "The network has no activations, so nothing is counted."
        return section("Active units", note(said), name="activity")
    said = (
        f"{watched.images:,} test images went through the network as it is used, without DROPOUT. Of each activation's "
        "values, over all images and all cells, the share above 0 is counted: the smaller it is, the sparser is what "
        "the layer says. A unit is one neuron of a vector or one map; silent are those that were above 0 nowhere in "
        "any of the images. SIGMOID and SOFTPLUS are above 0 everywhere, so theirs is 100 % whatever they say."
    )
    rows = [_active(a) for a in watched.active]
    found = table(("layer", "activation", "active", "silent units"), rows, right=(3,))
    return section("Active units", note(said), found, name="activity")


def _active(found: Active) -> list[object]:
    bar = tag("span", tag("i", style=f"width:{100 * found.share:.1f}%"), class_="bar")
    silent = int(np.count_nonzero(~found.ever))
    shown = tag("td", bar, f"{found.share:.1%}")
    return [found.layer, phrase(found.node), shown, f"{silent} of {len(found.ever)}"]
