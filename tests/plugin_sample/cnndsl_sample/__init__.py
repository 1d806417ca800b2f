"""A cnndsl plugin: the layer CLIP, the augmentation `dim`, and the backend `sliding`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnndsl.plugins import KernelTables, Plugin
from cnndsl_sample.clip import OP
from cnndsl_sample.dim import ENTRY

if TYPE_CHECKING:
    from cnndsl.backends.protocol import Backend


def kernels() -> KernelTables:
    """Fetched when a network is to run, so that `cnndsl check` does not import NumPy."""
    from cnndsl_sample.kernels import CLIP

    return {"naive": {"CLIP": CLIP}}


def sliding(tables: KernelTables) -> Backend:
    """Made when it is asked for, for the same reason."""
    from cnndsl_sample.sliding import make

    return make(tables)


PLUGIN = Plugin(name="sample", layers=(OP,), augmentations=(ENTRY,), kernels=kernels, backends={"sliding": sliding})
