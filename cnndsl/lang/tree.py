"""Lark's parse tree to our syntax tree."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from lark import Token
from lark import Tree as LarkTree

from cnndsl.diagnostics import Diagnostic
from cnndsl.lang import ast
from cnndsl.lang.expressions import ExpressionError, read
from cnndsl.source import Source, Span

Tree: TypeAlias = LarkTree[Any]

LONGEST_NUMBER = 10
LONGEST_NAME = 128


def build(tree: Tree, source: Source, diagnostics: list[Diagnostic]) -> ast.Module:
    """The module of a parse tree. Numbers and names that are too long are reported (E111)."""
    return _Builder(source, diagnostics).module(tree)


def argument(token: Token, source: Source, diagnostics: list[Diagnostic]) -> ast.Arg:
    """The argument that one token is: a size, a number, a string or a word."""
    return _Builder(source, diagnostics).arg(token)


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


def _leaves(tree: Tree) -> list[Token]:
    """The tokens of a tree, in no order. Without recursion: a step may have thousands of arguments."""
    found: list[Token] = []
    waiting: list[Any] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, LarkTree):
            waiting += item.children
        else:
            found.append(item)
    return found


def _child(children: list[Any], rule: str) -> Any:
    """The subtree of that rule among a node's children, or None."""
    return next((c for c in children if isinstance(c, LarkTree) and c.data == rule), None)


def _optional(children: list[Any]) -> bool:
    return any(isinstance(c, Token) and c.type == "OPTIONAL" for c in children)


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
        items = tuple(self.item(m) for m in members)
        return ast.Module(self.source, items, (before, *between, after))

    def item(self, tree: Tree) -> ast.Item:
        match tree.data:
            case "train":
                return self.train(tree)
            case "block":
                return self.block(tree)
            case "use":
                path: Any = tree.children[1]
                return ast.Use(self._whole(tree), ast.Text(self.span(path), str(path)[1:-1]))
            case _:
                return self.step(tree)

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
        first: Any = tree.children[0]
        match tree.data:
            case "layer":
                return self.layer(tree)
            case "group":
                return self.group(tree)
            case "call":
                return self.call(tree)
            case "set":
                args: Any = tree.children[2]
                name: Any = tree.children[1]
                self._check_name(name)
                return ast.Set(self._whole(tree), self.span(name), self.args(args))
            case "ref":
                self._check_name(Token.new_borrow_pos("WORD", str(first)[1:], first))
                return ast.Ref(self.span(first), str(first)[1:])
            case _:
                return ast.Bad(self.span(first))

    def layer(self, tree: Tree) -> ast.Layer:
        children: list[Any] = tree.children
        name, args, *rest = children
        branches = _child(rest, "branches")
        self._check_name(name)
        return ast.Layer(
            self._whole(tree),
            self.span(name),
            self.args(args),
            self.branches(branches) if branches is not None else None,
            _optional(rest),
            _glue(branches.children) if branches is not None else "",
            self.label(rest),
        )

    def label(self, children: list[Any]) -> ast.Word | None:
        found = _child(children, "label")
        return None if found is None else self.word(found.children[1])

    def word(self, token: Any) -> ast.Word:
        self._check_name(token)
        return ast.Word(self.span(token), str(token))

    def call(self, tree: Tree) -> ast.Call:
        children: list[Any] = tree.children
        name, values, *rest = children
        return ast.Call(
            self._whole(tree), self.word(name), self.values(values, "given"), _optional(rest), self.label(rest)
        )

    def block(self, tree: Tree) -> ast.Block:
        children: list[Any] = tree.children
        parameters = self.values(children[2], "declared")
        opened = next(i for i, c in enumerate(children) if isinstance(c, Token) and c.type == "LBRACE")
        glue = _glue(children[3:opened])
        return ast.Block(
            self._whole(tree), self.word(children[1]), parameters, self.steps(children[opened + 1 : -1]), glue
        )

    def values(self, tree: Tree, rule: str) -> ast.Values:
        """Values or parameters in parentheses, with the raw text around each."""
        children: list[Any] = tree.children
        opened = next(i for i, c in enumerate(children) if isinstance(c, Token) and c.type == "LPAR")
        flat: list[Any] = []
        waiting = children[opened + 1 : -1][::-1]
        while waiting:
            child = waiting.pop()
            if isinstance(child, LarkTree) and child.data == rule:
                waiting += child.children[::-1]
            else:
                flat.append(child)
        items: list[ast.Value] = []
        separators = [""]
        for child in flat:
            if isinstance(child, LarkTree):
                items.append(self.value(child))
                separators.append("")
            else:
                separators[-1] += str(child)
        return ast.Values(tuple(items), tuple(separators), _glue(children[:opened]))

    def value(self, tree: Tree) -> ast.Value:
        children: list[Any] = tree.children
        name = children[0] if isinstance(children[0], Token) else None
        operand = children[-1] if isinstance(children[-1], LarkTree) else None
        return ast.Value(
            self._whole(tree),
            None if name is None else self.word(name),
            None if operand is None else self.operand(operand.children[0]),
        )

    def operand(self, token: Any) -> ast.Number | ast.Expression:
        return self.number(token) if token.type == "NUMBER" else self.expression(token)

    def expression(self, token: Any) -> ast.Expression:
        """``{2*n}``, or a bare name."""
        span = self.span(token)
        if token.type != "EXPR":
            self._check_name(token)
            return ast.Expression(span, ast.Name(span, str(token)))
        try:
            return ast.Expression(span, read(span))
        except ExpressionError as error:
            self.diagnostics.append(error.diagnostic)
            return ast.Expression(span, None)

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
        children: list[Any] = tree.children
        times = _child(children, "times")
        inner = [c for c in children if not (isinstance(c, LarkTree) and c.data in ("times", "label"))]
        return ast.Group(
            self._whole(tree),
            self.steps(inner),
            self.times(times) if times is not None else None,
            _optional(children),
            self.label(children),
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
                return ast.Size(span, self._sizes(span))
            case "EXPR":
                return self.expression(item)
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
        if count.type != "NUMBER":
            return ast.Times(span, self.expression(count))
        number = self.number(count)
        return ast.Times(span, number.value if number.whole else 1, number.whole)  # type: ignore[arg-type]

    def _sizes(self, span: Span) -> tuple[int | ast.Expression, ...]:
        """The parts of a size; an `x` within braces joins nothing."""
        parts: list[int | ast.Expression] = []
        for match in re.finditer(r"[0-9]+|\{[^{}]*\}", span.text):
            place = self.source.span(span.start + match.start(), span.start + match.end())
            if match[0][0] == "{":
                parts.append(self.expression(Token("EXPR", match[0], start_pos=place.start)))
            else:
                parts.append(self._integer(match[0], place if len(match[0]) > LONGEST_NUMBER else span))
        return tuple(parts)

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
        leaves = [token for token in _leaves(tree) if self._written(token)]
        start = min(t.start_pos or 0 for t in leaves)
        return self.source.span(start, max((t.start_pos or 0) + len(t) for t in leaves))
