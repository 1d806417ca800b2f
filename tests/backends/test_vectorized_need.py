"""What memory the vectorized kernels work in, against sums made by hand."""

from __future__ import annotations

import subprocess
import sys

import cnndsl
from cnndsl.backends.vectorized.need import workspace
from cnndsl.backends.vectorized.phases import is_turned
from cnndsl.ir.graph import Graph
from cnndsl.ops.axis import Axis


def graph(text: str) -> Graph:
    return cnndsl.loads(text).graph


def test_a_convolution_of_the_input_by_hand() -> None:
    # 6x6 windows of 3*3*2 values for each of 5 samples: all in one tile, made of all 8*8*2 values of x. The images with
    # samples last; the sum of the filters' gradient, its share of a tile, and the filters turned, 4*2*3*3 each.
    columns, cells, images, filters = 5 * 36 * 18, 5 * 128, 5 * 128, 72
    small = graph("INPUT 8x8x2\nCONV 3x3 *4\n")
    assert workspace(small, 5, 4, 1) == 4 * (columns + cells + images + 3 * filters)
    assert workspace(small, 5, 4, 2) == 4 * (2 * (columns + cells) + images + 5 * filters)
    assert workspace(small, 5, 8, 1) == 2 * workspace(small, 5, 4, 1)


def test_the_way_back_by_hand() -> None:
    # Behind another layer there is a way back. 3 maps from 2 channels: windows of y are 8*8 by 3*3*3, over 10x10 cells
    # of y with what is beside it. 3*8*8 is less than three times 2*6*6, the work by the windows of x: so it is done so.
    behind = graph("INPUT 8x8x1\nCONV 1x1 *2\nCONV 3x3 *3\n")
    rows = Axis(input=8, window=3, stride=1, dilate=1, before=0, after=0, output=6)
    assert is_turned(rows, rows, 2, 3)
    assert not is_turned(rows, rows, 2, 4)
    columns, cells, images, filters = 5 * 64 * 27, 5 * 3 * 100, 5 * 64, 54
    assert workspace(behind, 5, 4, 1) == 4 * (columns + cells + images + 3 * filters)
    # 9 maps from 2 channels: the windows of x are laid down, beside those that the filters' gradient needs.
    scattered = graph("INPUT 8x8x1\nCONV 1x1 *2\nCONV 3x3 *9\n")
    assert workspace(scattered, 5, 4, 1) == 4 * (2 * 5 * (36 * 18 + 128) + images + 3 * 162)


def test_a_tile_is_as_large_as_a_cache_allows() -> None:
    # A column of 3*3*64 values takes 2,304 bytes: 2,275 of them in 5 MiB. A row of windows is 30 for each of 64
    # samples, 1,920: so one row, made of 3 rows of 32 cells for 64 samples.
    large = graph("INPUT 32x32x64\nCONV 3x3 *1\n")
    assert workspace(large, 64, 4, 1) == 4 * (64 * (30 * 576 + 3 * 32 * 64) + 64 * 65536 + 3 * 576)


def test_what_dropout_draws_and_what_is_inside_fused_steps() -> None:
    plain = "INPUT 8x8x2\nCONV 3x3 *4 relu\nPOOL max 2\n"
    inside = 5 * 36 * 4  # the convolution's output; RELU is done in it, and the pool's is planned
    base = workspace(graph("INPUT 8x8x2\nCONV 3x3 *4\n"), 5, 4, 1)
    assert workspace(graph(plain), 5, 4, 1) == base + 4 * inside
    # a float64 for each value while it draws, and a byte that stays
    assert workspace(graph(f"{plain}DROPOUT 0.5\n"), 5, 4, 1) == base + 4 * inside + 5 * 36 * (8 + 1)


def test_depthwise_needs_no_columns() -> None:
    assert workspace(graph("INPUT 8x8x4\nCONV 3x3 *4 groups 4 pad 1\n"), 5, 4, 1) < 4 * 5 * 256 + 4 * 3 * 36 + 1


def test_needs_no_numpy() -> None:
    code = "import cnndsl.backends.vectorized.need, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
