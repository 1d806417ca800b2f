"""Every option of every layer once, as an author writes it: what is drawn at random may leave one out."""

from __future__ import annotations

CONV = (
    "3x3 *4",
    "3x3 *4 stride 2",
    "3x3 *4 pad 1",
    "3x3 *4 pad 1x2",
    "3x3 *4 pad 0x1x2x0",
    "2x3 *4 dilate 2x1",
    "3x3 *4 dilate 2 pad 2",
    "3x3x2 *4 groups 2",
    "3x3x1 *8 groups 4 dilate 2 stride 2 same",
    "2x2 *3 same",
    "4x3 *3 stride 3x2 same",
    "2x2 *3 stride 2 floor",
    "2x2 *3 stride 2 ceil",
    "3x2 *3 stride 3x2 pad 1x0x0x1 ceil bias position",
    "3x3 *3 bias position",
    "1x1 *3 stride 2 nobias",
)
DWCONV = (
    "3x3",
    "3x3 times 2",
    "3x3 times 3 stride 2 same nobias",
    "2x2 same",
    "2x3 dilate 2 pad 1x0x0x1",
    "2x2 stride 2 ceil bias position",
    "2x2 stride 2 floor times 2",
)
DECONV = (
    "3x3 *2",
    "3x3 *2 stride 2 pad 1 extra 1",
    "2x2 *2 stride 2",
    "3x2 *4 groups 2 stride 2x3 extra 0x2 nobias",
    "3x3 *2 dilate 2 extra 1 pad 1x0x2x1",
    "3x3 *2 stride 3 bias position",
)
POOL = (
    "3 stride 2",
    "3 stride 1 pad 1",
    "3 same",
    "2 same stride 3x2",
    "2x3 stride 2x1 pad 1x0x0x2 floor",
    "2 ceil",
    "3 stride 2 pad 1x0x0x1 ceil",
    "3 stride 1",
    "2 floor",
    "global",
)
COUNTED = ("3 stride 1 pad 1", "3 stride 2 pad 1x0x0x1 ceil", "2x3 stride 2x1 pad 1x0x0x2 floor", "2 ceil")
ACTIVATIONS = (
    "RELU",
    "RELU6",
    "SIGMOID",
    "TANH",
    "GELU",
    "SILU",
    "HSWISH",
    "HSIGMOID",
    "SOFTPLUS",
    "LEAKY",
    "LEAKY 0.3",
    "ELU",
    "ELU 0.4",
    "PRELU",
)
BEFORE = ("CONV 3x3 *3 pad 1", "DWCONV 3x3", "DECONV 2x2 *3 stride 2", "FC 6")
EITHER = (
    "FC 3",
    "FC 3 nobias",
    "BN",
    "BN noscale",
    "BN momentum 0.3 eps 0.01",
    "LRN 3",
    "LRN 5 alpha 0.7 beta 0.3 k 2",
    "LRN 1 alpha 2",
    "GN 2",
    "GN 4 eps 0.01",
    "GN 1",
    "LN",
    "LN eps 0.1",
    "DROPOUT 0.4",
    "SOFTMAX",
    "FLATTEN",
    "SHUFFLE 2",
    "SCALE",
    "TAKE 1 3",
    "PAD depth 1x2",
    *ACTIVATIONS,
)
MAPS = (
    "RESHAPE 4x7x7",
    "UPSAMPLE 2",
    "UPSAMPLE 3x2",
    "UPSAMPLE 2 bilinear",
    "UPSAMPLE 3x5 bilinear",
    "PAD 1",
    "PAD 0x1x2x3",
    "PAD 1 depth 1x0",
)
JOINED = (
    "ADD( CONV 1x1 *4 | ID )",
    "ADD( ID | ID )",
    "ADD( CONV 1x1 *4 -> RELU | ID | CONV 3x3 *4 pad 1 )\nRELU",
    "CONCAT( ID | CONV 1x1 *3 | POOL max 3 stride 1 pad 1 )",
    "CONCAT( TAKE 0 1 | ID )",
    "MUL( ID | POOL mean global -> CONV 1x1 *4 sigmoid )",
    "MUL( FC 4 sigmoid | ID )",
    "MUL( ID | ID )",
    "MUL( CONV 1x1 *4 | POOL max global | ID )",
    "FLATTEN\nADD( FC 3 | FC 3 tanh )",
    "FLATTEN\nCONCAT( FC 2 | ID | FC 3 )",
    "FLATTEN\nMUL( FC 3 | FC 3 sigmoid )",
    "FC 12\nRESHAPE 2x3x2\nCONV 2x2 *2",
    "CONV 3x3 *3\nHEAD value( CONV 1x1 *1 -> FC 2 tanh )\nRELU\nFC 3",
    "CONV 3x3 *3 nobias\nBN\nRELU\nPOOL max 2 ceil",
    "CONV 3x3 *3 relu\nPOOL max 2 floor",
)


def texts() -> list[str]:
    """Networks of one layer or a few."""
    steps = [f"CONV {a}" for a in CONV] + [f"DWCONV {a}" for a in DWCONV] + [f"DECONV {a}" for a in DECONV]
    steps += [f"POOL {mode} {a}" for mode in ("max", "mean") for a in POOL]
    steps += [f"POOL mean countpad {a}" for a in COUNTED]
    steps += [f"{layer} {a.lower()}" for layer in BEFORE for a in ACTIVATIONS]
    steps += [*EITHER, *MAPS, *JOINED]
    flat = [f"FLATTEN\n{step}" for step in EITHER]
    return [f"INPUT 7x7x4\n{step}" for step in steps] + [f"INPUT 1x2x4\n{step}" for step in flat]
