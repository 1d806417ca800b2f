"""Right and wrong: which class is taken for which, each class by itself, and the worst mistakes."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.runs.report.html import Html, note, section, table, tag
from cnndsl.runs.report.images import pixels
from cnndsl.runs.report.looked import Answer, Looked, by_class

CLASSES = 20
"""Classes up to which all are shown; of more, those with the most mistakes."""


def of_samples(looked: Looked) -> str:
    if looked.samples == looked.total:
        return f"all {looked.total:,} test samples"
    return f"the first {looked.samples:,} of {looked.total:,} test samples"


def confusion(looked: Looked) -> Html:
    counts = looked.confusion
    if counts is None:
        said = "The targets are no labels, so no class can be taken for another."
        return section("Confusion", note(said), name="confusion")
    shown = worst_classes(counts)
    some = len(shown) < len(counts)
    part = f" The {len(shown)} classes of {len(counts):,} with the most mistakes; the rest together." if some else ""
    said = f"A row is a class, a column what it was taken for: {of_samples(looked)}.{part}"
    head = ["class", *(looked.names[i] for i in shown), *(["other"] if some else [])]
    rows = [_row(looked, counts, i, shown, other=some) for i in shown]
    found = table(head, rows, class_="heat", right=range(1, len(head)))
    return section("Confusion", note(said), found, _classes(looked, counts, shown), name="confusion")


def worst_classes(counts: Array) -> list[int]:
    """All classes, or those with the most mistakes, in their order."""
    if len(counts) <= CLASSES:
        return list(range(len(counts)))
    mistakes = counts.sum(axis=1) - np.diag(counts)
    return sorted(map(int, np.argsort(-mistakes, kind="stable")[:CLASSES]))


def _row(looked: Looked, counts: Array, at: int, shown: list[int], *, other: bool) -> list[object]:
    """Right ones in one colour, wrong ones in another, as strong as their share of the class."""
    row, total = counts[at], max(1, int(counts[at].sum()))
    values = [(int(row[i]), i == at) for i in shown]
    values += [(int(row.sum()) - sum(v for v, _ in values), False)] if other else []
    cells: list[object] = [looked.names[at]]
    for value, right in values:
        share = value / total
        strength = 0.65 * share if right else min(0.75, 0.12 + 2 * share)
        colour = f"background:rgb(var(--{'heat' if right else 'miss'})/{strength:.2f})" if value else None
        cells.append(tag("td", f"{value:,}" if value else "·", class_="n", style=colour))
    return cells


def _classes(looked: Looked, counts: Array, shown: list[int]) -> Html:
    figures = by_class(counts)
    rows: list[list[object]] = []
    for i in shown:
        f = figures[i]
        found = f"{f['right'] / f['samples']:.1%}" if f["samples"] else ""
        sure = f"{f['right'] / f['taken']:.1%}" if f["taken"] else ""
        other = f"{looked.names[int(f['other'])]} ({f['times']:,})" if f["times"] else ""
        rows.append([looked.names[i], f"{f['samples']:,}", f"{f['right']:,}", found, sure, other])
    head = ("class", "samples", "right", "found (recall)", "sure (precision)", "most often taken for")
    said = (
        "Found is the share of a class's samples that were taken for it; sure is the share of those taken for it that "
        "are of it."
    )
    return tag("div", tag("h3", "Each class"), table(head, rows, right=(1, 2, 3, 4)), note(said))


def mistakes(looked: Looked) -> Html:
    if looked.confusion is None:
        return Html()
    wrong = [a for a in looked.worst if a.wrong]
    if looked.samples and not looked.worst:
        return Html()
    count = looked.samples - (looked.right or 0)
    if wrong:
        title, shown = "Worst mistakes", wrong
        said = (
            f"Of {count:,} wrong answers the {len(wrong)} with the highest loss."
            if len(wrong) < count
            else ("All wrong answers, the highest loss first.")
        )
    else:
        title, shown = "Least sure answers", list(looked.worst[:12])
        said = f"None of {of_samples(looked)} is wrong; these have the highest loss."
    tiles = [_tile(answer, looked.names) for answer in shown]
    return section(title, note(said), tag("div", *tiles, class_="tiles"), name="mistakes")


def _tile(found: Answer, names: tuple[str, ...]) -> Html:
    own, taken = found.shares or (None, None)
    lines = [
        tag("b", f"{names[found.label]}, taken for {names[found.chosen]}" if found.wrong else names[found.label]),
        *([f"{_share(taken)} for {names[found.chosen]}"] if taken is not None else []),
        *([f"{_share(own)} for {names[found.label]}"] if own is not None and found.wrong else []),
        f"loss {found.loss:.3g}, image {found.number}",
    ]
    caption = tag("figcaption", *(tag("div", line) for line in lines))
    return tag("figure", pixels(found.pixels, f"test image {found.number}", 112), caption)


def _share(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if value >= 0.001 else f"{100 * value:.1g}%"
