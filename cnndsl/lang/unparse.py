"""Tree to text: the formatter. It changes white space only, so that what was written stays as it was written.

One space between arguments; two spaces of indent for each open bracket; `|` under the `(` it belongs to; comments and
single blank lines kept; keys of a train block in one column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeVar

from cnndsl.lang import ast
from cnndsl.lang.expressions import spelled
from cnndsl.lang.lower import Choices
from cnndsl.source import Source, Span


def unparse(module: ast.Module) -> str:
    """The text of a tree without Bad steps, in canonical form: parsing it gives the same tree, formatting it again
    the same text."""
    printer = _Printer()
    for index, item in enumerate(module.items):
        printer.separator(module.separators[index], 0, first=index == 0)
        if isinstance(item, ast.Train):
            printer.train(item)
        elif isinstance(item, ast.Block):
            printer.block(item)
        elif isinstance(item, ast.Use):
            printer.write(f'use "{item.path.value}"')
        else:
            printer.step(item)
    printer.end(module.separators[-1])
    return printer.text()


def specialize(module: ast.Module, choices: Choices) -> ast.Module:
    """The tree with the user's choices written into it: values for variables, a size for INPUT, `?` decided."""
    items: list[ast.Item] = []
    separators = [module.separators[0]]
    index = 0
    for item, separator in zip(module.items, module.separators[1:], strict=True):
        if isinstance(item, ast.Block):
            item = replace(item, steps=_filled(_specialize(item.steps, choices)))
        elif not isinstance(item, ast.Train | ast.Use):
            kept = _specialize(ast.Steps((item,), ("", "")), choices).items
            if not kept:
                continue
            item = kept[0]
            if index == 0 and not isinstance(item, ast.Set) and choices.input is not None:
                item, extra = _with_input(item, choices.input)
                if extra is not None:
                    items.append(extra)
                    separators.append("\n")
            index += not isinstance(item, ast.Set)
        items.append(item)
        separators.append(separator)
    return replace(module, items=tuple(items), separators=tuple(separators))


def _left_out(step: ast.Step, choices: Choices) -> bool:
    return choices.drop_optional and isinstance(step, ast.Layer | ast.Group | ast.Call) and step.optional


def _specialize(steps: ast.Steps, choices: Choices) -> ast.Steps:
    items: list[ast.Step] = []
    separators = [steps.separators[0]]
    for step, separator in zip(steps.items, steps.separators[1:], strict=True):
        if _left_out(step, choices):
            continue
        if isinstance(step, ast.Group):
            times = _times(step.times, choices) if step.times else None
            inner = _specialize(step.steps, choices)
            if not inner.items and step.label is None:
                continue
            step = replace(step, steps=_filled(inner), times=times, optional=False)
        elif isinstance(step, ast.Layer):
            args = tuple(_argument(a, choices) for a in step.args)
            branches = None if step.branches is None else tuple(_branch(b, choices) for b in step.branches)
            step = replace(step, args=args, branches=branches, optional=False)
        elif isinstance(step, ast.Call):
            values = tuple(replace(v, value=_expression(v.value, choices)) for v in step.values)
            step = replace(step, values=replace(step.values, items=values), optional=False)
        elif isinstance(step, ast.Set):
            step = replace(step, args=tuple(_argument(a, choices) for a in step.args))
        items.append(step)
        separators.append(separator)
    return ast.Steps(tuple(items), tuple(separators))


def _filled(steps: ast.Steps) -> ast.Steps:
    """A list that is left without steps where there must be one gets one that changes nothing."""
    return steps if steps.items else ast.Steps((ast.Set(_keyword("set CONV"), _keyword("CONV"), ()),), ("", ""))


def _branch(branch: ast.Steps, choices: Choices) -> ast.Steps:
    """A branch that is left without steps is the empty one."""
    found = _specialize(branch, choices)
    if found.items:
        return found
    span = branch.items[0].span
    return ast.Steps((ast.Layer(span, _keyword("ID"), (), None, False),), ("", ""))


def _argument(arg: ast.Arg, choices: Choices) -> ast.Arg:
    match arg:
        case ast.Times():
            return _times(arg, choices)
        case ast.Size():
            numbers = tuple(_part(n, choices) for n in arg.numbers)
            return replace(arg, numbers=numbers)
        case ast.Expression():
            return _expression(arg, choices)
        case _:
            return arg


def _part(part: int | ast.Expression, choices: Choices) -> int | ast.Expression:
    return part if isinstance(part, int) else _expression(part, choices)


def _times(times: ast.Times, choices: Choices) -> ast.Times:
    count = times.count
    if not isinstance(count, ast.Expression):
        return times
    if isinstance(count.root, ast.Name) and count.root.text in choices.variables:
        return replace(times, count=choices.variables[count.root.text])
    return replace(times, count=_expression(count, choices))


_Item = TypeVar("_Item", bound="ast.Number | ast.Expression | None")


def _expression(item: _Item, choices: Choices) -> _Item:
    """An expression with the values of variables in the place of their names."""
    if not isinstance(item, ast.Expression):
        return item
    root = _bound(item.root, choices)
    span = item.span if not isinstance(root, ast.Constant) else Source("", f"{{{root.value}}}").span(0, 0)
    return replace(item, root=root, span=span)


def _bound(root: ast.Operand | None, choices: Choices) -> ast.Operand | None:
    match root:
        case ast.Name(text=text) if text in choices.variables:
            return ast.Constant(root.span, choices.variables[text])
        case ast.Operation():
            right = _bound(root.right, choices)
            assert right is not None
            return replace(root, left=_bound(root.left, choices), right=right)
        case _:
            return root


def _with_input(step: ast.Step, size: tuple[int, int, int]) -> tuple[ast.Step, ast.Step | None]:
    """The first step with INPUT's size in it, and an INPUT to stand before it where there was none."""
    if isinstance(step, ast.Layer) and step.keyword == "INPUT":
        return replace(step, args=(ast.Size(step.name, size),)), None
    place = ast.Word(step.span, "INPUT")
    return step, ast.Layer(step.span, _keyword("INPUT"), (ast.Size(place.span, size),), None, False)


def _keyword(text: str) -> Span:
    return Source("", text).span(0, len(text))


def argument(arg: ast.Arg) -> str:
    """One argument as text."""
    match arg:
        case ast.Times():
            if isinstance(arg.count, ast.Expression):
                return "*" + expression(arg.count)
            return f"*{arg.count}" if arg.whole else "*" + arg.span.text.lstrip("* \t")
        case ast.Size():
            return "x".join(expression(n) if isinstance(n, ast.Expression) else str(n) for n in arg.numbers)
        case ast.Expression():
            return expression(arg)
        case ast.Text():
            return f'"{arg.value}"'
        case ast.Word():
            return arg.text
        case ast.Number() | ast.Open():
            return arg.span.text


def _value(item: ast.Value) -> str:
    """``64``, ``q=2``, ``n``."""
    name = item.name.text if item.name is not None else ""
    match item.value:
        case ast.Number() as number:
            text = number.span.text
        case ast.Expression() as found:
            text = expression(found)
        case _:
            return name
    return f"{name}={text}" if name else text


def expression(item: ast.Expression) -> str:
    """A bare name, or ``{2*n}``."""
    if item.span.text[:1] != "{" and isinstance(item.root, ast.Name):
        return item.root.text
    return f"{{{spelled(item.root)}}}"


_LINE_END = re.compile(r"\r?\n")


@dataclass(slots=True)
class _Separator:
    """A separator's parts: comment behind the step, whole lines (comments, or "" for a blank one), and how steps are
    joined: ``;``, ``->`` or a line end; `arrow_leads` is whether the arrow stands at the start of the next line."""

    trailing: str
    lines: list[str]
    breaks: bool
    arrow: bool
    arrow_leads: bool


def _parse_separator(raw: str) -> _Separator:
    parts = _LINE_END.split(raw)
    arrow = arrow_leads = False
    comments: list[str] = []
    for number, part in enumerate(parts):
        code, mark, comment = part.partition("#")
        if "->" in code:
            arrow, arrow_leads = True, number > 0
        comments.append(("# " + comment.strip()).rstrip() if mark else "")
    inner = comments[1:-1] if len(parts) > 1 else []
    last = comments[-1] if len(parts) > 1 else ""
    lines: list[str] = []
    for line in [*inner, *([last] if last else [])]:
        if line or (lines[-1:] != [""]):
            lines.append(line)
    return _Separator(comments[0], lines, len(parts) > 1, arrow, arrow_leads)


class _Printer:
    def __init__(self) -> None:
        self.lines: list[str] = [""]

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n") + "\n"

    def write(self, text: str) -> None:
        self.lines[-1] += text

    @property
    def column(self) -> int:
        return len(self.lines[-1])

    @property
    def indent(self) -> int:
        line = self.lines[-1]
        return len(line) - len(line.lstrip(" "))

    def new_line(self, indent: int) -> None:
        self.lines.append(" " * indent)

    def separator(self, raw: str, indent: int, *, first: bool = False) -> None:
        """Between two steps; with `first`, before the first one of a file, where only comments are kept."""
        parts = _parse_separator(raw)
        if first:
            comments = [parts.trailing, *parts.lines]
            while comments and not comments[0]:
                comments.pop(0)
            self.lines = [*comments, ""] if comments else [""]
            return
        if not parts.breaks:
            self.write(" -> " if parts.arrow else "; ")
            return
        if parts.arrow and not parts.arrow_leads:
            self.write(" ->")
        self._comments(parts, indent)
        self.new_line(indent)
        if parts.arrow and parts.arrow_leads:
            self.write("-> ")

    def _comments(self, parts: _Separator, indent: int) -> None:
        if parts.trailing:
            self.write("  " + parts.trailing)
        for line in parts.lines:
            self.lines.append(" " * indent + line if line else "")

    def end(self, raw: str) -> None:
        """Behind the last step of a file."""
        self._comments(_parse_separator(raw), 0)

    def step(self, step: ast.Step) -> None:
        if isinstance(step, ast.Layer):
            self.write(" ".join([step.keyword, *(argument(a) for a in step.args)]))
            if step.branches is not None:
                self.glue(step.glue)
                self.branches(step.branches)
            self.suffix(step)
        elif isinstance(step, ast.Call):
            self.write(step.name.text)
            self.values(step.values)
            self.suffix(step)
        elif isinstance(step, ast.Set):
            self.write(" ".join(["set", step.keyword, *(argument(a) for a in step.args)]))
        elif isinstance(step, ast.Ref):
            self.write("@" + step.name)
        elif isinstance(step, ast.Group):
            start = self.indent
            self.write("[")
            self.list(step.steps, start + 2, start)
            self.write("]")
            if step.times is not None:
                self.write(argument(step.times))
            self.suffix(step)

    def suffix(self, step: ast.Layer | ast.Group | ast.Call) -> None:
        """What may stand behind a step: `?`, and its label."""
        self.write("?" if step.optional else "")
        if step.label is not None:
            self.write(f" as {step.label.text}")

    def values(self, values: ast.Values) -> None:
        """Values in parentheses: on one line, or one a line where comments stand between them."""
        self.glue(values.glue)
        shown = [_value(v) for v in values]
        if not any("#" in raw for raw in values.separators):
            self.write(f"({', '.join(shown)})")
            return
        indent = self.indent + 2
        self.write("(")
        for index, raw in enumerate(values.separators):
            for line in raw.split("\n"):
                code, mark, comment = line.partition("#")
                self.write("," if "," in code and index else "")
                if mark:
                    self.write(("  " if self.lines[-1].strip() else "") + f"# {comment.strip()}".rstrip())
                    self.new_line(indent)
            if index < len(shown):
                if self.lines[-1].strip():
                    self.new_line(indent)
                self.write(shown[index])
        if self.lines[-1].strip():
            self.new_line(indent - 2)
        else:
            self.lines[-1] = " " * (indent - 2)
        self.write(")")

    def block(self, block: ast.Block) -> None:
        self.write(f"block {block.name.text}")
        self.values(block.parameters)
        self.glue(block.glue)
        start = self.indent
        self.write("{" if self.lines[-1].isspace() or not self.lines[-1] else " {")
        self.list(block.steps, start + 2, start)
        self.write("}")

    def list(self, steps: ast.Steps, indent: int, closing: int) -> None:
        """Steps between brackets: on one line with spaces inside, or each line indented and the bracket below."""
        self.edge(steps.separators[0], indent)
        for index, step in enumerate(steps.items):
            if index:
                self.separator(steps.separators[index], indent)
            self.step(step)
        self.edge(steps.separators[-1], closing, comment_indent=indent)

    def edge(self, raw: str, indent: int, *, comment_indent: int | None = None) -> None:
        """Behind an opening bracket or before a closing one."""
        parts = _parse_separator(raw)
        if not parts.breaks:
            self.write(" ")
            return
        while parts.lines and not parts.lines[-1]:
            parts.lines.pop()
        while parts.lines and not parts.lines[0]:
            parts.lines.pop(0)
        self._comments(parts, indent if comment_indent is None else comment_indent)
        self.new_line(indent)

    def glue(self, raw: str) -> None:
        """Before an opening bracket: line ends go, comments stay, and the bracket then begins the next line."""
        parts = _parse_separator(raw)
        if parts.trailing or any(parts.lines):
            indent = self.indent
            self._comments(replace(parts, lines=[line for line in parts.lines if line]), indent)
            self.new_line(indent)

    def branches(self, branches: tuple[ast.Steps, ...]) -> None:
        bar = self.column
        self.write("(")
        for index, branch in enumerate(branches):
            if index:
                self.write("|")
            self.list(branch, bar + 2, bar)
        self.write(")")

    def train(self, train: ast.Train) -> None:
        inner = "\n" in "".join(train.separators)
        keys = [e.key.text for i, e in enumerate(train.entries) if isinstance(e, ast.Entry) and _leads(train, i)]
        width = max(map(len, keys), default=0) if inner else 0
        self.write("train")
        self.glue(train.glue)
        self.write("{" if self.lines[-1].isspace() or not self.lines[-1] else " {")
        for index, entry in enumerate(train.entries):
            if index:
                self.separator(train.separators[index], 2)
            else:
                self.edge(train.separators[0], 2)
            if isinstance(entry, ast.Entry):
                column = width if _leads(train, index) else 0
                self.write(" ".join([entry.key.text.ljust(column), *(argument(a) for a in entry.args)]))
        self.edge(train.separators[-1], 0, comment_indent=2)
        self.write("}")


def _leads(train: ast.Train, index: int) -> bool:
    """Whether an entry is the first on its line."""
    return "\n" in train.separators[index]
