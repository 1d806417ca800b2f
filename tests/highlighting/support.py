"""A sample of everything, with the kind of every piece written by hand; models, mutations of them, and how Pygments
paints a text."""

from __future__ import annotations

import random
from collections.abc import Iterator

from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace, _TokenType

from cnndsl.highlighting import CnnLexer
from cnndsl.resources import folder

KINDS = {
    "comment": (Comment.Single, ("comment.line.number-sign",)),
    "string": (String, ("string.quoted.double",)),
    "keyword": (Keyword, ("keyword.other",)),
    "block": (Keyword.Declaration, ("storage.type.block",)),
    "use": (Keyword.Namespace, ("keyword.control.import",)),
    "layer": (Name.Class, ("entity.name.type.layer",)),
    "function": (Name.Function, ("entity.name.function",)),
    "head": (Name.Entity, ("entity.name.section.head",)),
    "label": (Name.Label, ("entity.name.label", "variable.other.label")),
    "variable": (Name.Constant, ("variable.other.constant",)),
    "parameter": (Name.Variable, ("variable.parameter",)),
    "word": (Name.Property, ("entity.other.attribute-name",)),
    "activation": (Name.Builtin, ("support.function.activation",)),
    "key": (Name.Tag, ("entity.name.tag",)),
    "integer": (Number.Integer, ("constant.numeric.integer",)),
    "float": (Number.Float, ("constant.numeric.float",)),
    "size": (Number, ("constant.numeric.size",)),
    "sign": (Operator, ("keyword.operator",)),
    "mark": (Punctuation, ("punctuation.section", "punctuation.terminator", "punctuation.separator")),
    "error": (Error, ("invalid.illegal",)),
}
"""What is told apart: the token of Pygments, and how the scopes of the grammar begin."""

SAMPLE = (
    ("# all of it", "#_all_of_it~comment"),
    ('use "more.cnn"  # blocks', 'use~use "more.cnn"~string #_blocks~comment'),
    ("set CONV pad 1 leaky 0.1", "set~keyword CONV~layer pad~word 1~integer leaky~activation 0.1~float"),
    (
        "block tower(k, n=16,",
        "block~block tower~function (~mark k~parameter ,~mark n~parameter =~sign 16~integer ,~mark",
    ),
    ("            s=1)  # (", "s~parameter =~sign 1~integer )~mark #_(~comment"),
    ("{", "{~mark"),
    (
        "  CONV {k}x{k} *n stride {s} relu6 as inner",
        "CONV~layer {~mark k~parameter }~mark x~size {~mark k~parameter }~mark *~sign n~parameter stride~word "
        "{~mark s~parameter }~mark relu6~activation as~keyword inner~label",
    ),
    (
        "  DWCONV 3x{2*k-1} times 2; CONV 1 * {(n+N)/2}",
        "DWCONV~layer 3x~size {~mark 2~integer *~sign k~parameter -~sign 1~integer }~mark times~word 2~integer ;~mark "
        "CONV~layer 1~integer *~sign {~mark (~mark n~parameter +~sign N~variable )~mark /~sign 2~integer }~mark",
    ),
    (
        "  FC {n} tanh -> ADD( ID | @inner )",
        "FC~layer {~mark n~parameter }~mark tanh~activation ->~sign ADD~layer "
        "(~mark ID~layer |~sign @inner~label )~mark",
    ),
    ("}", "}~mark"),
    ("INPUT 28x28x1", "INPUT~layer 28x28x1~size"),
    (
        "-> [[CONV] * N -> POOL?]*M -> [ tower(5, n=3) ]*2 ?",
        "->~sign [~mark [~mark CONV~layer ]~mark *~sign N~variable ->~sign POOL~layer ?~sign ]~mark *~sign M~variable "
        "->~sign [~mark tower~function (~mark 5~integer ,~mark n~parameter =~sign 3~integer )~mark ]~mark *~sign "
        "2~integer ?~sign",
    ),
    ("CLIP low -1 high 1e-4 as x1", "CLIP~layer low~word -1~integer high~word 1e-4~float as~keyword x1~label"),
    ("CONCAT", "CONCAT~layer"),
    ("( ID # one", "(~mark ID~layer #_one~comment"),
    ("  | @x1 -> BN; POOL max global", "|~sign @x1~label ->~sign BN~layer ;~mark POOL~layer max~word global~word"),
    ("  | tower", "|~sign tower~function"),
    (
        "    (64, {2*3})? as y )",
        "(~mark 64~integer ,~mark {~mark 2~integer *~sign 3~integer }~mark )~mark ?~sign as~keyword y~label )~mark",
    ),
    (
        "HEAD value( FC 1 tanh )",
        "HEAD~layer value~head (~mark FC~layer 1~integer tanh~activation )~mark",
    ),
    (
        'FC 10 é + Foo 3q 3x .5 2.x x3 "open # ; FC',
        'FC~layer 10~integer é~error +~error Foo~error 3q~error 3x~error .5~error 2.x~error x3~word "open_#_;_FC~error',
    ),
    ("train # how", "train~keyword #_how~comment"),
    ("{", "{~mark"),
    (
        '  data idx "a b" pad 2; batch 64',
        'data~key idx~word "a_b"~string pad~word 2~integer ;~mark batch~key 64~integer',
    ),
    (
        "  normalize 0.5 0.25; schedule step every 30  # relu",
        "normalize~key 0.5~float 0.25~float ;~mark schedule~key step~word every~word 30~integer #_relu~comment",
    ),
    ("  data random 8x8x3 classes 2 } ", "data~key random~word 8x8x3~size classes~word 2~integer }~mark"),
    ("[ ADD( FC )", "[~mark ADD~layer (~mark FC~layer )~mark"),
    ("  foo(a,", "foo~function (~mark a~parameter ,~mark"),
    ("train { seed 1 }", "train~keyword {~mark seed~key 1~integer }~mark"),
    ("CONV 3x3, *4 )", "CONV~layer 3x3~size ,~error *~sign 4~integer )~error"),
)
"""Lines, and the pieces of each: text~kind, with `_` for a space."""

PIECES = (
    *(
        "->",
        ";",
        "\n",
        "\r\n",
        "|",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "*",
        "*N",
        "*{n}",
        "?",
        "#",
        '"',
        "x",
        "3x3",
        "{k}x{k}",
    ),
    *("-1", "0.5", ".5", "1e400", "CONV", "ADD(", "ID", "train {", "train", "\ntrain", "block b(n=1) {", "use", "as x"),
    *(
        "@x",
        "HEAD v(",
        "b(2)",
        "relu",
        "stride",
        "set",
        "+",
        "/",
        "=",
        ",",
        "é",
        "\u202e",
        "\r",
        "\t",
        " ",
        "\x00",
        "\ufeff",
    ),
)
CONTROL = set("\r\ufeff") | {chr(c) for c in (0x202E, 0)}


def texts() -> list[str]:
    """Every model."""
    return [path.read_text(encoding="utf-8") for path in sorted(folder("models").rglob("*.cnn"))]


def sample() -> str:
    return "".join(line + "\n" for line, _ in SAMPLE)


def mutated(rng: random.Random, base: list[str]) -> str:
    found = rng.choice(base)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(found) + 1)
        if rng.random() < 0.7:
            found = found[:at] + rng.choice(PIECES) + found[at:]
        else:
            found = found[:at] + found[at + rng.randrange(1, 10) :]
    return found


def mutations(count: int) -> Iterator[str]:
    rng, base = random.Random(1), [*texts(), sample()]
    for _ in range(count):
        yield mutated(rng, base)


def by_hand() -> list[list[tuple[str, str]]]:
    """For each line of the sample the text and kind of its pieces."""
    rows = []
    for _, pieces in SAMPLE:
        pairs = [piece.rsplit("~", 1) for piece in pieces.split()]
        rows.append([(text.replace("_", " "), kind) for text, kind in pairs])
    return rows


def kinds_by_hand() -> list[str | None]:
    """The kind of each character of the sample, None for white space between pieces."""
    found: list[str | None] = []
    for (line, _), pieces in zip(SAMPLE, by_hand(), strict=True):
        at = 0
        row: list[str | None] = [None] * (len(line) + 1)
        for text, kind in pieces:
            start = line.index(text, at)
            assert not line[at:start].strip(), line
            at = start + len(text)
            row[start:at] = [kind] * len(text)
        assert not line[at:].strip(), line
        found += row
    return found


def pygments_tokens(text: str) -> list[tuple[_TokenType, str]]:
    return [(kind, value) for _, kind, value in CnnLexer().get_tokens_unprocessed(text)]


def pygments_kinds(text: str) -> list[str | None]:
    names: dict[_TokenType, str | None] = {token: kind for kind, (token, _) in KINDS.items()} | {Whitespace: None}
    return [names[token] for token, value in pygments_tokens(text) for _ in value]


def plain(text: str, kinds: list[str | None]) -> list[tuple[str, str | None]]:
    """Characters with their kinds, white space aside, for comparing: how it is painted matters to nobody."""
    return [(character, kind) for character, kind in zip(text, kinds, strict=True) if not character.isspace()]
