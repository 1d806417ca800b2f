"""Blocks that come back to themselves, held against what can be reached from what."""

from __future__ import annotations

import random

import cnndsl
from cnndsl.lang.blocks import knots


def test_circles_among_blocks_that_use_each_other_in_any_way() -> None:
    rng = random.Random(5)
    for _ in range(300):
        names = "abcdefg"[: rng.randint(1, 7)]
        uses = {name: [other for other in names if rng.random() < 0.25] for name in names}
        reached = {name: set(uses[name]) for name in names}  # Warshall: what can be reached from what
        for middle in names:
            for name in names:
                if middle in reached[name]:
                    reached[name] |= reached[middle]
        expected = {
            frozenset(o for o in names if o == n or (o in reached[n] and n in reached[o]))
            for n in names
            if n in reached[n]
        }
        found = knots(uses)
        assert {frozenset(group) for group in found} == expected
        assert len(found) == len(expected)
        text = "".join(
            f"block {n}() {{\n{'; '.join(f'{o}()' for o in uses[n]) or 'RELU'}\n}}\n".replace("; ", "\n") for n in names
        )
        said = [d for d in cnndsl.check(f"{text}INPUT 3x3x1\n{'; '.join(f'{n}()' for n in names)}") if d.code == "E220"]
        assert len(said) == len(expected)


def test_a_long_chain_of_blocks_is_looked_at_once() -> None:
    count = 20_000
    uses = {str(n): [str(n + 1), str(n)] if n < count else ["0"] for n in range(count + 1)}
    assert [len(group) for group in knots(uses)] == [count + 1]
