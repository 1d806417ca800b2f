"""What callers from Python give, as what the compiler takes: sizes, variables and settings, checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.lang.lower import Choices
from cnndsl.lang.typed import ARGUMENT, DEFAULT
from cnndsl.source import Source

Size = tuple[int, int, int]
Setting = str | int | float | bool | None | os.PathLike[str]
"""What a key or an option of the train block may be set to: None takes away what the file says."""


def folder_of(value: object, what: str) -> Path | None:
    """A folder that was given, None for none. Raises CnnError (E806)."""
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        message = f"`{what}` is the path of a folder, found {value!r}"
        raise CnnError(Diagnostic("E806", message))
    return Path(value)


def source_of(text: object, name: str) -> Source:
    if not isinstance(text, str):
        message = f"a program is a string, found {type(text).__name__}; `load` takes the path of a file"
        raise CnnError(Diagnostic("E806", message))
    return Source(name, text.removeprefix("\ufeff"))


def _is_size(value: object) -> bool:
    three = isinstance(value, tuple | list) and len(value) == 3 and all(type(n) is int for n in value)
    return three and all(1 <= n <= 65_536 for n in value)  # type: ignore[attr-defined]


def choices_of(
    input: Size | None,
    variables: Mapping[str, int] | None,
    drop_optional: bool,
    settings: Mapping[str, Setting] | None = None,
) -> Choices:
    if not isinstance(variables, Mapping | None):
        message = f"`variables` maps names to numbers, such as {{'N': 2}}; found {variables!r}"
        raise CnnError(Diagnostic("E806", message))
    for name, value in (variables or {}).items():
        if not isinstance(name, str):
            raise CnnError(Diagnostic("E806", f"the name of a variable is a capital, such as 'N'; found {name!r}"))
        if type(value) is not int or not 1 <= value <= 9_999_999_999:
            raise CnnError(Diagnostic("E806", f"variable {name} must be a whole number from 1, found {value!r}"))
    if input is not None and not _is_size(input):
        message = f"an input size is height, width and depth, each from 1 to 65,536; found {input!r}"
        raise CnnError(Diagnostic("E806", message))
    size = tuple(input) if input is not None else None
    return Choices(dict(variables or {}), size, drop_optional, settings_of(settings))  # type: ignore[arg-type]


def settings_of(settings: Mapping[str, Setting] | None) -> tuple[Source, ...]:
    """Settings of the train block as they would be typed. Raises CnnError (E806)."""
    if not isinstance(settings, Mapping | None):
        message = f"`settings` maps keys to values, such as {{'optimizer.lr': 0.01}}; found {settings!r}"
        raise CnnError(Diagnostic("E806", message))
    for name in settings or {}:
        if not isinstance(name, str) or "=" in name:
            message = f"a setting is named by its key and option, such as 'optimizer.lr'; found {name!r}"
            raise CnnError(Diagnostic("E806", message))
    return tuple(Source(ARGUMENT, f"{name}={_typed(name, value)}", True) for name, value in (settings or {}).items())


def _typed(name: str, value: object) -> str:
    """A value of a setting as it would be typed. Raises CnnError (E806)."""
    if value is None or isinstance(value, bool):
        return DEFAULT if value is None else str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return f'"{os.fspath(value)}"'
    if isinstance(value, Integral) and int(value).bit_length() < 1 << 12:
        return str(int(value))
    if isinstance(value, Real):
        return repr(float(value))
    message = f"`{name}` is set to a number, a string, true or false; found {type(value).__name__}"
    raise CnnError(Diagnostic("E806", message))
