"""python -m cnndsl"""

import sys


def start() -> None:
    """The command line, for the console script too. An interruption while it is still being imported ends it as one
    later does."""
    try:
        from cnndsl.cli.main import entry

        entry()
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)


if __name__ == "__main__":
    start()
