"""E2: names and arguments."""

from cnndsl.diagnostics.catalog.record import Code

CODES = (
    Code(
        "E201",
        "an unknown layer",
        "No layer has this name, neither a built-in one nor one of a plugin that is installed. `cnndsl explain` lists "
        "those that are there.",
        "INPUT 28x28x1\nCONVV 5x5 *6\n",
        "INPUT 28x28x1\nCONV 5x5 *6\n",
    ),
    Code(
        "E202",
        "an argument is missing",
        "The layer cannot be built without it. Only in a pattern may a layer stand bare.",
        "INPUT 28x28x1\nCONV 5x5\n",
        "INPUT 28x28x1\nCONV 5x5 *6\n",
    ),
    Code(
        "E203",
        "an unknown option",
        "The layer has no option of this name. `cnndsl explain CONV` shows what a layer takes.",
        "INPUT 28x28x1\nCONV 5x5 *6 strid 2 floor\n",
        "INPUT 28x28x1\nCONV 5x5 *6 stride 2 floor\n",
    ),
    Code(
        "E204",
        "a value that the argument cannot have",
        "The value is out of range, or of the wrong kind: whole numbers where things are counted, at least 1 for a "
        "stride.",
        "INPUT 28x28x1\nCONV 5x5 *6 stride 0\n",
        "INPUT 28x28x1\nCONV 5x5 *6 stride 1\n",
    ),
    Code(
        "E205",
        "an argument given twice",
        "Each argument may be given once; two words that answer the same question, such as `floor` and `ceil`, "
        "count as the same argument.",
        "INPUT 28x28x1\nCONV 5x5 *6 pad 1 pad 2\n",
        "INPUT 28x28x1\nCONV 5x5 *6 pad 2\n",
    ),
    Code(
        "E206",
        "an option without its value",
        "The option is followed by a number or a size: `stride 2`, `pad 1x2`.",
        "INPUT 28x28x1\nCONV 5x5 *6 stride\n",
        "INPUT 28x28x1\nCONV 5x5 *6 stride 1\n",
    ),
    Code(
        "E207",
        "arguments that exclude each other",
        "Both cannot hold at once: `same` computes the pad that `pad` gives, `global` takes the whole map.",
        "INPUT 28x28x1\nCONV 5x5 *6 same pad 2\n",
        "INPUT 28x28x1\nCONV 5x5 *6 same\n",
    ),
    Code(
        "E208",
        "an argument of a form the layer does not take",
        "A size, a count behind `*`, a number or a string stands where the layer has no use for one.",
        "INPUT 28x28x1\nFC 10 *3\n",
        "INPUT 28x28x1\nFC 10\n",
    ),
    Code(
        "E209",
        "branches where there can be none, or none where they are needed",
        "`ADD` and `CONCAT` join branches and are written `ADD( a | b )`; other layers take arguments. "
        "`ID` is the empty branch.",
        "INPUT 28x28x1\nADD\n",
        "INPUT 28x28x1\nADD( CONV 3x3 *1 pad 1 | ID )\n",
    ),
    Code(
        "E210",
        "a pattern where a network is needed",
        "The file has free variables, `?`, layers without their arguments or an INPUT without size: it describes a "
        "family of networks. Bind variables with `-D N=1`; a network has every layer complete and an INPUT, or "
        "`--input`, with a size.",
    ),
    Code(
        "E211",
        "a variable that the file does not have",
        "`-D` binds a pattern's variable: one capital letter that stands behind a `*`.",
        exit_code=2,
    ),
    Code(
        "E212",
        "INPUT in the wrong place",
        "A network has one INPUT, and it is the first step.",
        "CONV 3x3 *8\nINPUT 28x28x1\n",
        "INPUT 28x28x1\nCONV 3x3 *8\n",
    ),
    Code(
        "E213",
        "no input size",
        "The size of a network follows from its input. Begin the file with `INPUT 28x28x1`, give `--input 28x28x1`, or "
        "name a data set in the `train` block.",
    ),
    Code(
        "E214",
        "two steps of one name",
        "Parameters are saved by name, so no two steps may have the same one.",
    ),
    Code(
        "E215",
        "two sizes for the input",
        "`--input` was given, and the file's INPUT says something else.",
        exit_code=2,
    ),
    Code(
        "W201",
        "sizes were not checked",
        "The file has no INPUT: it is a fragment. What does not depend on the size was checked. Give `--input 28x28x1` "
        "to check the sizes too.",
        "CONV 3x3 *8\n",
        "INPUT 28x28x1\nCONV 3x3 *8\n",
    ),
)
