"""A cnndsl plugin with one layer: CLIP."""

from cnndsl.plugins import KernelTables, Plugin
from cnndsl_sample.clip import OP


def kernels() -> KernelTables:
    """Fetched when a network is to run, so that `cnndsl check` does not import NumPy."""
    from cnndsl_sample.kernels import CLIP

    return {"naive": {"CLIP": CLIP}}


PLUGIN = Plugin(name="sample", layers=(OP,), kernels=kernels)
