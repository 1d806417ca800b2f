"""python -m cnndsl"""

from cnndsl.cli.main import entry

entry()
