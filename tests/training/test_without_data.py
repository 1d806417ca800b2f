"""Without data there is nothing to train on; sets that fit are named. And every word has what makes it."""

from __future__ import annotations

import pytest

import cnndsl
from cnndsl import api
from cnndsl.diagnostics import CnnError
from cnndsl.recipe.block import KEYS, OPEN
from cnndsl.training.makers import MAKERS


def test_every_word_is_made() -> None:
    assert set(MAKERS) == set(OPEN)
    for key, made in MAKERS.items():
        assert set(KEYS[key].words) == set(made), key


@pytest.mark.parametrize(
    ("size", "names", "others"),
    [
        ("8x8x1", ["`data digits`"], ["mnist", "cifar10"]),
        ("32x32x1", ["`data mnist pad 2`", "`data fashion_mnist pad 2`"], ["digits", "cifar10"]),
        ("32x32x3", ["`data cifar10`"], ["digits", "mnist"]),
        ("224x224x3", ['`data npz "my/data.npz"`', "`data random 224x224x3`"], ["digits", "mnist", "cifar10"]),
    ],
)
def test_without_data_sets_are_named_that_fit(size: str, names: list[str], others: list[str]) -> None:
    for train in ("", "train { batch 3 }"):
        with pytest.raises(CnnError) as caught:
            api.trainer(cnndsl.loads(f"INPUT {size}\nFC 10\n{train}"))
        (d,) = caught.value.diagnostics
        assert d.code == "E606"
        assert all(name in d.help[0] for name in names)
        assert not any(f"data {other}" in d.help[0] for other in others)
        assert ("to its train block" in d.help[0]) == bool(train)
