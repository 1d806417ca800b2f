"""Images made up on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.draw import generator
from cnndsl.memory import check_room
from cnndsl.recipe.spec import Setting


def load(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    attrs = setting.attrs
    (height, width, depth), tests = attrs.size, max(1, attrs.count // 5)
    check_room((attrs.count + tests) * (height * width * depth + 8), "holding random images")

    def part(name: str, count: int) -> Part:
        images = generator(0, "random", name).integers(0, 256, (count, depth, height, width), np.uint8)
        return Part(images, np.arange(count, dtype=np.int64) % attrs.classes)

    return Dataset(
        name="random", train=part("train", attrs.count), test=part("test", tests), classes=attrs.classes, pixel_max=255
    )
