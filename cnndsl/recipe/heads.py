"""Which output is trained by which loss.

A loss that is written without a name is the main flow's; where the network has no main output and only one other, it
is that one's. An output without a loss is trained only if it is the only one.
"""

from __future__ import annotations

from collections.abc import Collection

from cnndsl.diagnostics import Diagnostic
from cnndsl.diagnostics.model import suggested
from cnndsl.recipe.spec import MAIN, Recipe, Setting
from cnndsl.source import Span


def trained(recipe: Recipe, outputs: Collection[str]) -> dict[str, Setting]:
    """The loss of each output that is trained, in the order of the outputs."""
    found = {name: loss for name, loss in recipe.losses.items() if name in outputs}
    if not found and len(outputs) == 1 and MAIN in recipe.losses:
        (only,) = outputs
        found = {only: recipe.losses[MAIN]}
    return {name: found[name] for name in outputs if name in found}


def heads(recipe: Recipe, outputs: Collection[str], span: Span | None = None) -> tuple[Diagnostic, ...]:
    """What is wrong between a train block's losses and the names of the network's outputs.

    `span` is where the train block is told to be, for what it does not say; without one, as for a file without a train
    block, nothing is said of outputs that are not trained. E507: a loss for an output that is not there. W501: outputs
    that are not trained.
    """
    losses = trained(recipe, outputs)
    wrong = [
        _not_there(name, loss, outputs)
        for name, loss in recipe.losses.items()
        if name not in outputs and loss.span is not None and all(loss is not used for used in losses.values())
    ]
    left = [name for name in outputs if name not in losses]
    if wrong or not left or span is None:
        return tuple(wrong)
    names = " and ".join([", ".join(f"`{n}`" for n in left[:-1]), f"`{left[-1]}`"] if left[1:] else [f"`{left[0]}`"])
    are = "are" if left[1:] else "is"
    message = f"{names} {are} not trained: the train block has no `loss` for {'them' if left[1:] else 'it'}"
    lines = [f"loss {'' if name == MAIN else f'{name} '}cross_entropy" for name in left]
    place = recipe.spans.get("loss", span)
    return (Diagnostic("W501", message, place, help=tuple(f"add `{line}`" for line in lines)),)


def _not_there(name: str, loss: Setting, outputs: Collection[str]) -> Diagnostic:
    others = [n for n in outputs if n != MAIN]
    if name == MAIN:
        message = "the network has no output of its own besides its heads, so this `loss` is nobody's"
        help: tuple[str, ...] = (f"name the head: `loss {others[0]} {loss.word}`",) if others else ()
        return Diagnostic("E507", message, loss.span, "for which head?", help=help)
    message = f"there is no head `{name}` for this `loss`"
    place = _word(loss.span, name)
    fixes = suggested(place, name, others) if place is not None else ()
    if fixes:
        return Diagnostic("E507", message, place, "unknown", fixes=fixes)
    if others:
        help = (f"the network's heads are {', '.join(others)}",)
    else:
        help = (f"the network has no heads; for its own output write `loss {loss.word}`",)
    return Diagnostic("E507", message, place, "unknown", help=help)


def _word(span: Span | None, word: str) -> Span | None:
    """The place of an output's name in an entry."""
    if span is None:
        return None
    at = span.text.find(word, len("loss"))
    return span if at < 0 else Span(span.source, span.start + at, span.start + at + len(word))
