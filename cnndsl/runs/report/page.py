"""The page: its parts in order, in one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from cnndsl.diagnostics import CnnError
from cnndsl.runs.report import answers, images
from cnndsl.runs.report.curves import curves
from cnndsl.runs.report.gradients import gradients
from cnndsl.runs.report.html import Html, joined, note, section, tag
from cnndsl.runs.report.looked import Looked, look
from cnndsl.runs.report.network import network, program
from cnndsl.runs.report.style import STYLE
from cnndsl.runs.report.told import ending, made_with, verdict
from cnndsl.runs.saved import Run

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Nothing is fetched and no code runs, whatever stands in the page."""


def page(run: Run) -> str:
    """The report of a run, as HTML. Raises nothing for what a run lacks: the page says so."""
    name = run.model.graph.name
    looked = _looked(run)
    found = looked if isinstance(looked, Looked) else None
    behind = (
        [images.feature_maps(found), images.activity(found)] if found else [section("Test data", looked, name="data")]
    )
    judged = [answers.confusion(found), answers.mistakes(found)] if found else []
    parts: Mapping[str, Html] = {
        "Curves": curves(run),
        "Mistakes": joined(judged),
        "Gradients": gradients(run),
        "Network": network(run),
        "Filters": images.filters(run),
        "Behind the layers": joined(behind),
        "Program": program(run),
        "Made with": made_with(run),
    }
    links = [tag("a", title, href=f"#{_anchor(part)}") for title, part in parts.items() if part]
    head = joined(
        [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{name}: report of a run"),
            tag("style", Html(STYLE)),
        ]
    )
    top = tag("header", tag("h1", name), ending(run), verdict(run, found), tag("nav", joined(links, " ")))
    body = tag("body", tag("main", top, *parts.values()))
    return f"<!DOCTYPE html>\n{tag('html', tag('head', head), body, lang='en')}\n"


def _anchor(part: str) -> str:
    """The name of the first section in a part."""
    start = part.index('id="') + 4
    return part[start : part.index('"', start)]


def _looked(run: Run) -> Looked | Html:
    """What the weights do on the test part, or why that cannot be told."""
    try:
        return look(run)
    except CnnError as error:
        said = "; ".join(d.message for d in error.diagnostics)
        return note(f"What the weights do on the test part is not shown: {said}.")
