"""Values into arguments: what remains has numbers where expressions stood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cnndsl.diagnostics import Diagnostic
from cnndsl.diagnostics.model import suggested
from cnndsl.lang import ast
from cnndsl.lang.expressions import ExpressionError, evaluate
from cnndsl.source import Span

Values = Mapping[str, int | None]
"""What names stand for: parameters of the block at hand, and pattern variables that were bound. None is a value that
is not known: of a block that nothing uses."""
Say = Callable[[Diagnostic], None]


def resolve(args: Iterable[ast.Arg], values: Values, say: Say) -> tuple[ast.Arg, ...]:
    """The arguments with numbers in the place of expressions, and Open where a value is not known."""
    return tuple(_argument(arg, values, say) for arg in args)


def _argument(arg: ast.Arg, values: Values, say: Say) -> ast.Arg:
    match arg:
        case ast.Expression():
            found = value(arg, values, say)
            return ast.Number(arg.span, found, True) if isinstance(found, int) else ast.Open(arg.span, found)
        case ast.Times(count=ast.Expression() as count):
            found = value(count, values, say)
            return ast.Times(arg.span, found) if isinstance(found, int) else ast.Open(arg.span, found, times=True)
        case ast.Size():
            return _size(arg, values, say)
        case _:
            return arg


def _size(size: ast.Size, values: Values, say: Say) -> ast.Arg:
    numbers: list[int] = []
    waiting: list[str] = []
    known = True
    for part in size.numbers:
        found = value(part, values, say) if isinstance(part, ast.Expression) else part
        if isinstance(found, int):
            numbers.append(found)
        else:
            known = False
            waiting += found
    return ast.Size(size.span, tuple(numbers)) if known else ast.Open(size.span, tuple(dict.fromkeys(waiting)))


def value(expression: ast.Expression, values: Values, say: Say) -> int | tuple[str, ...]:
    """The value of an expression, or the pattern variables that it waits for. Says E216 and E217."""
    if expression.root is None:
        return ()
    waiting: dict[str, None] = {}
    known = True
    for name in ast.names(expression.root):
        if values.get(name.text) is not None:
            continue
        known = False
        if name.is_variable:
            waiting[name.text] = None
        elif name.text not in values:
            say(_unknown(name, values))
    if not known:
        return tuple(waiting)
    try:
        return evaluate(expression.root, {name: v for name, v in values.items() if v is not None})
    except ExpressionError as error:
        say(error.diagnostic)
        return ()


def _unknown(name: ast.Name, values: Values) -> Diagnostic:
    parameters = [v for v in values if v[0].islower()]
    span: Span = name.span
    fixes = suggested(span, name.text, parameters)
    message = f"there is no parameter `{name.text}`"
    if fixes:
        return Diagnostic("E216", message, span, "unknown", fixes=fixes)
    if parameters:
        return Diagnostic("E216", message, span, "unknown", help=(f"parameters here: {', '.join(parameters)}",))
    help = ("write a number; only a block has parameters: `block name(n) { … }`",)
    return Diagnostic("E216", message, span, "a number is expected here", help=help)
