"""Lists the plugins that are installed: what each brings, from which package, and what is wrong with those that cannot
be used.

Exit code 1 when there is one that cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator

from cnndsl.cli import terminal
from cnndsl.plugins import survey
from cnndsl.plugins.found import Installed
from cnndsl.plugins.record import KEYS, Plugin

HELP = "the plugins installed, and what each brings"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to list them")


def run(args: argparse.Namespace) -> int:
    found = list(survey())
    if args.format == "json":
        print(json.dumps([_as_json(one) for one in found], indent=2))
    else:
        width = terminal.width(sys.stdout)
        print("\n\n".join("\n".join(_lines(one, width)) for one in found))
    return 1 if any(one.plugin is None for one in found) else 0


def brings(plugin: Plugin) -> dict[str, list[str]]:
    """What a plugin brings, by kind; kinds of which it brings nothing are left out."""
    found = {
        "layers": [op.keyword for op in plugin.layers],
        "kernels": [
            f"{keyword} ({backend})" for backend, table in plugin.kernels().items() for keyword in sorted(table)
        ],
        "backends": sorted(plugin.backends),
        "passes": [step.name for step in plugin.passes],
        "formats": [form.name for form in plugin.formats],
        **{kind: [entry.word for entry in getattr(plugin, kind)] for kind in KEYS},
    }
    if plugin.name == "cnndsl":
        del found["kernels"]  # one for every layer and backend
    return {kind: names for kind, names in found.items() if names}


def _as_json(one: Installed) -> dict[str, object]:
    where = {"name": one.name, "package": one.package, "version": one.version, "record": one.place}
    return {**where, "fault": one.fault} if one.plugin is None else {**where, "brings": brings(one.plugin)}


def _lines(one: Installed, width: int) -> Iterator[str]:
    yield f"{one.name}: {one.package} {one.version}, {one.place}"
    if one.plugin is None:
        yield from textwrap.wrap(f"cannot be used: {one.fault}", width, initial_indent="  ", subsequent_indent="    ")
        return
    for kind, names in brings(one.plugin).items():
        text = f"{kind}: {', '.join(names)}"
        yield from textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="    ", break_long_words=False)
