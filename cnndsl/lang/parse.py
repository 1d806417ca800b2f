"""Text to tree. A mistake costs one step: reading goes on at the next separator, at the same depth.

The parser is fed token by token. Where a step begins, its state is remembered; when a token does not fit, the state
is taken back to there, the token BAD is fed in the step's place, and tokens are passed over up to the step's end.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from lark import Token, Tree
from lark.exceptions import UnexpectedToken

from cnndsl.diagnostics import CnnError, Diagnostic, Label
from cnndsl.lang import ast, complaints
from cnndsl.lang.grammar import parser
from cnndsl.lang.tree import build
from cnndsl.source import Source, Span

LARGEST_SOURCE = 1 << 20
DEEPEST_NESTING = 50
MOST_WORDS = 250_000
LONGEST_EXPRESSION = 2_000
"""Characters of an expression in braces."""
MOST_STEPS = 10_000
MOST_MESSAGES = 1_000
"""After so many mistakes the rest of a file is not read."""

_OPENERS = {"LSQB": "RSQB", "LPAR": "RPAR", "LBRACE": "RBRACE"}
_CLOSERS = {closer: opener for opener, closer in _OPENERS.items()}
_SEPARATORS = ("SEP", "ARROW")
_ACCEPTED: dict[tuple[int, ...], frozenset[str]] = {}
"""What may follow in a state of the one parser there is."""
MOST_STATES = 10_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_WORDS = ("train", "block", "use", "set")
"""Reserved words that something begins with."""
_TOP = ("TRAIN", "BLOCK", "USE")
"""What stands outside of all brackets: at the start of a line it closes everything."""


def tokens(source: Source) -> Iterator[Token]:
    """The tokens of a text. Every text has some: what the language does not have comes as JUNK or OTHER."""
    return parser().lex(source.text)


def parse(source: Source, layers: Collection[str] = ()) -> tuple[ast.Module | None, list[Diagnostic]]:
    """The tree of a text, and what is wrong with it. There is a tree also after mistakes, with Bad steps in it;
    None only where nothing can be read at all. `layers` are names to suggest."""
    if len(source.text) > LARGEST_SOURCE or len(source.text.encode("utf-8", "surrogatepass")) > LARGEST_SOURCE:
        message = f"the source has {len(source.text):,} characters, and 1 MiB is the limit"
        return None, [Diagnostic("E109", message, source.span(0, 0))]
    found = complaints.control_characters(source)
    reader = _Reader(source, found, layers)
    tree = reader.read()
    if tree is None:
        return None, reader.diagnostics
    module = replace(
        build(tree, source, reader.diagnostics),
        unclosed=frozenset(reader.unclosed),
        broken_blocks=frozenset(reader.broken_blocks),
    )
    reader.diagnostics.sort(key=lambda d: d.span.start if d.span else 0)
    return module, reader.diagnostics


@dataclass(slots=True)
class _Frame:
    """An open bracket (None: the file itself) and the parser's state where the current step begins. `entries` is
    whether it holds the lines of a train block, not steps."""

    opener: Token | None
    fresh: Any
    entries: bool = False
    before_separator: Any = None
    separator: Token | None = None


class _Reader:
    """Feeds tokens to the parser and keeps it going."""

    def __init__(self, source: Source, diagnostics: list[Diagnostic], layers: Collection[str]):
        self.source = source
        self.layers = layers
        self.unclosed: set[int] = set()
        self.broken_blocks: set[str] = set()
        self.block_name: str | None = None
        """The name of the definition that the current step is, as far as it was read."""
        self.listing: Token | None = None
        """The `(` of a list of values that is open."""
        self.swallowed = ""
        """Text of strings that are not closed."""
        self.first: Token | None = None
        """The token that began the current step."""
        self.passed = 0
        """Up to here the text was taken in as one token."""
        self.after_bare_train = False
        self.diagnostics = diagnostics
        self.reported = {d.span.start for d in diagnostics if d.span}
        self.parser: Any = parser().parse_interactive()
        self.frames = [_Frame(None, self._copy())]
        self.at_fresh = True
        self.skipping = False
        self.after_stray = False
        self.junk: list[str] = []
        self.steps = 0

    def _copy(self) -> Any:
        return self.parser.copy(deepcopy_values=False)

    def _accepts(self) -> frozenset[str]:
        """The tokens that may follow. They depend on the parser's states alone, and finding them takes long."""
        states = tuple(self.parser.parser_state.state_stack)
        found = _ACCEPTED.get(states)
        if found is None:
            if len(_ACCEPTED) >= MOST_STATES:
                _ACCEPTED.clear()
            found = _ACCEPTED[states] = frozenset(self.parser.accepts())
        return found

    def _span(self, token: Token) -> Span:
        start = token.start_pos or 0
        return self.source.span(start, start + len(token))

    def read(self) -> Tree[Any] | None:
        previous: Token | None = None
        for count, token in enumerate(tokens(self.source)):
            if (token.start_pos or 0) < self.passed:
                continue
            if token.type in _OPENERS and len(self.frames) + len(self.junk) > DEEPEST_NESTING:
                message = f"brackets stand {DEEPEST_NESTING + 1} levels deep, and {DEEPEST_NESTING} are allowed"
                self.diagnostics.append(Diagnostic("E108", message, self._span(token)))
                return None
            if len(self.diagnostics) >= MOST_MESSAGES:
                return None
            if self.steps > MOST_STEPS or count > MOST_WORDS:
                what = f"{MOST_STEPS:,} steps" if self.steps > MOST_STEPS else f"{MOST_WORDS:,} words"
                message = f"the file has more than {what}"
                self.diagnostics.append(Diagnostic("E110", message, self._span(token)))
                return None
            if token.type == "LBRACE" and not self.skipping:
                token = self._expression(token)
                if len(token) > LONGEST_EXPRESSION:
                    message = f"the expression has {len(token):,} characters, and {LONGEST_EXPRESSION:,} is the limit"
                    self.diagnostics.append(Diagnostic("E111", message, self._span(token)))
                    return None
            self._token(token, previous)
            previous = token
        return self._end()

    def _expression(self, token: Token) -> Token:
        """The `{…}` that begins here, as one token, where an argument may stand; else the bracket itself."""
        if "EXPR" not in self._accepts():
            return token
        start = token.start_pos or 0
        line_end = self.source.text.find("\n", start)
        end = self.source.text.find("}", start, line_end if line_end >= 0 else len(self.source.text))
        if end < 0:
            return token
        self.passed = end + 1
        return Token("EXPR", self.source.text[start : end + 1], start_pos=start)

    def _token(self, token: Token, previous: Token | None) -> None:
        if self._is_reserved_in_capitals(token):
            self._report(complaints.reserved_word(token, self.source))
            token = Token.new_borrow_pos(token.upper(), token.lower(), token)
        at_line_start = previous is not None and previous.type in _SEPARATORS and "\n" in previous
        if token.type == "OPEN_STRING":
            self.swallowed += token
        if token.type in _TOP and at_line_start and (len(self.frames) > 1 or self.listing):
            self._close_all(f"before this `{token}`")
        if self.skipping and not self._ends_skip(token):
            return
        if self.frames[-1].entries and token.type in ("LAYER", "VARIABLE", "JUNK") and _NAME.fullmatch(token):
            # `optimizer SGD`: no layer stands here, so the word goes on to where its nearest is known
            token = Token.new_borrow_pos("WORD", str(token), token)
        if self.after_stray and token.type not in (*_SEPARATORS, *_CLOSERS, "VBAR"):
            # what stands behind a bracket that closes nothing belongs to something that is not there
            self._recover(token)
            self.after_stray = False
            return
        if self.listing is not None:
            self._in_list(token, previous)
        elif token.type in _CLOSERS or token.type == "VBAR":
            self._closer(token)
        elif token.type in _SEPARATORS:
            self._separator(token)
        else:
            self._feed_or_recover(token)
            if token.type in _OPENERS and not self.skipping:
                self._open(token)

    def _is_reserved_in_capitals(self, token: Token) -> bool:
        """Whether a token is `TRAIN` or `Block` where a step begins: what follows is read as what was meant."""
        begins = self.at_fresh and not self.skipping and self.listing is None and not self.frames[-1].entries
        return begins and token.type in ("LAYER", "JUNK") and token.lower() in _WORDS and token not in self.layers

    def _open(self, token: Token) -> None:
        """Goes into a bracket that was just fed: steps, entries of a train block, or a list of values."""
        accepts = self._accepts()
        if token.type == "LPAR" and "LAYER" not in accepts:
            self.listing = token
            return
        self.frames.append(_Frame(token, self._copy(), entries="LAYER" not in accepts))
        self.at_fresh = True
        self.block_name = None

    def _in_list(self, token: Token, previous: Token | None) -> None:
        """A token between the parentheses of a block's use or definition, where line ends are space."""
        assert self.listing is not None
        if token.type in _SEPARATORS:
            if "SEP" in self._accepts():
                self.parser.feed_token(Token.new_borrow_pos("SEP", str(token), token))
            if any(sign in complaints.without_comments(token) for sign in (";", "->")):
                self._report(complaints.separator_in_list(token, self.source))
                if "COMMA" in self._accepts():
                    self.parser.feed_token(Token.new_borrow_pos("COMMA", ",", token))
            return
        try:
            self.parser.feed_token(token)
            if token.type == "RPAR":
                self.listing = None
        except UnexpectedToken:
            opener, self.listing = self.listing, None
            at_line_start = previous is not None and previous.type in _SEPARATORS and "\n" in previous
            if at_line_start and token.type not in ("NUMBER", "EXPR"):
                assert opener is not None
                self._unclosed(opener, "")
                self._recover(token)
                self.skipping = False
                self._begin_step(Token.new_borrow_pos("SEP", "\n", token))
                self._token(token, previous)
                return
            self._report(complaints.in_list(token, self._accepts(), self.source))
            self._recover(token)
            if token.type != "RPAR":
                self.junk.append(token.type if token.type in _OPENERS else "LPAR")

    def _ends_skip(self, token: Token) -> bool:
        """Whether the step that is being passed over ends before this token."""
        if token.type in _OPENERS:
            self.junk.append(token.type)
            return False
        if self.junk == ["LPAR"] and token.type in _SEPARATORS and "\n" in token:
            self.junk.clear()  # most lists of values end on their line
        if self.junk:
            if token.type in _CLOSERS and self.junk[-1] == _CLOSERS[token.type]:
                self.junk.pop()
            return False
        opener = self.frames[-1].opener
        ends = (
            token.type in _SEPARATORS
            or token.type in _CLOSERS
            or (token.type == "VBAR" and opener is not None and opener.type == "LPAR")
        )
        self.skipping = not ends
        return ends

    def _feed_or_recover(self, token: Token) -> None:
        if token.type == "GLUE" and "GLUE" not in self._accepts():
            return
        try:
            self.parser.feed_token(token)
            if self.at_fresh:
                self.steps += 1
                self.first = token
                self.block_name = "" if token.type == "BLOCK" else None
            elif self.block_name == "" and token.type == "WORD":
                self.block_name = str(token)
            self.at_fresh = False
        except UnexpectedToken:
            if self._missing_separator(token) or self._trailing_word(token):
                return
            if not self.after_stray:
                self._complain(token)
            expression = token.type == "LBRACE" and "EXPR" in self._accepts()
            self._recover(token)
            if token.type in _OPENERS and not expression:
                self.junk.append(token.type)

    def _complain(self, token: Token) -> None:
        """Reports a token that does not fit. The lines of a train block whose `{` is missing are passed over: they
        begin with words, and there is a message already."""
        accepts = self._accepts()
        lone_word = accepts <= {"LPAR", "GLUE"} and self.first is not None and self.first.type == "WORD"
        self.after_bare_train = self.after_bare_train and lone_word
        if not self.after_bare_train:
            self._report(self._complaint(token, accepts, lone_word))

    def _complaint(self, token: Token, accepts: AbstractSet[str], lone_word: bool) -> Diagnostic:
        """What is wrong with a token that does not fit, or with the word before it."""
        opener = self.frames[-1].opener
        if lone_word and self.first is not None:
            said = complaints.word_as_step(self.first, self.source, self.layers)
            if opener is not None and opener.type == "LPAR":
                said = complaints.argument_in_parentheses(said, self.first, self.layers)
            return said
        said = complaints.unexpected(token, accepts, self.source, fresh=self.at_fresh, layers=self.layers)
        opener = self.frames[-1].opener
        if self.at_fresh and token.type in ("SIZE", "NUMBER") and opener is not None and opener.type == "LPAR":
            return complaints.argument_in_parentheses(said, token, self.layers)
        return said

    def _missing_separator(self, token: Token) -> bool:
        """A layer's name in the middle of a step: the separator is missing, and both steps can be read."""
        if token.type != "LAYER" or self.at_fresh or "SEP" not in self._accepts():
            return False
        if not self.after_stray:
            self._report(complaints.missing_separator(token, self.source))
        self._begin_step(Token.new_borrow_pos("SEP", "\n", token))
        self._feed_or_recover(token)
        return True

    def _trailing_word(self, token: Token) -> bool:
        """`relu` behind branches or a group, which are whole without it."""
        accepts = self._accepts()
        if token.type != "WORD" or token.upper() not in self.layers or "SEP" not in accepts or "WORD" in accepts:
            return False
        self._report(complaints.trailing_word(token, self.source))
        self.skipping = True
        return True

    def _report(self, diagnostic: Diagnostic) -> None:
        """One message a place: what was said of a character is not said again of its step."""
        start = diagnostic.span.start if diagnostic.span else -1
        if start not in self.reported:
            self.reported.add(start)
            self.diagnostics.append(diagnostic)

    def _recover(self, token: Token) -> None:
        """Takes the current step back and puts BAD in its place."""
        if self.block_name:
            self.broken_blocks.add(self.block_name)
        self.block_name = None
        self.parser = self.frames[-1].fresh.copy(deepcopy_values=False)
        self.parser.feed_token(Token.new_borrow_pos("BAD", str(token), token))
        self.at_fresh = False
        self.skipping = True

    def _begin_step(self, separator: Token) -> None:
        frame = self.frames[-1]
        before = self._copy()
        self.parser.feed_token(separator)
        self.after_stray = False
        frame.before_separator, frame.separator, frame.fresh = before, separator, self._copy()
        self.at_fresh = True

    def _separator(self, token: Token) -> None:
        self.after_stray = False
        frame = self.frames[-1]
        arrow = token.type == "ARROW"
        if arrow and frame.entries:
            self._report(complaints.arrow_between_entries(token, self.source))
            token, arrow = Token.new_borrow_pos("SEP", str(token), token), False
        if not self.at_fresh:
            accepts = self._accepts()
            if token.type not in accepts:
                self._complain(token)
                if "LBRACE" in accepts and accepts <= {"LBRACE", "GLUE"}:
                    self.after_bare_train = True
                self._recover(token)
                self.skipping = False
            self._begin_step(token)
        elif arrow:
            self._report(complaints.stray_arrow(token, self.source))
        elif frame.separator is None:
            self._begin_step(token)

    def _closer(self, token: Token) -> None:
        """`]`, `)`, `}` or `|`: closes the innermost bracket, or tells which one is missing."""
        wanted = "LPAR" if token.type == "VBAR" else _CLOSERS[token.type]
        openers = [frame.opener.type for frame in self.frames if frame.opener is not None]
        if wanted not in openers:
            self._report(complaints.closes_nothing(token, self.source))
            self.after_stray = True
            return
        while self.frames[-1].opener is not None and self.frames[-1].opener.type != wanted:
            self._unclosed(self.frames[-1].opener, f"before this `{token}`")
            self._close(self.frames[-1].opener)
        self._finish_list(token)
        if token.type == "VBAR":
            self.parser.feed_token(token)
            frame = self.frames[-1]
            frame.fresh, frame.separator = self._copy(), None
            self.at_fresh = True
        else:
            self.frames.pop()
            try:
                self.parser.feed_token(token)
            except UnexpectedToken:
                self._report(complaints.unexpected(token, self._accepts(), self.source, fresh=False))
                self._recover(token)
            self.at_fresh = False

    def _finish_list(self, token: Token) -> None:
        """Makes the list of steps complete before its end: no trailing arrow, not empty, no half step."""
        frame = self.frames[-1]
        if self.at_fresh and frame.separator is not None and frame.separator.type == "ARROW":
            self._report(complaints.stray_arrow(frame.separator, self.source))
            self.parser = frame.before_separator
        elif self.at_fresh and token.type not in self._accepts():
            self._report(complaints.empty(token, frame.opener, self.source))
            self._recover(token)
        elif token.type not in self._accepts():
            self._complain(token)
            self._recover(token)
        self.skipping = False

    def _unclosed(self, opener: Token, before: str, others: tuple[Token, ...] = ()) -> None:
        related = tuple(Label(self._span(other), "not closed either") for other in others)
        message = f"`{opener}` is never closed" + (f" {before}" if before else "")
        closer = {"[": "]", "(": ")", "{": "}"}[str(opener)]
        if closer in self.swallowed:
            return  # a string that is not closed took it in, and that was said
        help = (f"add `{closer}` where it ends",)
        self._report(Diagnostic("E105", message, self._span(opener), "opened here", related, help=help))

    def _close(self, opener: Token) -> None:
        """Closes the innermost bracket in the place of its author."""
        self.junk.clear()
        self.unclosed.add(opener.start_pos or 0)
        closer = _OPENERS[opener.type]
        made = Token(closer, {"RSQB": "]", "RPAR": ")", "RBRACE": "}"}[closer], start_pos=len(self.source.text))
        silent, self.diagnostics = self.diagnostics, []
        reported = set(self.reported)
        self._finish_list(made)
        self.diagnostics, self.reported = silent, reported
        self.frames.pop()
        self.parser.feed_token(made)
        self.at_fresh = False

    def _close_all(self, before: str) -> None:
        """One message for everything that is open; then each is closed, so that what stood inside is still read."""
        openers = [frame.opener for frame in self.frames if frame.opener is not None]
        if self.listing is not None:
            self._unclosed(self.listing, before, tuple(openers))
            self.listing = None
            self._recover(Token("BAD", "", start_pos=len(self.source.text)))
        elif openers:
            self._unclosed(openers[-1], before, tuple(openers[:-1]))
        for opener in reversed(openers):
            self._close(opener)
        self.skipping = False
        self._begin_step(Token("SEP", "\n", start_pos=len(self.source.text)))

    def _end(self) -> Tree[Any] | None:
        end = self.source.end.start
        if len(self.frames) > 1 or self.listing is not None:
            if not self.skipping and self.listing is None:
                self._half_step(end)
            self._close_all("")
        eof = Token("$END", "", start_pos=end)
        if self.steps == 0 and not self.diagnostics and self.at_fresh:
            self.diagnostics.append(complaints.empty_file(self.source))
            return None
        self._finish_list(eof)
        tree: Tree[Any] = self.parser.feed_eof(Token.new_borrow_pos("$END", "", eof))
        return tree

    def _half_step(self, end: int) -> None:
        """A step that the end of the file cuts off inside a bracket is reported by itself."""
        if not self.at_fresh and not self._accepts() & {"RSQB", "RPAR", "RBRACE"}:
            token = Token("$END", "", start_pos=end)
            self._report(complaints.unexpected(token, self._accepts(), self.source, fresh=False))
            self._recover(token)


def read_source(name: str, data: bytes) -> Source:
    """A source from the bytes of a file: UTF-8, one leading byte order mark dropped. Raises CnnError: E102 on another
    encoding, E109 on more than LARGEST_SOURCE bytes."""
    if len(data) > LARGEST_SOURCE + len(codecs.BOM_UTF8):
        raise CnnError(Diagnostic("E109", f"{name} has more than 1 MiB, which is the limit"))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = f"{name} is UTF-16, and a .cnn file is UTF-8"
        raise CnnError(Diagnostic("E102", message, help=("save it as UTF-8 in your editor",)))
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        start = Source(name, data[: error.start].decode("utf-8-sig", "replace"))
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start} begins no character"
        span = start.span(len(start.text), len(start.text))
        raise CnnError(Diagnostic("E102", message, span, help=("save it as UTF-8 in your editor",))) from None
