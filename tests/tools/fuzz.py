"""Checks mutations of the shipped models: only diagnostics or success, within a second and 256 MiB. What can be read
survives the formatter.

python tests/tools/fuzz.py SEED COUNT

What fails is printed, and written to a file in tests/lang/regressions/, where it is tried again by every run.
"""

from __future__ import annotations

import dataclasses
import random
import resource
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import cnndsl
from cnndsl.diagnostics.render import Style, text
from cnndsl.lang.lower import Choices
from cnndsl.lang.parse import parse
from cnndsl.lang.unparse import specialize, unparse
from cnndsl.source import Source, Span

ROOT = Path(cnndsl.__file__).parent.parent
MODELS = ROOT / "models"
REGRESSIONS = ROOT / "tests" / "lang" / "regressions"
PLACES = ("span", "source", "separators", "glue", "unclosed", "broken_blocks")
SECONDS, BYTES = 1.0, 256 << 20

PIECES = (
    *("->", ";", "\n", "|", "[", "]", "(", ")", "{", "}", "*", "?", "#", '"', "x", ",", "=", "@", "as", "use", "set"),
    *("3x3", "-1", "0", "0.5", "1e400", "99999999999", "CONV", "ADD(", "MUL(", "CONCAT(", "ID", "train {", "train"),
    *("relu", "linear", "stride", "pad", "same", "ceil", "exact", "INPUT 8x8x1", "FC 10", "POOL max 2", "TAKE 0 2"),
    *("block a(n) {", "block b() {", "a(3)", "a(n=2, 3)", "{n}", "{2*n+1}", "{n/2}", "{k}x{k}", "*n", "*N", "*{"),
    *("set CONV pad 1", "as x", "@x", 'use "blocks/resnet.cnn"', "HEAD v(", "[ RELU ]*1000", "DECONV 2 *3", "BN"),
    *("\u00e9", "\u202e", "\r", "\t", " ", "\x00", "\ufeff", "\u0661"),
)


def mutated(rng: random.Random, base: list[str]) -> str:
    """A model, or the beginning of one, with a few things put in, taken out, or copied elsewhere."""
    found = rng.choice(base)
    if rng.random() < 0.5:
        found = found[: rng.randrange(len(found))]
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(found) + 1)
        kind = rng.random()
        if kind < 0.5:
            found = found[:at] + rng.choice(PIECES) + found[at:]
        elif kind < 0.8:
            found = found[:at] + found[at + rng.randrange(1, 10) :]
        else:
            other = rng.randrange(len(found) + 1)
            found = found[:at] + found[other : other + rng.choice((20, 200))] + found[at:]
    return found


def models() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(MODELS.rglob("*.cnn"))]


def bare(item: Any) -> Any:
    """A tree without places and white space."""
    if isinstance(item, Span):
        return item.text if item.text[:1].isalpha() else None
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        names = (f.name for f in dataclasses.fields(item) if f.name not in PLACES)
        return (type(item).__name__, *((name, bare(getattr(item, name))) for name in names))
    return tuple(bare(part) for part in item) if isinstance(item, tuple) else item


def hold(program: str) -> bool:
    """Checks one text, and gives whether it could be read. Raises AssertionError, or what the checker should not."""
    start = time.process_time()
    found = cnndsl.check(program, base=MODELS)
    taken = time.process_time() - start
    assert taken <= SECONDS, f"took {taken:.1f} s"
    assert len({(d.code, d.span, d.message) for d in found}) == len(found), "something is said twice"
    for d in found:
        assert text(d, Style(width=60))
        assert d.span is None or 0 <= d.span.start <= d.span.end <= len(d.span.source.text)
    program = program.removeprefix("\ufeff")  # a byte order mark is no part of the text: whoever reads it drops it
    module, wrong = parse(Source("t", program))
    if module is None or wrong:
        assert found, "nothing is said of a text that cannot be read"
        return False
    once = unparse(module)
    again, wrong = parse(Source("t", once))
    assert not wrong, "what the formatter wrote cannot be read"
    assert again is not None
    assert bare(again) == bare(module), "formatting changed the tree"
    assert unparse(again) == once, "formatting twice is not formatting once"
    assert [d.code for d in cnndsl.check(once, base=MODELS)] == [d.code for d in found], (
        "formatting changed the meaning"
    )
    special, wrong = parse(Source("t", unparse(specialize(module, Choices({"N": 2}, (8, 8, 1), True)))))
    left_out = [d.code for d in wrong] == ["E114"]  # every step was optional: a file of comments is left
    assert left_out or not wrong, "with its choices written into it, it cannot be read"
    assert left_out or special is not None
    return True


def main(seed: int, count: int) -> int:
    rng, base = random.Random(seed), models()
    accepted = 0
    for number in range(count):
        program = mutated(rng, base)
        try:
            accepted += hold(program)
        except Exception as error:
            name = sha256(program.encode("utf-8", "surrogatepass")).hexdigest()[:12]
            (REGRESSIONS / f"{name}.cnn").write_text(program, encoding="utf-8", newline="")
            print(f"seed {seed}, input {number} ({name}): {type(error).__name__}: {error}")
            return 1
    print(f"seed {seed}: {count} inputs, {accepted} of them read, none failed")
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
