"""Files: the source in one, and the files whose blocks it uses."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic, Label
from cnndsl.lang import ast
from cnndsl.lang.parse import LARGEST_SOURCE, parse, read_source
from cnndsl.source import Source

MOST_FILES = 100


def read_file(path: str | os.PathLike[str]) -> Source:
    """The source in a file. Raises CnnError: E805 where it cannot be opened, E102 where it is not UTF-8."""
    shown = os.fspath(path)
    if not shown:
        raise CnnError(Diagnostic("E805", "the name of the file is empty", help=("give the path of a .cnn file",)))
    try:
        if not Path(path).is_file():
            what = "is a folder" if Path(path).is_dir() else "is not a file" if Path(path).exists() else None
            message = f"{shown} {what}" if what else f"there is no file {shown}"
            raise CnnError(Diagnostic("E805", message, help=("give the path of a .cnn file",)))
        with open(path, "rb") as file:
            data = file.read(LARGEST_SOURCE + 4)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CnnError(Diagnostic("E805", f"{shown} cannot be opened: {reason}")) from error
    return read_source(shown, data)


def used(
    module: ast.Module, base: Path | None, layers: Collection[str], diagnostics: list[Diagnostic]
) -> tuple[ast.Module, ...]:
    """The files that a module uses, and those that they use, each once, before the file that uses it. `base` is the
    folder of the module, None where it has none. What is wrong (E222, and what the files' own text has) goes to
    `diagnostics`."""
    path = None if base is None else Path(base).resolve() / Path(module.source.name).name
    loader = _Loader(layers, diagnostics)
    loader.visit(module, path, ())
    return tuple(loader.found.values())


@dataclass(slots=True)
class _Loader:
    layers: Collection[str]
    diagnostics: list[Diagnostic]
    found: dict[Path, ast.Module] = field(default_factory=dict)

    def visit(self, module: ast.Module, path: Path | None, chain: tuple[Path, ...]) -> None:
        """Loads what a module uses. `chain` are the files on the way to it, `path` its own, links resolved."""
        for use in module.uses:
            try:
                self._use(use, module, path, chain if path is None else (*chain, path))
            except CnnError as error:
                self.diagnostics += error.diagnostics

    def _use(self, use: ast.Use, module: ast.Module, path: Path | None, chain: tuple[Path, ...]) -> None:
        name = use.path.value
        if path is None:
            help = ("give the folder: `cnndsl.loads(text, base=folder)`",)
            raise CnnError(Diagnostic("E222", "the text has no folder to look for files in", use.path.span, help=help))
        target = _inside(name, path.parent, use)
        if target in chain:
            circle = " uses ".join(p.name for p in (*chain[chain.index(target) :], target))
            help = ("put what both need into a file of its own",)
            raise CnnError(Diagnostic("E222", f"files use each other in a circle: {circle}", use.path.span, help=help))
        if target in self.found:
            return
        if len(self.found) >= MOST_FILES:
            raise CnnError(Diagnostic("E222", f"more than {MOST_FILES} files are used", use.path.span))
        shown = os.path.join(os.path.dirname(module.source.name), name) if module.source.name[:1] != "<" else name
        source = self._read(shown, target, use)
        tree, said = parse(source, self.layers)
        self.diagnostics += said
        if tree is not None:
            self.visit(tree, target, chain)
            self.found[target] = tree

    def _read(self, shown: str, target: Path, use: ast.Use) -> Source:
        try:
            source = read_file(target)
        except CnnError as error:
            (first, *_) = error.diagnostics
            text = first.message.replace(os.fspath(target), use.path.value)
            related = (Label(first.span, "here"),) if first.span is not None else ()
            raise CnnError(
                Diagnostic("E222", text, use.path.span, "cannot be used", related, help=_others(target))
            ) from error
        return Source(shown, source.text)


def _inside(name: str, folder: Path, use: ast.Use) -> Path:
    """The file of that name, links resolved, which must not leave the folder."""
    try:
        target = (folder / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise CnnError(Diagnostic("E222", f"`{name}` is no path of a file", use.path.span)) from error
    if not name or not target.is_relative_to(folder):
        help = ("move it beside this file, or below",)
        message = f"`{name}` is not in the folder of this file or below it"
        raise CnnError(Diagnostic("E222", message, use.path.span, "outside", help=help))
    return target


def _others(target: Path) -> tuple[str, ...]:
    """What else there is in the folder of a file that is missing."""
    try:
        names = sorted(p.name for p in target.parent.glob("*.cnn"))[:8] if target.parent.is_dir() else []
    except OSError:
        return ()
    return (f"there: {', '.join(names)}",) if names else ()
