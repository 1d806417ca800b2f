"""Writes grammars/train.schema.json, made from the records of the train block.

python tests/tools/train_schema.py
"""

from __future__ import annotations

import json
from pathlib import Path

from cnndsl.recipe.form import schema

PATH = Path(__file__).parents[2] / "grammars" / "train.schema.json"


def text() -> str:
    """The file's contents."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
