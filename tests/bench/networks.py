"""The networks that benchmarks run: models that ship, by the names that the bench calls them."""

from __future__ import annotations

import cnndsl
from cnndsl.resources import folder

NETWORKS = {
    "lenet5": "lenet5_relu",
    "caffe_lenet": "caffe_lenet",
    "vgg_small": "vgg_small",
    "vgg_small_bn": "vgg_small_bn",
    "resnet18_32": "resnet18_cifar",
}
"""Name to model."""
BATCHES = {"resnet18_32": 32}
"""Batch of a network where it is not 64."""


def network(name: str, train: str) -> cnndsl.Network:
    """The network, with that train block in place of its own."""
    path = folder("models") / f"{NETWORKS[name]}.cnn"
    text = path.read_text(encoding="utf-8")
    at = text.find("\ntrain")
    return cnndsl.loads(f"{text[:at] if at >= 0 else text}\n{train}\n", name=name, base=path.parent)


def batch_of(name: str) -> int:
    return BATCHES.get(name, 64)
