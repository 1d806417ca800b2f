"""E3: sizes."""

from cnndsl.diagnostics.catalog.record import Code

CODES = (
    Code(
        "E301",
        "a size that is not whole",
        "The output size is W2 = (W1 - F + 2P)/S + 1. Where the windows do not fill the input, some rows would be "
        "seen by no window, and systems differ in what they do silently. Here it is said: another pad, stride or "
        "input; `floor` to drop those rows; `ceil` to let the last window hang over the edge; `same`.",
        "INPUT 32x32x3\nCONV 3x3x3 *2 stride 2 pad 1\n",
        "INPUT 32x32x3\nCONV 3x3x3 *2 stride 2 pad 1 floor\n",
    ),
    Code(
        "E302",
        "a window larger than its input",
        "Not one window fits into the input and its pads. Often too many pools came before.",
        "INPUT 2x2x16\nPOOL max 3\n",
        "INPUT 2x2x16\nPOOL max 2\n",
    ),
    Code(
        "E303",
        "the filter's depth is not the input's",
        "A filter reaches through the whole depth of its input (of its group), so its third number must be that "
        "depth. It may be left out.",
        "INPUT 28x28x1\nCONV 5x5x3 *6\n",
        "INPUT 28x28x1\nCONV 5x5x1 *6\n",
    ),
    Code(
        "E304",
        "a layer that needs height and width, on a vector",
        "After FC or FLATTEN there is no height and width left for a window to slide over, or for a layer to widen. "
        "`RESHAPE` makes the vector a map again.",
        "INPUT 28x28x1\nFC 100\nCONV 3x3 *8\n",
        "INPUT 28x28x1\nCONV 3x3 *8\nFC 100\n",
    ),
    Code(
        "E305",
        "a pad as wide as the window",
        "With a pad of F or more some windows would see nothing but padding.",
        "INPUT 28x28x1\nCONV 3x3 *8 pad 3\n",
        "INPUT 28x28x1\nCONV 3x3 *8 pad 2\n",
    ),
    Code(
        "E306",
        "groups that do not divide the depth",
        "Each group gets an equal share of the input's channels and of the filters.",
        "INPUT 28x28x4\nCONV 3x3 *8 groups 3\n",
        "INPUT 28x28x4\nCONV 3x3 *8 groups 4\n",
    ),
    Code(
        "E307",
        "more extra rows than there are to choose from",
        "`extra` of a DECONV chooses among the sizes that a CONV of the same stride brings to one; from the stride (or "
        "the dilation) on, the rows would lie under no window at all.",
        "INPUT 7x7x8\nDECONV 2x2 *4 stride 2 extra 2\n",
        "INPUT 7x7x8\nDECONV 2x2 *4 stride 2 extra 1\n",
    ),
    Code(
        "E308",
        "an output of no rows",
        "The size of a DECONV's output is W2 = (W1 - 1)*S - 2P + F + extra: the pad is cut off, and here nothing is "
        "left.",
        "INPUT 1x1x8\nDECONV 3x3 *4 pad 2\n",
        "INPUT 1x1x8\nDECONV 3x3 *4 pad 1\n",
    ),
    Code(
        "E309",
        "a size of another number of values",
        "`RESHAPE` gives the values it gets another size; it neither adds nor drops any, so height x width x depth "
        "must be as many as before.",
        "INPUT 28x28x1\nFC 100\nRESHAPE 7x7x2\n",
        "INPUT 28x28x1\nFC 98\nRESHAPE 7x7x2\n",
    ),
    Code(
        "W301",
        "more than an edge dropped by `floor`",
        "Rows or columns that fill no window are dropped by `floor`. A few at the edge are common; here it is more "
        "than a "
        "tenth of the input, which no output sees.",
        "INPUT 7x7x1\nPOOL max 2 floor\nFC 10\n",
        "INPUT 8x8x1\nPOOL max 2 floor\nFC 10\n",
    ),
    Code(
        "W302",
        "a window larger than what is left",
        "The window is larger than its input and fits only by a pad, `ceil` or `same`: it sees the whole map.",
        "INPUT 4x4x1\nPOOL max 2; POOL mean 3 pad 1 stride 1\nFC 10\n",
        "INPUT 4x4x1\nPOOL max 2; POOL mean 2 stride 1\nFC 10\n",
    ),
)
