"""E4: branches, labels and heads."""

from cnndsl.diagnostics.catalog.record import Code

CODES = (
    Code(
        "E401",
        "ADD or MUL of unlike sizes",
        "Values are added one by one, so every branch must give the same height, width and depth. They are multiplied "
        "one by one too, but there a branch may give 1x1xD, one factor for each channel.",
        "INPUT 28x28x8\nADD( CONV 3x3 *16 pad 1 | ID )\n",
        "INPUT 28x28x8\nADD( CONV 3x3 *8 pad 1 | ID )\n",
    ),
    Code(
        "E402",
        "CONCAT of unlike heights or widths",
        "Branches are stacked along depth, so every branch must give the same height and width.",
        "INPUT 28x28x8\nCONCAT( CONV 3x3 *8 | ID )\n",
        "INPUT 28x28x8\nCONCAT( CONV 3x3 *8 pad 1 | ID )\n",
    ),
    Code(
        "E403",
        "one branch only",
        "There is nothing to join. Two or more branches stand between `|`; `ID` is the empty one.",
        "INPUT 28x28x8\nADD( CONV 3x3 *8 pad 1 )\n",
        "INPUT 28x28x8\nADD( CONV 3x3 *8 pad 1 | ID )\n",
    ),
)
