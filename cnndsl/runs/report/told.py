"""What a run told of itself: the verdict, how it ended, and what it was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnndsl.runs.report.charts import number
from cnndsl.runs.report.html import Html, joined, section, tag
from cnndsl.runs.report.looked import Looked
from cnndsl.runs.saved import Run

VERSIONS = (("cnndsl", "cnndsl"), ("python", "Python"), ("numpy", "NumPy"))
SIZES = (
    ("training", "samples trained on"),
    ("validation", "samples that validate"),
    ("test", "samples that test"),
    ("classes", "classes"),
    ("batch", "batch"),
    ("steps_per_epoch", "steps an epoch"),
)


def verdict(run: Run, looked: Looked | None) -> Html:
    """The largest figures: of the run itself where it came to its end, else of the weights as they were saved."""
    told = run.about
    loss, share, right, count = (number(told.get(key)) for key in ("test_loss", "test_accuracy", "test_right", "test"))
    if loss is None and looked is not None:
        loss, right, count = looked.loss, number(looked.right), float(looked.samples)
        share = None if right is None else right / count
    of = f", {right:,.0f} of {count:,.0f} right" if right is not None and count else ""
    tiles = [
        (None if share is None else f"{share:.2%}", f"test accuracy{of}"),
        (None if loss is None else f"{loss:.4f}", "test loss"),
        _best(run),
        (f"{len(run.history):,}", "epoch" if len(run.history) == 1 else "epochs"),
        (f"{run.model.graph.parameter_count:,}", "parameters"),
        (_duration(number(told.get("seconds"))), "training time"),
    ]
    shown = [tag("li", tag("b", value), tag("span", what)) for value, what in tiles if value is not None]
    return tag("ul", *shown, class_="verdict")


def _best(run: Run) -> tuple[str | None, str]:
    found = [(number(e.get("validation_accuracy")), e.get("epoch")) for e in run.history if e.get("best") is True]
    share, epoch = found[-1] if found else (None, None)
    return (None if share is None else f"{share:.2%}", f"best validation accuracy, epoch {epoch}")


def _duration(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def ending(run: Run) -> Html:
    """How the run ended, in a sentence."""
    good, said = _ending(run.about, len(run.history))
    return tag("p", said, class_="told good" if good else "told bad")


def _ending(told: Mapping[str, Any], epochs: int) -> tuple[bool, str]:
    after = f"after {epochs} epoch{'' if epochs == 1 else 's'}"
    match told.get("status"):
        case "finished":
            why = {
                "patience": ": validation had not become better for as long as `stop patience` allows",
                "reached": ": what `stop at` asks for was reached",
                "steps": ": all steps were done",
            }.get(str(told.get("ending")), "")
            return True, f"Finished {after}{why}."
        case "interrupted":
            return False, f"Interrupted {after}. The weights are those of that moment; `cnndsl run --resume` goes on."
        case "stopped":
            reason = told.get("reason")
            reasons = [str(r) for r in reason] if isinstance(reason, list) else []
            why = "; ".join(reasons) or "it did not say why"
            return False, f"Stopped {after}: {why}. The weights are the last good ones."
        case "starting" | "running":
            return False, f"Not at its end: it runs still, or was cut off {after}."
        case _:
            return False, f"How it ended is not known: run.json does not say. {epochs} epochs are in metrics.jsonl."


def made_with(run: Run) -> Html:
    """Versions, seed, backend and sizes: what tells a run from another. Nothing of the machine."""
    return section("Made with", tag("dl", joined(_facts(run))), name="facts")


def _facts(run: Run) -> Iterator[Html]:
    told, recipe = run.about, run.recipe
    versions = [f"{shown} {told[key]}" for key, shown in VERSIONS if key in told]
    facts: list[tuple[str, object]] = [
        ("versions", ", ".join(versions) or None),
        ("backend", told.get("backend")),
        ("seed", told.get("seed", recipe.seed)),
        ("data", None if recipe.data is None else recipe.data.word),
        *((shown, f"{told[key]:,}") for key, shown in SIZES if number(told.get(key)) is not None),
        ("optimizer", recipe.optimizer.word),
        ("steps", f"{run.history[-1]['step']:,}" if run.history and number(run.history[-1].get("step")) else None),
        ("borrowed kernels", ", ".join(map(str, told.get("borrowed") or ())) or None),
    ]
    for name, value in facts:
        if value is not None:
            yield tag("dt", name)
            yield tag("dd", value)
