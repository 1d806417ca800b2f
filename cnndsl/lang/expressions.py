"""Expressions on whole numbers, as in ``CONV {k}x{k} *{2*n}``: read, and worked out.

sum     : product (("+" | "-") product)*
product : factor (("*" | "/") factor)*
factor  : NUMBER | NAME | "-" factor | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cnndsl.diagnostics import Diagnostic
from cnndsl.lang import ast
from cnndsl.source import Span

DEEPEST = 50
LARGEST = 10**18
"""Bound of every value on the way; far above what any argument may be."""
MOST_WORDS = 200

_WORD = re.compile(r"[ \t]*(?:(?P<number>[0-9]+)|(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<sign>[-+*/()])|(?P<other>.))")


class ExpressionError(Exception):
    """An expression that cannot be read or has no value; `diagnostic` says why."""

    def __init__(self, diagnostic: Diagnostic):
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def read(span: Span) -> ast.Operand:
    """The expression in ``{…}``. Raises ExpressionError: E116 where it cannot be read, E108, E111."""
    return _Reader(span).whole()


def evaluate(root: ast.Operand, values: Mapping[str, int]) -> int:
    """The value of an expression; every name in it has one. Raises ExpressionError (E217): a division that is not
    whole, or a value beyond all arguments."""
    match root:
        case ast.Constant(value=value):
            return value
        case ast.Name(text=text):
            return values[text]
        case ast.Operation(left=None, right=right):
            return -evaluate(right, values)
        case ast.Operation(sign=sign, left=left, right=right):
            assert left is not None
            a, b = evaluate(left, values), evaluate(right, values)
            if sign == "/":
                return _quotient(a, b, root.span)
            found = a + b if sign == "+" else a - b if sign == "-" else a * b
            if abs(found) > LARGEST:
                raise ExpressionError(Diagnostic("E217", "the value is larger than any argument may be", root.span))
            return found
    raise AssertionError(root)


def _quotient(a: int, b: int, span: Span) -> int:
    if b == 0:
        raise ExpressionError(Diagnostic("E217", "a division by 0", span, f"{a}/0"))
    if a % b:
        help = (f"{a - a % b}/{b} and {a - a % b + b}/{b} are whole",)
        raise ExpressionError(Diagnostic("E217", f"{a}/{b} is not whole", span, f"{a}/{b} = {a / b:.4g}", help=help))
    return a // b


def spelled(root: ast.Operand | None) -> str:
    """An expression as the formatter writes it, without spaces; parentheses only where they are needed."""
    match root:
        case ast.Constant(value=value):
            return str(value)
        case ast.Name(text=text):
            return text
        case ast.Operation(sign=sign, left=None, right=right):
            return f"-{_wrapped(right, 3)}"
        case ast.Operation(sign=sign, left=left, right=right):
            level = _level(root)
            return f"{_wrapped(left, level)}{sign}{_wrapped(right, level + 1)}"
    return ""


def _level(root: ast.Operand | None) -> int:
    if isinstance(root, ast.Operation):
        return 3 if root.left is None else 1 if root.sign in "+-" else 2
    return 4


def _wrapped(root: ast.Operand | None, level: int) -> str:
    text = spelled(root)
    return f"({text})" if _level(root) < level else text


class _Reader:
    def __init__(self, span: Span):
        self.source = span.source
        self.words: list[tuple[str, str, Span]] = []
        inside = span.text[1:-1]
        start = span.start + 1
        for match in _WORD.finditer(inside):
            kind = match.lastgroup or "other"
            where = self.source.span(start + match.start(kind), start + match.end(kind))
            if not match[kind].strip():
                continue
            self.words.append((kind, match[kind], where))
            if len(self.words) > MOST_WORDS:
                message = f"the expression has more than {MOST_WORDS:,} words"
                raise ExpressionError(Diagnostic("E111", message, span))
        self.end = self.source.span(span.end - 1, span.end)
        self.at = 0
        self.depth = 0

    def whole(self) -> ast.Operand:
        found = self.sum()
        if self.at < len(self.words):
            raise self._unexpected("`+`, `-`, `*`, `/` or `}`")
        return found

    def _sign(self, signs: str) -> str:
        """The next word if it is one of those signs, and takes it."""
        if self.at < len(self.words):
            kind, text, _ = self.words[self.at]
            if kind == "sign" and text in signs:
                self.at += 1
                return text
        return ""

    def sum(self) -> ast.Operand:
        self.depth += 1
        if self.depth > DEEPEST:
            where = self.words[min(self.at, len(self.words) - 1)][2]
            raise ExpressionError(Diagnostic("E108", f"an expression is more than {DEEPEST} levels deep", where))
        found = self.product()
        while sign := self._sign("+-"):
            found = _joined(sign, found, self.product())
        self.depth -= 1
        return found

    def product(self) -> ast.Operand:
        found = self.factor()
        while sign := self._sign("*/"):
            found = _joined(sign, found, self.factor())
        return found

    def factor(self) -> ast.Operand:
        if self.at >= len(self.words):
            raise self._unexpected("a number or a name")
        kind, text, span = self.words[self.at]
        self.at += 1
        if kind == "number":
            if len(text) > 10:
                message = f"the number has {len(text):,} characters, and 10 digits is the limit"
                raise ExpressionError(Diagnostic("E111", message, span))
            return ast.Constant(span, int(text))
        if kind == "name":
            return self._name(text, span)
        if text == "(":
            found = self.sum()
            if not self._sign(")"):
                raise self._unexpected("`)`")
            return found
        if text == "-":
            self.depth += 1
            if self.depth > DEEPEST:
                raise ExpressionError(Diagnostic("E108", f"an expression is more than {DEEPEST} levels deep", span))
            right = self.factor()
            self.depth -= 1
            return ast.Operation(span.to(right.span), "-", None, right)
        self.at -= 1
        raise self._unexpected("a number or a name")

    def _name(self, text: str, span: Span) -> ast.Name:
        if re.fullmatch(r"[A-Z]|[a-z][a-z0-9_]*", text) and len(text) <= 128:
            return ast.Name(span, text)
        message = f"`{text[:40]}` is no name: parameters are written in small letters, variables as one capital"
        raise ExpressionError(Diagnostic("E116", message, span))

    def _unexpected(self, wanted: str) -> ExpressionError:
        shown, span = ("`}`", self.end) if self.at >= len(self.words) else self.words[self.at][1:]
        found = shown if shown == "`}`" else f"`{shown}`"
        help = ("an expression in `{ }` has whole numbers, names, `+ - * /` and parentheses",)
        return ExpressionError(Diagnostic("E116", f"expected {wanted}, found {found}", span, help=help))


def _joined(sign: str, left: ast.Operand, right: ast.Operand) -> ast.Operation:
    return ast.Operation(left.span.to(right.span), sign, left, right)  # type: ignore[arg-type]
