"""What training will take, against sums made by hand; and how much memory there is."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cnndsl
from cnndsl import memory
from cnndsl.memory import amount, budget
from cnndsl.training.estimate import estimate, refusal, slots_of


@pytest.fixture
def small(net):
    return net(("INPUT", {"size": (4, 4, 1)}), ("BN", {}), ("FC", {"units": 3}))


def test_by_hand(small) -> None:
    # BN: 2 parameters, 2 buffers; FC: 16*3 + 3 = 51. Tensors begin at multiples of 16 values: each takes 16 a sample.
    # Asked, a layer's input and output live at one time. When BN goes back: the input, both outputs, both gradients.
    found = estimate(small, 10, slots=2)
    assert found.parameters == found.kept == 4 * 55
    assert found.gradients == 4 * 53
    assert found.slots == 2 * 4 * 53
    assert found.asked == 4 * 10 * 2 * 16
    assert found.tensors == 4 * 10 * 5 * 16
    assert found.inference == 4 * (55 + 320)
    assert found.training == 4 * (55 + 55 + 53 + 2 * 53 + 800)
    assert estimate(small, 10, slots=2, dtype="float64").training == 2 * found.training
    # BN alone: outputs 2*160, parameters 4 + 4 + 2 + 4. FC: outputs 2*30, parameters 51*(1 + 1 + 1 + 2).
    assert found.largest.name == "bn1"
    assert found.largest_bytes == 4 * (320 + 14)


def test_what_the_backend_and_the_images_take(small) -> None:
    plain, more = estimate(small, 10, slots=2), estimate(small, 10, slots=2, workspace=1000, batches=3)
    assert more.images == 4 * 10 * 3 * 16
    assert more.training == plain.training + 1000 + more.images
    diagnostic = refusal(more, more.training - 1)
    assert diagnostic is not None
    assert "what kernels work in: 1000 bytes, images made ready: 1.9 KiB" in diagnostic.notes[0]


def test_arrays_for_each_parameter() -> None:
    for text, count in (("sgd lr 0.1", 0), ("sgd lr 0.1 momentum 0.9", 1), ("adam; ema 0.9", 3)):
        recipe = cnndsl.loads(f"INPUT 4x4x1; FC 10; train {{ data random 4x4x1; optimizer {text} }}").recipe
        assert slots_of(recipe) == count


def test_refused_with_the_largest_layer(net) -> None:
    graph = net(("INPUT", {"size": (224, 224, 3)}), ("FC", {"units": 10}), ("FC", {"units": 9_999_999_999}))
    found = estimate(graph, 64, slots=1)
    diagnostic = refusal(found, 64 << 30)
    assert diagnostic is not None
    assert diagnostic.code == "E802"
    assert diagnostic.exit_code == 4
    assert "64.0 GiB" in diagnostic.message
    assert "fc2" in diagnostic.label
    assert any("fc2 (FC)" in note for note in diagnostic.notes)
    assert refusal(found, found.training) is None
    assert refusal(found, found.training - 1) is not None


def test_needs_no_numpy() -> None:
    code = "import cnndsl.training.estimate, cnndsl.recipe.places, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (5 * 2**30 + 2**29, "5.5 GiB"),
        (1000 * 2**60, "1,000.0 EiB"),
        (2**200, f"{2**140:,}.0 EiB"),
    ],
)
def test_amounts(size, text) -> None:
    assert amount(size) == text


@pytest.fixture
def system(tmp_path):
    """A root with /proc and /sys of the texts given."""

    def make(**files: str):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


MEMINFO = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    500 kB\n"


def test_available(system) -> None:
    assert budget(system(proc__meminfo=MEMINFO)) == int(0.8 * 500 * 1024)


def test_limit_of_a_group_version_2(system) -> None:
    root = system(
        proc__meminfo=MEMINFO,
        proc__self__cgroup="0::/a/b\n",
        sys__fs__cgroup__a__b__memory_DOT_max="max\n",
        sys__fs__cgroup__a__memory_DOT_max="100000\n",
    )
    assert budget(root) == 80_000


def test_limit_of_a_group_version_1(system) -> None:
    root = system(
        proc__meminfo=MEMINFO,
        proc__self__cgroup="4:memory:/job\n3:cpu:/job\n0::/\n",
        sys__fs__cgroup__memory__job__memory_DOT_limit_in_bytes="200000\n",
        sys__fs__cgroup__memory__memory_DOT_limit_in_bytes="9223372036854771712\n",
    )
    assert budget(root) == 160_000


def test_a_system_that_does_not_say(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(memory.os, "sysconf", lambda name: {"SC_PHYS_PAGES": 10, "SC_PAGE_SIZE": 100}[name])
    assert budget(tmp_path) == 800
    monkeypatch.delattr(memory.os, "sysconf")
    assert budget(tmp_path) is None


def test_here() -> None:
    found = budget()
    assert found is None or found > 1 << 20
