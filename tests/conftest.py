"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import cnndsl
from cnndsl.ops.spec import Op
from cnndsl.plugins import load
from cnndsl.resources import folder


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder of networks that comes with the package."""
    return folder("models")


@pytest.fixture(scope="session")
def layers() -> Mapping[str, Op]:
    return load().layers


@pytest.fixture(scope="session")
def found() -> Callable[[str], list[str]]:
    """What checking a text finds, as ``E301 2:15``."""

    def check(text: str) -> list[str]:
        return [f"{d.code} {d.span.line}:{d.span.column}" if d.span else d.code for d in cnndsl.check(text)]

    return check
