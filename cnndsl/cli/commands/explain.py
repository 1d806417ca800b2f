"""Prints the page of a code (E301), a layer (CONV), a subject (blocks) or a key of the train block (optimizer).

Without a name, lists them. `cnndsl explain all` is the whole reference.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from cnndsl.cli import terminal
from cnndsl.cli.layout import Page, as_markdown, as_text
from cnndsl.cli.pages import contents, find, names, reference
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.plugins import load
from cnndsl.words import nearest

HELP = "the page of a code, a layer, or a part of the language"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="E301, CONV, blocks, train, optimizer, all")
    parser.add_argument("--format", choices=("text", "markdown"), default="text", help="how to show it")


def run(args: argparse.Namespace) -> int:
    for page in _shown(args.name, markdown=args.format == "markdown"):
        print(page)
    return 0


def _shown(name: str | None, *, markdown: bool) -> Iterator[str]:
    known = load()
    width = terminal.width(sys.stdout)

    def show(page: Page, level: int = 1) -> str:
        return as_markdown(page, level).rstrip("\n") + "\n" if markdown else as_text(page, width)

    if name == "all":
        if markdown:
            yield "# The .cnn language\n"
            yield "Written by `cnndsl explain all --format markdown` from the records of the language. Do not edit.\n"
        for chapter, pages in reference(known):
            yield f"## {chapter}\n" if markdown else f"{chapter}\n{'=' * len(chapter)}\n"
            yield from (show(page, 3) + ("" if markdown else "\n") for page in pages)
        return
    page = contents(known) if name is None else find(name, known)
    if page is None:
        assert name is not None
        guess = (nearest(name, names(known)) or "").partition(" ")[0]
        help = (f"did you mean `{guess}`?",) if guess else ("`cnndsl explain` lists all pages",)
        raise CnnError(Diagnostic("E806", f"there is no page `{name}`", help=help))
    yield show(page)
