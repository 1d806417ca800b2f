"""What training was said to take is what it takes: `cnndsl run`, its report included, in a process of its own a
network. Taken is resident memory at its peak above that after imports, which a run of a few numbers brings about.

    python -m tests.suites.reliability.memory MODEL BATCH SEED    # one network: bytes that were estimated, and taken
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import cnndsl
from cnndsl import api
from cnndsl.cli.main import main as command
from cnndsl.memory import amount
from cnndsl.resources import folder

from .support import Found

NETWORKS = {
    "lenet5_relu": 512,
    "caffe_lenet": 128,
    "vgg_small": 64,
    "vgg_small_bn": 64,
    "resnet20_cifar": 64,
    "resnet18_cifar": 32,
    "squeezenet": 8,
    "googlenet": 8,
    "mobilenet_v2": 8,
    "resnet50": 4,
    "densenet121": 4,
    "alexnet_torchvision": 16,
}
"""Model to batch."""
COUNT = len(NETWORKS)
ALLOWED = 0.2
"""Of what was taken the estimate may be wrong by so much, either way."""
TINY = "INPUT 4x4x1\nCONV 3x3 *2 relu; FC 10\ntrain { data random 4x4x1 count 20; batch 10; epochs 1 }\n"


def show(count: int, seed: int) -> Found:
    """The first `count` networks."""
    found = Found()
    for name, batch in list(NETWORKS.items())[:count]:
        program = [sys.executable, "-m", __name__, name, str(batch), str(seed)]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        if done.returncode:
            found.failures.append(f"{name}: {done.stderr[-300:]}")
            continue
        said, taken = map(int, done.stdout.split()[-2:])
        found.counts["networks"] += 1
        found.counts["percent off at most"] = max(found.counts["percent off at most"], off := _percent(said, taken))
        if off > 100 * ALLOWED:
            found.failures.append(f"{name}: {amount(said)} estimated, {amount(taken)} taken")
    return found


def _percent(said: int, taken: int) -> int:
    """By how much of what was taken the estimate is wrong, rounded up."""
    return -(-100 * abs(said - taken) // taken)


def measured(name: str, batch: int, seed: int) -> tuple[int, int]:
    """Bytes that a training was said to take, and that it took."""
    with TemporaryDirectory() as made:
        models = Path(shutil.copytree(folder("models"), Path(made, "models")))
        (models / "tiny.cnn").write_text(TINY, encoding="utf-8")
        (models / "network.cnn").write_text(_program(name, batch, seed), encoding="utf-8")

        def run(name: str) -> None:
            with redirect_stdout(StringIO()):
                if command(["run", str(models / f"{name}.cnn"), "--out", str(Path(made, name))]):
                    raise SystemExit(f"{name}: the run failed")

        run("tiny")
        before = _resident("VmRSS")
        run("network")
        taken = _resident("VmHWM") - before
        return api.trainer(cnndsl.load(models / "network.cnn")).estimate.training, taken


def _program(name: str, batch: int, seed: int) -> str:
    """The model with a train block that needs no files, and has more to test than a batch."""
    path = folder("models") / f"{name}.cnn"
    made = cnndsl.load(path)
    data = f"data random {made.input} count {6 * batch} classes {made.output.count}"
    block = f"{data}; normalize none; seed {seed}; batch {batch}; steps 3; optimizer sgd lr 1e-5 momentum 0.9"
    text = path.read_text(encoding="utf-8")
    at = text.find("\ntrain")
    return f"{text[:at] if at >= 0 else text}\ntrain {{ {block} }}\n"


def _resident(field: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at most so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"this system does not tell {field}")


if __name__ == "__main__":
    print(*measured(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
