"""Whether what a train block asks for can be done at all with the network and the samples that there are: parameters to
freeze that are there, and a validation for what looks at one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from cnndsl.diagnostics import Diagnostic, Edit, Fix, Label
from cnndsl.recipe.spec import Recipe, Setting
from cnndsl.words import nearest

SHOWN = 4
"""Names of parameters in a message."""


def frozen(recipe: Recipe, names: Iterable[str]) -> frozenset[str]:
    """Which of the arrays of these names stay as they start: those that a `freeze` names, where `*` stands for any
    letters."""
    patterns = [setting.attrs.names for setting in recipe.freeze]
    return frozenset(name for name in names if any(fnmatchcase(name, p) for p in patterns))


def freezing(recipe: Recipe, names: Collection[str], trained: Collection[str]) -> Iterator[Diagnostic]:
    """E508 for each `freeze` that names none of the network's arrays, whose `names` these are, and where they name all
    that could be `trained`."""
    missed = [setting for setting in recipe.freeze if not any(fnmatchcase(n, setting.attrs.names) for n in names)]
    for setting in missed:
        yield _matches_none(setting, names)
    if trained and not missed and frozen(recipe, trained) == frozenset(trained):
        place = recipe.freeze[0].span
        last = list(trained)[-1].rpartition(".")[0]
        help = (f"leave out what is to be trained, such as that of {last}",)
        yield Diagnostic("E508", "every parameter is frozen: nothing is left to train", place, help=help)


def _matches_none(setting: Setting, names: Collection[str]) -> Diagnostic:
    pattern = setting.attrs.names
    message = f"`{pattern}` is the name of no parameter"
    found = _meant(pattern, names)
    if found is not None and setting.span is not None:
        fix = Fix(f'write `"{found}"`', (Edit(setting.span, f'"{found}"'),), sure=False, word=True)
        return Diagnostic("E508", message, setting.span, "names nothing", fixes=(fix,))
    shown = ", ".join(list(names)[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    help = (f"the network has {shown}" if names else "the network has no parameters",)
    return Diagnostic("E508", message, setting.span, "names nothing", help=help)


def _meant(pattern: str, names: Collection[str]) -> str | None:
    """A pattern that names something and is near: with a star, in small letters, or of the nearest step."""
    small = pattern.lower()
    stem = small.rstrip("*").rstrip(".")
    layers = dict.fromkeys(name.rpartition(".")[0] for name in names)
    kinds = dict.fromkeys(layer.rpartition(".")[2].rstrip("0123456789") for layer in layers)
    near = nearest(stem, [*names, *layers, *kinds]) if stem else None
    ways = [small, f"{stem}.*", f"{small}*", f"*{small}", f"*{small}*"]
    if near is not None:
        ways += [near, f"{near}.*", f"{near}*", f"*{near}*"]
    return next((way for way in ways if any(fnmatchcase(name, way) for name in names)), None)


def validated(recipe: Recipe) -> tuple[Diagnostic, ...]:
    """E509 where `stop`, or `save ... best`, waits for what validation gives, and `split 1` leaves nothing for it."""
    if recipe.split < 1:
        return ()
    stop, save = recipe.stop, recipe.save
    asks = {"stop": stop, "save best": save if save is not None and save.attrs.best else None}
    place = recipe.spans.get("split")
    related = (Label(place, "nothing is left to validate on"),) if place is not None else ()
    help = ("keep some samples for validation, with `split 0.9`, or leave it out",)
    return tuple(
        Diagnostic(
            "E509", f"`{what}` looks at validation, and `split 1` leaves nothing for it", s.span, "", related, help=help
        )
        for what, s in asks.items()
        if s is not None
    )
