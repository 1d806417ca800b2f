"""Peak resident memory of a training on a set of 4 GB, beside the same one on a small set.

    python -m tests.data.streamed            # the pixels' moments too, which reads all 4 GB
    python -m tests.data.streamed --short    # normalize none: only what steps need is read

The set is an IDX file whose header says 64x64x3 and whose pixels are a hole in the file, but for some.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

SIZE = (64, 64, 3)
IMAGE = 64 * 64 * 3
LARGE = (1 << 32) // IMAGE  # 349,525 images: 4 GiB
SMALL = 640

TRAINING = """
import sys
from pathlib import Path
import cnndsl
network = cnndsl.loads(sys.argv[1], base=Path(sys.argv[2]))
result = cnndsl.train(network)
high = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(result.test.steps, high.split()[1])
"""


def program(normalize: str) -> str:
    return (
        "INPUT 64x64x3\nCONV 3x3x3 *4 pad 1 relu\nPOOL max 2\nFC 10\n"
        f'train {{ data idx "."; split 0.999; normalize {normalize}; batch 32; steps 10; backend vectorized }}'
    )


def write(folder: Path, count: int) -> None:
    """A set of so many training images, and 100 for the test."""
    for part, images in (("train", count), ("t10k", 100)):
        with (folder / f"{part}-images-idx4-ubyte").open("wb") as out:
            out.write(struct.pack(">HBB4I", 0, 8, 4, images, *SIZE))
            for index in (0, images // 2, images - 1):
                out.seek(20 + index * IMAGE)
                out.write(bytes(i % 251 for i in range(IMAGE)))
            out.truncate(20 + images * IMAGE)
        labels = bytes(i % 10 for i in range(10)) * (images // 10) + bytes(images % 10)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, images) + labels)


def peak(folder: Path, normalize: str) -> tuple[int, float]:
    """MiB of a training in a process of its own, and its seconds."""
    start = perf_counter()
    command = [sys.executable, "-c", TRAINING, program(normalize), str(folder)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    steps, kibibytes = map(int, told.stdout.split())
    assert steps == 10
    return kibibytes >> 10, perf_counter() - start


def peaks(normalize: str) -> tuple[int, int]:
    """MiB on the small set and on the large one, which are printed."""
    found = []
    for count in (SMALL, LARGE):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), count)
            size, seconds = peak(Path(folder), normalize)
            found.append(size)
            bytes_ = count * IMAGE
            print(f"{count:7,} images, {bytes_ / 1e9:.2f} GB, normalize {normalize}: peak {size} MiB, {seconds:.1f} s")
    return found[0], found[1]


if __name__ == "__main__":
    small, large = peaks("none" if "--short" in sys.argv else "auto")
    sys.exit(f"{large - small} MiB more than on the small set" if large - small > 200 else 0)
