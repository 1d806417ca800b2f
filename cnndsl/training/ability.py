"""What this version can train with. What it cannot do is refused before anything starts, and never passed over."""

from __future__ import annotations

from cnndsl.diagnostics import CnnError, Diagnostic, Label
from cnndsl.recipe.later import later
from cnndsl.recipe.spec import Recipe


def refuse(recipe: Recipe) -> None:
    """Raises CnnError (E811), one diagnostic, where a recipe asks for what this version does not do yet."""
    found = dict(later(recipe))
    if not found:
        return
    (first, span), *others = found.items()
    names = [f"`{name}`" for name in found]
    shown = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    related = tuple(Label(place, f"nor `{name}`") for name, place in others if place is not None)
    message = f"this version cannot train with {shown} yet"
    help = (f"leave {'them' if others else 'it'} out to train; `check` reads {'them' if others else 'it'} already",)
    raise CnnError(Diagnostic("E811", message, span, f"not `{first}`" if others else "", related, help=help))
