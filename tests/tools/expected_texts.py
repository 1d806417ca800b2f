"""Writes what `cnndsl check` prints of files of the corpus beside them, one for each code, to be read by people.

python tests/tools/expected_texts.py
"""

from __future__ import annotations

from pathlib import Path

import cnndsl
from cnndsl.diagnostics.render import Style, text
from cnndsl.lang.uses import read_file

CORPUS = Path(__file__).parent.parent / "diagnostics"


def chosen() -> list[Path]:
    """The first file of every folder."""
    folders = sorted(path for path in CORPUS.iterdir() if path.is_dir() and path.name != "clean")
    return [min(files) for folder in folders if (files := list(folder.glob("*.cnn")))]


def printed(path: Path) -> str:
    """What is said of a file, as on a terminal of 80 columns without colour."""
    shown = f"{path.parent.name}/{path.name}"
    found = cnndsl.check(read_file(path).text, name=shown, base=path.parent)
    return "\n\n".join(text(d, Style()) for d in found) + "\n"


if __name__ == "__main__":
    for path in chosen():
        path.with_suffix(".txt").write_text(printed(path), encoding="utf-8")
