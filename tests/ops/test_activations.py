"""Activations as trailing words, and which of them ask for weights that start by He."""

from __future__ import annotations

from collections.abc import Mapping

import cnndsl
from cnndsl.ops.spec import Op

RECTIFIERS = {"relu", "relu6", "leaky", "elu", "prelu", "gelu", "silu", "hswish"}
OTHERS = {"sigmoid", "tanh", "hsigmoid", "softplus"}


def test_every_activation_has_a_word(layers: Mapping[str, Op]) -> None:
    words = {op.activation_word: op for op in layers.values() if op.activation_word}
    assert set(words) == RECTIFIERS | OTHERS
    assert {word for word, op in words.items() if op.rectifier} == RECTIFIERS
    assert all(op.kind == "activation" and op.keyword == word.upper() for word, op in words.items())


def test_a_trailing_word_is_the_layer_behind(layers: Mapping[str, Op]) -> None:
    for word in sorted(RECTIFIERS | OTHERS):
        trailing = cnndsl.loads(f"INPUT 4x4x2; CONV 3x3 *4 {word}; FC 3 {word}").graph
        behind = cnndsl.loads(f"INPUT 4x4x2; CONV 3x3 *4; {word.upper()}; FC 3; {word.upper()}").graph
        assert [(n.name, n.attrs, n.type, n.params) for n in trailing] == [
            (n.name, n.attrs, n.type, n.params) for n in behind
        ]
