from dataclasses import replace

import pytest

from cnndsl.recipe import places
from cnndsl.recipe.data import SETS
from tests.made import *  # noqa: F403 (pytest finds fixtures by their names here)


@pytest.fixture
def bare_system(monkeypatch) -> None:
    """No data sets on this machine, whatever it has."""
    monkeypatch.delenv(places.VARIABLE, raising=False)
    bare = {w: replace(s, files=replace(s.files, folders=()) if s.files else None) for w, s in SETS.items()}
    monkeypatch.setattr(places, "record", lambda setting: bare[setting.word])
