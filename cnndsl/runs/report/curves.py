"""Loss, accuracy and learning rate over the epochs."""

from __future__ import annotations

from collections.abc import Iterator

from cnndsl.runs.report.charts import Line, chart, number, whole
from cnndsl.runs.report.html import Html, note, section, table, tag
from cnndsl.runs.saved import Run

ROWS = 40
"""Epochs up to which the table has a row for each."""


def curves(run: Run) -> Html:
    if not run.history:
        return section("Curves", note("No epoch came to its end, so there is nothing to draw."), name="curves")
    drawn = list(filter(None, _charts(run)))
    rates = {rate for e in run.history if (rate := number(e.get("lr"))) is not None}
    constant = f" The learning rate was {rates.pop():g} throughout." if len(rates) == 1 else ""
    explained = note(
        "Training figures are those of the batches as they were trained on, with DROPOUT and with weights that "
        "changed from one to the next; validation is measured at the epoch's end." + constant
    )
    body = [tag("div", *drawn, class_="grid2")] if drawn else []
    return section("Curves", *body, explained, _table(run), name="curves")


def _charts(run: Run) -> Iterator[Html]:
    epochs = epochs_of(run)
    x = whole(epochs[0], epochs[-1])
    for key in ("loss", "accuracy"):
        lines = [
            Line("training", [e.get(key) for e in run.history], "a"),
            Line("validation", [e.get(f"validation_{key}") for e in run.history], "b"),
        ]
        some = [line for line in lines if any(number(v) is not None for v in line.values)]
        yield chart(x, epochs, some, title=key.capitalize(), label="epoch", percent=key == "accuracy")
    rates = [number(e.get("lr")) for e in run.history]
    known = sorted(r for r in rates if r)
    low = min(len(known) - 1, max(1, len(known) // 10))  # the last of a cosine is next to nothing
    wide = bool(known) and known[-1] > 100 * known[low]
    if len(set(known)) > 1:
        yield chart(x, epochs, [Line("learning rate", rates, "c")], title="Learning rate", label="epoch", log=wide)
    for key, title in (("heads", "training"), ("validation_heads", "validation")):
        yield from _heads(run, key, title)


def _heads(run: Run, key: str, title: str) -> Iterator[Html]:
    """Each output's own loss, where there are several."""
    found = [e[key] if isinstance(e.get(key), dict) else {} for e in run.history]
    names = list(dict.fromkeys(name for heads in found for name in heads))
    if names:
        epochs = epochs_of(run)
        values = {n: [h[n].get("loss") if isinstance(h.get(n), dict) else None for h in found] for n in names}
        lines = [Line(name, values[name], "abc"[at % 3]) for at, name in enumerate(names)]
        yield chart(whole(epochs[0], epochs[-1]), epochs, lines, title=f"Loss of each output, {title}", label="epoch")


def epochs_of(run: Run) -> list[int]:
    """The numbers of the epochs; their places where one has none."""
    numbers = [n for n in (e.get("epoch") for e in run.history) if isinstance(n, int)]
    if len(numbers) == len(run.history) and numbers == sorted(set(numbers)):
        return numbers
    return list(range(1, len(run.history) + 1))


COLUMNS = (
    ("loss", "loss", "{:.4f}"),
    ("accuracy", "accuracy", "{:.2%}"),
    ("validation_loss", "validation loss", "{:.4f}"),
    ("validation_accuracy", "validation accuracy", "{:.2%}"),
    ("lr", "learning rate", "{:.3g}"),
    ("rate", "images a second", "{:,.0f}"),
    ("seconds", "seconds", "{:.1f}"),
)


def _table(run: Run) -> Html:
    """The same in figures; of many epochs some, the best and the last among them."""
    epochs, history = epochs_of(run), run.history
    columns = [c for c in COLUMNS if any(number(e.get(c[0])) is not None for e in history)]
    every = max(1, -(-len(history) // ROWS))
    best = max((at for at, e in enumerate(history) if e.get("best") is True), default=-1)
    shown = [at for at in range(len(history)) if (at + 1) % every == 0 or at in (0, best, len(history) - 1)]
    rows = []
    for at in shown:
        cells: list[object] = [f"{epochs[at]}{' (best)' if at == best else ''}"]
        for key, _, form in columns:
            value = number(history[at].get(key))
            cells.append("" if value is None else form.format(value))
        rows.append(cells)
    some = "" if len(shown) == len(history) else f": {len(shown)} of {len(history)} epochs"
    head = ("epoch", *(name for _, name, _ in columns))
    found = table(head, rows, right=range(1, len(head)))
    return tag("details", tag("summary", f"In figures{some}"), found)
