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
        "E216",
        "a name without a value",
        "A small name behind `*` or in `{ }` is a parameter of the block it stands in. Outside of blocks there are "
        "none; "
        "a pattern variable is one capital: `*N`.",
        "block wide(n) {\n  CONV 3x3 *m pad 1\n}\nINPUT 28x28x1\nwide(4)\n",
        "block wide(n) {\n  CONV 3x3 *n pad 1\n}\nINPUT 28x28x1\nwide(4)\n",
    ),
    Code(
        "E217",
        "an expression without a whole value",
        "Expressions are worked out on whole numbers: a division that leaves a rest, or one by 0, has no value.",
        "block half(n) {\n  CONV 1x1 *{n/2}\n}\nINPUT 28x28x1\nhalf(5)\n",
        "block half(n) {\n  CONV 1x1 *{n/2}\n}\nINPUT 28x28x1\nhalf(6)\n",
    ),
    Code(
        "E218",
        "a block that is not there",
        "A block is defined by `block name(p) { ... }`, in this file or in one that it takes in by `use`.",
        "block basic(n) {\n  CONV 3x3 *n pad 1\n}\nINPUT 28x28x1\nbasik(4)\n",
        "block basic(n) {\n  CONV 3x3 *n pad 1\n}\nINPUT 28x28x1\nbasic(4)\n",
    ),
    Code(
        "E219",
        "values that do not fit a block's parameters",
        "A block's use gives every parameter that has no default a whole number, by place or by name: `name(64, q=2)`.",
        "block basic(n, k=3) {\n  CONV {k}x{k} *n\n}\nINPUT 28x28x1\nbasic()\n",
        "block basic(n, k=3) {\n  CONV {k}x{k} *n\n}\nINPUT 28x28x1\nbasic(4)\n",
    ),
    Code(
        "E220",
        "a block that uses itself",
        "A block is written out where it is used, so a chain of uses that comes back to itself would never end.",
        "block round(n) {\n  CONV 3x3 *n -> round(n)\n}\nINPUT 28x28x1\nround(4)\n",
        "block round(n) {\n  CONV 3x3 *n\n}\nINPUT 28x28x1\nround(4)\n",
    ),
    Code(
        "E221",
        "two definitions of one name",
        "Blocks of one name, in this file or in those that it uses, and parameters of one name cannot be told apart.",
        "block a(n) {\n  CONV 3x3 *n\n}\nblock a(n) {\n  CONV 1x1 *n\n}\nINPUT 28x28x1\na(4)\n",
        "block a(n) {\n  CONV 3x3 *n\n}\nblock b(n) {\n  CONV 1x1 *n\n}\nINPUT 28x28x1\na(4) -> b(4)\n",
    ),
    Code(
        "E222",
        "a file that cannot be used",
        "`use` takes in the blocks of a file in the same folder or below it; symbolic links are resolved first. Files "
        "may "
        "not use each other in a circle.",
        'use "../blocks.cnn"\nINPUT 28x28x1\nFC 10\n',
        "INPUT 28x28x1\nFC 10\n",
    ),
    Code(
        "E223",
        "a layer that has no defaults",
        "`set` gives the arguments that later steps of a layer leave out. INPUT stands once, and ID, HEAD and layers "
        "that "
        "join branches have no arguments to leave out.",
        "set INPUT 28x28x1\nINPUT 28x28x1\nFC 10\n",
        "INPUT 28x28x1\nFC 10\n",
    ),
    Code(
        "W201",
        "sizes were not checked",
        "The file has no INPUT: it is a fragment. What does not depend on the size was checked. Give `--input 28x28x1` "
        "to check the sizes too.",
        "CONV 3x3 *8\n",
        "INPUT 28x28x1\nCONV 3x3 *8\n",
    ),
    Code(
        "W202",
        "a bias under BN",
        "BN takes the mean of each channel away and adds a shift of its own, so a bias before it changes nothing and "
        "only "
        "costs parameters. `nobias` leaves it out; `set CONV nobias` says so for all that follow.",
        "INPUT 28x28x1\nCONV 3x3 *8 pad 1 -> BN -> RELU\nFC 10\n",
        "INPUT 28x28x1\nCONV 3x3 *8 pad 1 nobias -> BN -> RELU\nFC 10\n",
    ),
    Code(
        "W203",
        "a layer behind SOFTMAX",
        "SOFTMAX gives probabilities. What another layer makes of them are none, and gradients through both are small.",
        "INPUT 28x28x1\nFC 10 -> SOFTMAX -> RELU\n",
        "INPUT 28x28x1\nFC 10 -> RELU -> FC 10 -> SOFTMAX\n",
    ),
    Code(
        "W204",
        "a label that nothing uses",
        "A label is there to start a branch from, `@x`, or to name what `freeze` leaves as it is.",
        "INPUT 28x28x1\nCONV 3x3 *8 pad 1 as early\nFC 10\n",
        "INPUT 28x28x1\nCONV 3x3 *8 pad 1\nFC 10\n",
    ),
    Code(
        "W205",
        "a block that nothing uses",
        "The file has steps, and none of them uses this block. A file of blocks only is for others to use.",
        "block wide(n) {\n  CONV 3x3 *n pad 1\n}\nINPUT 28x28x1\nFC 10\n",
        "block wide(n) {\n  CONV 3x3 *n pad 1\n}\nINPUT 28x28x1\nwide(4)\nFC 10\n",
    ),
)
