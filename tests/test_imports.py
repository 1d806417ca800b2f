"""The house: who may import whom (down only), and which room a third-party package lives in."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cnndsl

PACKAGE = Path(cnndsl.__file__).parent

FLOORS = (
    ("source", "words", "resources", "schema", "version"),
    ("diagnostics", "arguments"),
    ("ir", "memory", "extras"),
    ("ops", "recipe"),
    ("lang", "passes", "interchange"),
    ("backends", "drawing"),
    ("data", "state"),
    ("training",),
    ("inspection",),
    ("runs", "plugins", "builtin"),
    ("api", "__init__"),
    ("cli", "__main__", "testing", "highlighting", "sklearn"),
)
"""From the ground up. Names on one floor do not see each other, but for the pairs below."""

NEIGHBOURS = {
    ("plugins", "builtin"),
    ("builtin", "plugins"),
    ("__init__", "api"),
    ("__main__", "cli"),
    ("cli", "testing"),
    ("api", "__init__"),
}

HOMES = {
    "lark": ("lang",),
    "jsonschema": ("schema",),
    "rich": ("cli",),
    "pygments": ("highlighting",),
    "numpy": ("backends", "data", "state", "training", "inspection", "runs", "testing", "interchange", "sklearn"),
    "scipy": ("testing",),
    "safetensors": ("state", "interchange"),
    "threadpoolctl": ("backends",),
    "PIL": ("data",),
}

FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    here = room(path)
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "cnndsl":
            there = rest[0] if rest and rest[0] in FLOOR else "__init__"
            allowed = there == here or FLOOR[there] < FLOOR[here] or (here, there) in NEIGHBOURS
            assert allowed, f"{here} imports {name}"
        elif top in HOMES:
            assert here in HOMES[top], f"{top} lives in {HOMES[top]}, not in {here}"
        else:
            assert top in sys.stdlib_module_names, f"{here} imports {top}"


def test_backends_do_not_see_each_other() -> None:
    for name in ("naive", "vectorized"):
        other = {"naive": "vectorized", "vectorized": "naive"}[name]
        for path in (PACKAGE / "backends" / name).glob("*.py"):
            assert not any(f"backends.{other}" in found for found in imports(path)), path


def test_every_room_has_its_floor() -> None:
    assert {room(path) for path in files()} <= set(FLOOR)


def modules_after(*arguments: str) -> set[str]:
    """Modules that a command has imported when it ends."""
    code = "import sys; from cnndsl.cli.main import main; main(sys.argv[1:]); print(*sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(out.stdout.splitlines()[-1].split())


def test_check_starts_without_numpy_and_rich(models: Path) -> None:
    found = modules_after("check", str(models / "lenet5.cnn"))
    assert not found & {"numpy", "rich", "safetensors"}
    assert "lark" in found


@pytest.mark.parametrize("form", ["text", "json", "markdown", "svg"])
def test_show_starts_without_numpy_and_rich(models: Path, form: str) -> None:
    found = modules_after("show", "--format", form, str(models / "lenet5.cnn"))
    assert not found & {"numpy", "rich", "safetensors"}
