"""Lark's parse tree to our syntax tree."""

from __future__ import annotations

from typing import Any, TypeAlias

from lark import Token
from lark import Tree as LarkTree

from cnndsl.diagnostics import Diagnostic
from cnndsl.lang import ast
from cnndsl.source import Source, Span

Tree: TypeAlias = LarkTree[Any]

LONGEST_NUMBER = 10
LONGEST_NAME = 128


def build(tree: Tree, source: Source, diagnostics: list[Diagnostic]) -> ast.Module:
    """The module of a parse tree. Numbers and names that are too long are reported (E111)."""
    return _Builder(source, diagnostics).module(tree)


def _spine(tree: Tree, rule: str) -> tuple[list[Any], list[str]]:
    """A left-recursive list, unrolled without recursion: its members, and the separators between them."""
    members: list[Any] = []
    separators: list[str] = []
    while True:
        head = tree.children[0]
        if isinstance(head, LarkTree) and head.data == rule:
            members.append(tree.children[-1])
            separators.append(str(tree.children[1]) if len(tree.children) == 3 else "")
            tree = head
        else:
            members.append(head)
            return members[::-1], separators[::-1]


def _glue(children: list[Any]) -> str:
    """The GLUE token among a node's children, or nothing."""
    return next((str(c) for c in children if isinstance(c, Token) and c.type == "GLUE"), "")


class _Builder:
    def __init__(self, source: Source, diagnostics: list[Diagnostic]):
        self.source = source
        self.diagnostics = diagnostics

    def span(self, token: Token) -> Span:
        start = token.start_pos or 0
        return self.source.span(start, start + len(token))

    def module(self, tree: Tree) -> ast.Module:
        body, before, after = self._framed(tree.children)
        members, between = _spine(body, "body")
        items = tuple(self.train(m) if m.data == "train" else self.step(m) for m in members)
        return ast.Module(self.source, items, (before, *between, after))

    def _framed(self, children: list[Any]) -> tuple[Tree, str, str]:
        """The list between optional separators."""
        at = next(i for i, child in enumerate(children) if isinstance(child, LarkTree))
        before = "".join(str(t) for t in children[:at] if t.type == "SEP")
        after = "".join(str(t) for t in children[at + 1 :] if isinstance(t, Token) and t.type == "SEP")
        return children[at], before, after

    def steps(self, children: list[Any]) -> ast.Steps:
        listed, before, after = self._framed(children)
        members, between = _spine(listed, "steps")
        return ast.Steps(tuple(self.step(m) for m in members), (before, *between, after))

    def step(self, tree: Tree) -> ast.Step:
        if tree.data == "layer":
            return self.layer(tree)
        if tree.data == "group":
            return self.group(tree)
        bad: Any = tree.children[0]
        return ast.Bad(self.span(bad))

    def layer(self, tree: Tree) -> ast.Layer:
        children: list[Any] = tree.children
        name, args, *rest = children
        branches = next((r for r in rest if isinstance(r, LarkTree)), None)
        mark = next((r for r in rest if isinstance(r, Token)), None)
        self._check_name(name)
        return ast.Layer(
            self._whole(tree),
            self.span(name),
            self.args(args),
            self.branches(branches) if branches is not None else None,
            mark is not None,
            _glue(branches.children) if branches is not None else "",
        )

    def branches(self, tree: Tree) -> tuple[ast.Steps, ...]:
        alternatives = next(c for c in tree.children if isinstance(c, LarkTree))
        members: list[Any] = []
        while True:
            head = alternatives.children[0]
            members.append(alternatives.children[-1])
            if head.data != "alternatives":
                return tuple(self.steps(m.children) for m in members[::-1])
            alternatives = head

    def group(self, tree: Tree) -> ast.Group:
        times = next((c for c in tree.children if isinstance(c, LarkTree) and c.data == "times"), None)
        inner = [c for c in tree.children if c is not times]
        optional = any(isinstance(c, Token) and c.type == "OPTIONAL" for c in inner)
        return ast.Group(
            self._whole(tree), self.steps(inner), self.times(times) if times is not None else None, optional
        )

    def train(self, tree: Tree) -> ast.Train:
        if not any(isinstance(c, LarkTree) for c in tree.children):
            children: list[Any] = tree.children
            inner = "".join(str(t) for t in children if t.type == "SEP")
            return ast.Train(self._whole(tree), (), (inner,), _glue(children))
        listed, before, after = self._framed(tree.children)
        members, between = _spine(listed, "entries")
        entries = tuple(self.entry(m) for m in members)
        return ast.Train(self._whole(tree), entries, (before, *between, after), _glue(tree.children))

    def entry(self, tree: Tree) -> ast.Entry | ast.Bad:
        key: Any = tree.children[0]
        if isinstance(key, LarkTree):
            bad: Any = key.children[0]
            return ast.Bad(self.span(bad))
        args: Any = tree.children[1]
        self._check_name(key)
        return ast.Entry(self._whole(tree), ast.Word(self.span(key), str(key)), self.args(args))

    def args(self, tree: Tree) -> tuple[ast.Arg, ...]:
        found = []
        while tree.children:
            tree, last = tree.children
            found.append(self.arg(last))
        return tuple(found[::-1])

    def arg(self, item: Any) -> ast.Arg:
        if isinstance(item, LarkTree):
            return self.times(item)
        span = self.span(item)
        match item.type:
            case "SIZE":
                return ast.Size(span, tuple(self._integer(part, span) for part in item.split("x")))
            case "NUMBER":
                return self.number(item)
            case "STRING":
                return ast.Text(span, str(item)[1:-1])
            case _:
                self._check_name(item)
                return ast.Word(span, str(item))

    def number(self, token: Token) -> ast.Number:
        span = self.span(token)
        text = str(token)
        if text.lstrip("-").isdigit():
            return ast.Number(span, self._integer(text, span), whole=True)
        if len(text) > 32:
            self._too_long("number", text, span)
            return ast.Number(span, 1.0, whole=False)
        return ast.Number(span, float(text), whole=False)

    def times(self, tree: Tree) -> ast.Times:
        star: Any = tree.children[0]
        count: Any = tree.children[1]
        span = self.span(star).to(self.span(count))
        if count.type == "VARIABLE":
            return ast.Times(span, str(count))
        number = self.number(count)
        return ast.Times(span, number.value if number.whole else 1, number.whole)  # type: ignore[arg-type]

    def _integer(self, text: str, span: Span) -> int:
        digits = text.lstrip("-")
        if len(digits) > LONGEST_NUMBER:
            self._too_long("number", text, span)
            return 1
        return int(text)

    def _check_name(self, token: Token) -> None:
        if len(token) > LONGEST_NAME:
            self._too_long("name", str(token), self.span(token))

    def _too_long(self, what: str, text: str, span: Span) -> None:
        limit = f"{LONGEST_NUMBER} digits" if what == "number" else f"{LONGEST_NAME} characters"
        message = f"the {what} has {len(text):,} characters, and {limit} is the limit"
        self.diagnostics.append(Diagnostic("E111", message, span))

    def _written(self, token: Any) -> bool:
        """Whether a leaf is a token of the author's own, no separator and no bracket closed in his place."""
        return (
            isinstance(token, Token)
            and token.type not in ("SEP", "ARROW", "GLUE")
            and (token.start_pos or 0) < len(self.source.text)
        )

    def _whole(self, tree: Tree) -> Span:
        """From the first to the last token of a tree; separators at its ends do not count."""
        leaves = list(tree.scan_values(lambda t: isinstance(t, Token) and self._written(t)))
        start = min(t.start_pos or 0 for t in leaves)
        return self.source.span(start, max((t.start_pos or 0) + len(t) for t in leaves))
