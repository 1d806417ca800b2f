"""Packages that only some of what can be done needs: fetched when they are needed, with what installs them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from cnndsl.diagnostics import CnnError, Diagnostic


def extra(module: str, name: str, package: str, what: str) -> ModuleType:
    """A module of a package that the extra `name` installs; `what` is what needs it, in words.

    Raises CnnError (E813) where it is not there.
    """
    try:
        return import_module(module)
    except ImportError as error:
        help = (f"pip install 'cnndsl[{name}]'",)
        raise CnnError(Diagnostic("E813", f"{what} needs {package}, which is not installed", help=help)) from error
