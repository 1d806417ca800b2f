"""No file that is read can have code of its own run: what the package's syntax trees have, and must not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cnndsl

PACKAGE = Path(cnndsl.__file__).parent
RUNNERS = (
    "pickle",
    "_pickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "runpy",
    "code",
    "codeop",
    "torch",
)
CALLS = ("eval", "exec", "compile", "__import__", "import_module", "exec_module", "load_module")
NAMED = {
    **dict.fromkeys(("__init__.py", "builtin.py", "backends/table.py", "cli/main.py", "extras.py"), "import_module"),
    "testing/cases/__init__.py": "import_module",
    "api.py": "compile",
}
"""Where our own modules, or packages that we name, are imported, by names that come out of no file; and our `compile`
of networks."""


def found(tree: ast.AST) -> list[tuple[int, str]]:
    """Imports of what runs code, calls that do, and np.load that may: each with its line."""
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wrong += [(node.lineno, n.name) for n in node.names if n.name.split(".")[0] in RUNNERS]
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] in RUNNERS:
            wrong.append((node.lineno, node.module or ""))
        elif isinstance(node, ast.Call):
            wrong += [(node.lineno, what) for what in _called(node)]
    return wrong


def _called(node: ast.Call) -> list[str]:
    function = node.func
    if isinstance(function, ast.Name):
        return [function.id] if function.id in CALLS else []
    if not isinstance(function, ast.Attribute):
        return []
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    if function.attr in CALLS and function.attr != "compile":
        return [function.attr]
    if owner in ("np", "numpy") and function.attr in ("load", "fromregex", "genfromtxt"):
        plain = [k for k in node.keywords if k.arg == "allow_pickle"]
        refused = plain and isinstance(plain[0].value, ast.Constant) and plain[0].value.value is False
        return [] if refused else [f"np.{function.attr}"]
    allowed = [k.value for k in node.keywords if k.arg == "allow_pickle"]
    return ["allow_pickle"] if any(not isinstance(v, ast.Constant) or v.value for v in allowed) else []


def test_the_package_runs_no_code_of_files() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        seen = found(ast.parse(path.read_text(encoding="utf-8")))
        wrong += [f"{name}:{line}: {what}" for line, what in seen if what != NAMED.get(name)]
    assert not wrong


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import torch.serialization",
        "eval('1')",
        "exec('')",
        "importlib.import_module(name)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "np.lib.format.read_array(file, allow_pickle=True)",
    ],
)
def test_it_is_seen(text: str) -> None:
    assert found(ast.parse(text))
