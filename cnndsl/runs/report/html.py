"""HTML from parts: whatever is not markup already is escaped, so that no name and no text of a file can become it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from cnndsl.diagnostics.render.style import visible

VOID = frozenset({"img", "meta", "path", "line", "rect", "circle", "polyline"})
"""Elements that have nothing in them."""


class Html(str):
    """Text that is markup. Any other string is text, and `tag` escapes it."""

    __slots__ = ()


def text(value: object) -> Html:
    """A value as text: escaped, and without characters that cannot be seen."""
    return value if isinstance(value, Html) else Html(escape("\n".join(map(visible, str(value).split("\n")))))


def tag(name: str, /, *inside: object, **attributes: object) -> Html:
    """An element. A trailing ``_`` of an attribute's name goes, others become ``-``; None and False leave it out."""
    said = []
    for key, value in attributes.items():
        if value is not None and value is not False:
            shown = f"{value:g}" if isinstance(value, float) else text(value)
            said.append(f' {key.rstrip("_").replace("_", "-")}="{shown}"')
    if name in VOID:
        return Html(f"<{name}{''.join(said)}/>")
    return Html(f"<{name}{''.join(said)}>{joined(inside)}</{name}>")


def joined(parts: Iterable[object], between: str = "") -> Html:
    """Parts one after the other; lists in them too."""
    return Html(between.join(joined(part) if isinstance(part, list | tuple) else text(part) for part in parts))


def section(title: str, *inside: object, name: str) -> Html:
    """A part of the page under its heading."""
    return tag("section", tag("h2", title), *inside, id=name)


def note(*inside: object) -> Html:
    """What explains."""
    return tag("p", *inside, class_="note")


def table(
    head: Iterable[object], rows: Iterable[Iterable[object]], *, right: Iterable[int] = (), **extra: object
) -> Html:
    """A table in a box of its own, which scrolls where the window is narrower. `right` are the columns of numbers; the
    first column names the row."""
    numbers = set(right)

    def cell(at: int, value: object) -> Html:
        if isinstance(value, Html) and value.startswith("<td"):
            return value
        look = "n" if at in numbers else None
        return tag("td", value, class_=look) if at else tag("th", value, class_=look, scope="row")

    top = [tag("th", value, class_="n" if at in numbers else None, scope="col") for at, value in enumerate(head)]
    body = [tag("tr", *(cell(at, value) for at, value in enumerate(row))) for row in rows]
    made = tag("table", tag("thead", tag("tr", *top)), tag("tbody", *body), **extra)
    return tag("div", made, class_="scroll", tabindex="0")
