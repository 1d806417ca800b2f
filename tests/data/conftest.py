from tests.made import *  # noqa: F403 (pytest finds fixtures by their names here)
