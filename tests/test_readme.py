"""The README says what is so: its picture, its figures, its commands."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cnndsl

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text(encoding="utf-8")


def test_the_picture_is_what_check_prints() -> None:
    spec = importlib.util.spec_from_file_location("error_picture", TESTS / "tools" / "error_picture.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert (TESTS / "readme" / "error.svg").read_text(encoding="utf-8") == tool.picture()


def test_the_language_on_one_screen_is_a_program() -> None:
    program = README.split("## The language on one screen")[1].split("```")[1]
    network = cnndsl.loads(program)
    assert network.graph.parameter_count == 61_706
    assert max(map(len, program.splitlines())) <= 80


def test_the_two_commands_are_there() -> None:
    lines = README.splitlines()
    assert "pip install . && cnndsl run models/digits.cnn" in lines
    assert "pip install -e . -r tests/requirements.txt && python -m pytest" in lines
