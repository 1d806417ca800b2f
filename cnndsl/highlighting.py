"""`.cnn` files in colour, by Pygments: `pygmentize -l cnn FILE`, Sphinx, and whatever else asks Pygments.

Pygments finds the lexer by the entry point group `pygments.lexers`. It tells apart what grammars/cnn.tmLanguage.json
does; like that one it knows no layer by name, so that a plugin's layers look like ours. What no valid file contains is
an Error token, and every character of a text is in one token.
"""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, default, include, words
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

ACTIVATIONS = (
    *("elu", "gelu", "hsigmoid", "hswish", "leaky", "linear", "prelu", "relu", "relu6", "sigmoid", "silu"),
    *("softplus", "tanh"),
)
"""Words that stand for an activation where they trail a layer, and the one that undoes it."""

_END = r"(?![A-Za-z0-9_.])"
_RESERVED = rf"(?:as|block|set|train|use){_END}"
_WORD = rf"(?!{_RESERVED})[a-z][a-z0-9_]*{_END}"
_VARIABLE = rf"[A-Z]{_END}"
_LAYER = rf"[A-Z][A-Z0-9_]+{_END}"
_PART = r'(?:[0-9]+|\{[^{}#"\n]*\})'
_SIZE = rf"{_PART}(?:x{_PART}){{1,3}}(?![A-Za-z0-9_.{{])"
"""No argument has more than four parts; without a bound, text that is not one takes the square of its length."""
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029"
_CLOSES_ALL = (rf"^(?=[ \t]*(?:block|train|use){_END})", bygroups(), "#pop:1000")
"""`block`, `train` or `use` at the start of a line: whatever bracket is open was forgotten."""


class CnnLexer(RegexLexer):
    """Tokens of the .cnn language."""

    name = "cnndsl"
    aliases: ClassVar = ["cnn", "cnndsl"]
    filenames: ClassVar = ["*.cnn"]
    mimetypes: ClassVar = ["text/x-cnndsl"]

    tokens: ClassVar = {
        "root": [
            (r"\A\ufeff", Whitespace),
            include("steps"),
        ],
        "steps": [
            include("space"),
            include("string"),
            (
                rf"(block){_END}(?:([ \t]+)({_WORD}))?",
                bygroups(Keyword.Declaration, Whitespace, Name.Function),
                "block",
            ),
            (rf"train{_END}", Keyword, "train"),
            (rf"use{_END}", Keyword.Namespace),
            include("label"),
            (r";", Punctuation),
            (r"->", Operator),
            (r"\[", Punctuation, "group"),
            include("arguments"),
            (
                rf"({_LAYER})(?:([ \t]+)({_WORD})(?=[ \t]*\())?",
                bygroups(Name.Class, Whitespace, Name.Entity),
                "layer",
            ),
            (_WORD, Name.Function, "call"),
            include("illegal"),
        ],
        "group": [
            _CLOSES_ALL,
            (r"\]", Punctuation, "#pop"),
            include("steps"),
        ],
        "branches": [
            _CLOSES_ALL,
            (r"\)", Punctuation, "#pop"),
            (r"\|", Operator),
            include("steps"),
        ],
        # A layer goes to the end of its step. Its branches may begin on the next line: `steps` has them too.
        "layer": [
            (r"(?=[\];#|)}\r\n]|->)", bygroups(), "#pop"),
            include("space"),
            include("string"),
            include("label"),
            include("arguments"),
            (_LAYER, Name.Class),
            (words(ACTIVATIONS, suffix=_END), Name.Builtin),
            (_WORD, Name.Property),
            include("illegal"),
        ],
        "arguments": [
            (r"\(", Punctuation, "branches"),
            (r"\?", Operator),
            include("values"),
            (_VARIABLE, Name.Constant),
        ],
        "values": [
            (
                rf"(\*)([ \t]*)(?:([0-9]+{_END})|({_VARIABLE})|({_WORD}))?",
                bygroups(Operator, Whitespace, Number.Integer, Name.Constant, Name.Variable),
            ),
            (rf"(?={_SIZE})", bygroups(), "size"),
            include("number"),
            include("expression"),
        ],
        "number": [
            (rf"-?[0-9]+{_END}", Number.Integer),
            (rf"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?{_END}", Number.Float),
        ],
        "size": [
            (r"[0-9x]+", Number),
            include("expression"),
            default("#pop"),
        ],
        "label": [
            (rf"(as)({_END}[ \t]+)({_WORD})", bygroups(Keyword, Whitespace, Name.Label)),
            (rf"@[a-z][a-z0-9_]*{_END}", Name.Label),
            (_RESERVED, Keyword),
        ],
        "block": [
            include("space"),
            (r"\(", Punctuation, "list"),
            (r"\{", Punctuation, ("#pop", "body")),
            default("#pop"),
        ],
        "body": [
            _CLOSES_ALL,
            (r"\}", Punctuation, "#pop"),
            include("steps"),
        ],
        "call": [
            include("space"),
            (r"\(", Punctuation, ("#pop", "list")),
            default("#pop"),
        ],
        "list": [
            _CLOSES_ALL,
            (r"\)", Punctuation, "#pop"),
            include("space"),
            include("string"),
            (r",", Punctuation),
            (r"=", Operator),
            (_RESERVED, Keyword),
            (_WORD, Name.Variable),
            (_VARIABLE, Name.Constant),
            include("number"),
            include("expression"),
            include("illegal"),
        ],
        "train": [
            include("space"),
            (r"\{", Punctuation, ("#pop", "recipe")),
            default("#pop"),
        ],
        "recipe": [
            _CLOSES_ALL,
            (r"\}", Punctuation, "#pop"),
            include("space"),
            include("string"),
            (r";", Punctuation),
            (_RESERVED, Keyword),
            (_WORD, Name.Tag, "entry"),
            include("values"),
            include("illegal"),
        ],
        "entry": [
            (r"(?=[;#}\r\n]|->)", bygroups(), "#pop"),
            include("space"),
            include("string"),
            (_RESERVED, Keyword),
            include("values"),
            (_WORD, Name.Property),
            include("illegal"),
        ],
        "expression": [
            (r"\{", Punctuation, "sum"),
        ],
        "sum": [
            (r"\}", Punctuation, "#pop"),
            (r"(?=\r?\n)", bygroups(), "#pop"),
            include("space"),
            include("string"),
            (r"[-+*/]", Operator),
            (r"[()]", Punctuation),
            (rf"[0-9]+{_END}", Number.Integer),
            (_RESERVED, Keyword),
            (_WORD, Name.Variable),
            (_VARIABLE, Name.Constant),
            include("illegal"),
        ],
        "space": [
            (r"[ \t]+", Whitespace),
            (r"\r?\n", Whitespace),
            (rf"#[^\r\n{_CONTROL}]*", Comment.Single, "comment"),
        ],
        "comment": [
            (rf"[^\r\n{_CONTROL}]+", Comment.Single),
            (rf"[{_CONTROL}]|\r(?!\n)", Error),
            default("#pop"),
        ],
        "string": [
            (r'"(?=[^"\n]*")', String, "quoted"),
            (r'"[^\n]*?(?=\r?$)', Error),
        ],
        "quoted": [
            (r'"', String, "#pop"),
            (rf'[^"\r\n{_CONTROL}]+', String),
            (r"[^\n]", Error),
        ],
        "illegal": [
            (r"[A-Za-z0-9_.]+", Error),
            (r"[^\n]", Error),
        ],
    }
