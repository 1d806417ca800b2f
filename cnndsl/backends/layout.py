"""How arrays of samples lie in memory.

``rows``: samples first, N, D, H, W, as arrays come from outside. ``lanes``: samples last, D, H, W, N: rows of a map lie
side by side for all samples, so that windows are long runs of memory and a layer's input is a matrix as it lies. Either
way an array has the shape N, D, H, W (vectors N, D): one in lanes is a view.
"""

from __future__ import annotations

from cnndsl.backends.protocol import Array, Layout


def samples_last(x: Array) -> Array:
    """The view of N, D, H, W as D, H, W, N, or of N, D as D, N: contiguous where x is in lanes."""
    return x.T if x.ndim == 2 else x.transpose(1, 2, 3, 0)


def samples_first(x: Array) -> Array:
    """The view of D, H, W, N as N, D, H, W, or of D, N as N, D."""
    return x.T if x.ndim == 2 else x.transpose(3, 0, 1, 2)


def lies_in(x: Array, layout: Layout) -> bool:
    """Whether it lies so, without gaps."""
    return bool((x if layout == "rows" else samples_last(x)).flags.c_contiguous)


def shaped(memory: Array, shape: tuple[int, ...], layout: Layout) -> Array:
    """As much of flat memory as is needed, as an array of that shape, samples first, in that layout."""
    size = 1
    for extent in shape:
        size *= extent
    if layout == "rows":
        return memory[:size].reshape(shape)
    return samples_first(memory[:size].reshape(*shape[1:], shape[0]))
