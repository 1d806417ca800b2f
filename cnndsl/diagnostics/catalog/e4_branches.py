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
    Code(
        "E404",
        "a label that is not there",
        "A label is set by `as x` behind a step and used after it, by `@x` as the first step of a branch. It is local "
        "to its "
        "block's use and to its turn of a repeated group.",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1 as early\nCONV 3x3 *8 pad 1\nADD( ID | @erly )\n",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1 as early\nCONV 3x3 *8 pad 1\nADD( ID | @early )\n",
    ),
    Code(
        "E405",
        "two labels of one name",
        "A label is the name of its step, and of its parameters: it cannot be given twice.",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1 as a\nCONV 3x3 *8 pad 1 as a\nADD( ID | @a )\n",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1 as a\nCONV 3x3 *8 pad 1 as b\nCONCAT( ID | @a | @b )\n",
    ),
    Code(
        "E406",
        "a label used as a step",
        "`@x` begins a branch: the branch starts from the labelled step. Elsewhere a step goes on from the one before "
        "it.",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1 as a\nRELU -> @a\n",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1 as a\nADD( RELU | @a )\n",
    ),
    Code(
        "E407",
        "a head that cannot stand so",
        "`HEAD name( steps )` is a side output with a name of its own, in one branch. The name `main` is that of the "
        "main "
        "flow, and those of losses are taken.",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1\nHEAD main( FC 1 )\nFC 10\n",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1\nHEAD value( FC 1 )\nFC 10\n",
    ),
)
