"""Writes grammars/cnn.table.json, the parser's table of grammars/cnn.lark. To be run when the grammar has changed.

python tests/tools/parser_table.py
"""

from __future__ import annotations

from cnndsl.lang.grammar import TABLE, grammar, written
from cnndsl.resources import folder

if __name__ == "__main__":
    (folder("grammars") / TABLE).write_text(written(grammar()), encoding="utf-8")
