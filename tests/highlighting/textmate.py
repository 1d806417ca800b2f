"""As much of a TextMate engine as grammars/cnn.tmLanguage.json asks for: match, begin and end, captures without
patterns of their own, includes of the repository. Line by line, each with its line end, as editors do it.

VS Code's own engine, which decides, runs where there is node: tests/tools/textmate.cjs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import onigurumacffi

Rule = Mapping[str, Any]


@cache
def _compiled(patterns: tuple[str, ...]) -> Any:
    return onigurumacffi.compile_regset(*patterns)


class Engine:
    """Scopes of every character."""

    def __init__(self, grammar: Rule):
        self.grammar = grammar

    def scopes(self, text: str) -> list[list[str]]:
        """For each character its scopes, the outermost first."""
        self.open: list[Rule] = []
        found: list[list[str]] = []
        for number, line in enumerate(_lines(text)):
            self.painted: list[list[str]] = [[] for _ in line]
            self._line(line, first=number == 0)
            found += self.painted
        return found

    def _line(self, line: str, first: bool) -> None:
        at, opened_here = 0, {}  # the place at which a rule was opened, to see that it gets on
        while True:
            top = self.open[-1] if self.open else None
            rules = list(self._flat(self.grammar["patterns"] if top is None else top["patterns"]))
            sources = [rule.get("match", rule.get("begin")) for rule in rules]
            ends = () if top is None else (top["end"],)
            known = tuple(source if first else source.replace(r"\A", r"(?!)") for source in (*ends, *sources))
            index, match = _compiled(known).search(line, at)
            if match is None:
                self._paint(at, len(line), self._inside())
                return
            start, end = match.span()
            self._paint(at, start, self._inside())
            if index < len(ends):
                assert top is not None
                assert end > opened_here.get(len(self.open), -1), "a region of no width"
                self._token(match, self._inside(), top.get("endCaptures", {}))
                self.open.pop()
            else:
                rule = rules[index - len(ends)]
                if "begin" in rule:
                    self.open.append(rule)
                    opened_here[len(self.open)] = start
                    self._token(match, self._inside(), rule.get("beginCaptures", {}))
                else:
                    name = [rule["name"]] if "name" in rule else []
                    self._token(match, [*self._inside(), *name], rule.get("captures", {}))
            at = end

    def _flat(self, patterns: Sequence[Rule]) -> Iterator[Rule]:
        """The rules that may match here: includes, and rules that are only lists, written out."""
        for rule in patterns:
            if "include" in rule:
                yield from self._flat([self.grammar["repository"][rule["include"].removeprefix("#")]])
            elif "match" in rule or "begin" in rule:
                yield rule
            else:
                yield from self._flat(rule["patterns"])

    def _inside(self) -> list[str]:
        return [self.grammar["scopeName"], *(rule["name"] for rule in self.open if "name" in rule)]

    def _paint(self, start: int, end: int, scopes: list[str]) -> None:
        for at in range(start, end):
            self.painted[at] = scopes

    def _token(self, match: Any, scopes: list[str], captures: Mapping[str, Rule]) -> None:
        self._paint(*match.span(), scopes)
        for number, capture in sorted(captures.items()):
            if match.group(int(number)) is not None:
                for at in range(*match.span(int(number))):
                    self.painted[at] = [*self.painted[at], capture["name"]]


def _lines(text: str) -> list[str]:
    """Lines with their ends, which are line feeds only."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [text.split("\n")[-1]] * (not text.endswith("\n"))
