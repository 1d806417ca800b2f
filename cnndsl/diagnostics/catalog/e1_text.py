"""E1: text and syntax."""

from cnndsl.diagnostics.catalog.record import Code

CODES = (
    Code(
        "E101",
        "a character that the language does not have",
        "White space is space, tab and line ends; everything else outside strings and comments is ASCII. A character "
        "that looks right, such as a full-width letter or a no-break space, is named by its code point.",
        "INPUT 28x28x1\nCONV 5×5 *6\n",
        "INPUT 28x28x1\nCONV 5x5 *6\n",
    ),
    Code(
        "E102",
        "the file is not UTF-8",
        "A `.cnn` file is text in UTF-8. Save it as UTF-8 in your editor; UTF-16 and Latin-1 cannot be read.",
    ),
    Code(
        "E103",
        "a word that is neither a name, a size nor a number",
        "Layers are written in capitals (`CONV`), options in small letters (`stride`), sizes as whole numbers joined "
        "by `x` (`3x3`), numbers in ASCII digits (`2`, `0.05`, `1e-4`).",
        "INPUT 28x28x1\nConv 5x5 *6\n",
        "INPUT 28x28x1\nCONV 5x5 *6\n",
    ),
    Code(
        "E104",
        "something else was expected here",
        "The step cannot be read past this place. Steps are separated by line ends, `;` or `->`; a step is a layer, a "
        "group `[ … ]`, or branches `ADD( a | b )`.",
        "INPUT 28x28x1\nCONV 5x5 *\n",
        "INPUT 28x28x1\nCONV 5x5 *6\n",
    ),
    Code(
        "E105",
        "a bracket that is never closed",
        "Every `[`, `(` and `{` needs its partner.",
        "INPUT 28x28x1\n[ CONV 3x3 *8 pad 1\nFC 10\n",
        "INPUT 28x28x1\n[ CONV 3x3 *8 pad 1 ]\nFC 10\n",
    ),
    Code(
        "E106",
        "a bracket that closes nothing",
        "There is no open `[`, `(` or `{` that this one could close, or `|` stands outside of branches.",
        "INPUT 28x28x1\nCONV 3x3 *8 ]\n",
        "INPUT 28x28x1\nCONV 3x3 *8\n",
    ),
    Code(
        "E107",
        "an arrow without a step",
        "`->` stands between two steps. It may begin a line, but not a file, group or branch, and two arrows need a "
        "step between them.",
        "INPUT 28x28x1 -> -> FC 10\n",
        "INPUT 28x28x1 -> FC 10\n",
    ),
    Code(
        "E108",
        "nested too deeply",
        "Groups and branches may stand in each other 50 levels deep.",
        "INPUT 8x8x1\n" + "[" * 51 + "RELU" + "]" * 51 + "\n",
        "INPUT 8x8x1\n" + "[" * 50 + "RELU" + "]" * 50 + "\n",
    ),
    Code(
        "E109",
        "the file is too large",
        "A source may have 1 MiB. A network of that size is better written with groups.",
    ),
    Code(
        "E110",
        "too many layers",
        "A network may have 10,000 layers once its groups are written out. They are counted before any is.",
        "INPUT 8x8x1\n[[ RELU ]*1000]*1000\n",
        "INPUT 8x8x1\n[[ RELU ]*10]*10\n",
    ),
    Code(
        "E111",
        "a number or name that is too long",
        "A number has at most 10 digits, a name at most 128 characters.",
        "INPUT 28x28x1\nFC 12345678901\n",
        "INPUT 28x28x1\nFC 1234\n",
    ),
    Code(
        "E112",
        "a string that is not closed",
        'A string stands between two `"` on one line.',
        'INPUT 28x28x1\nFC 10\ntrain {\n  data idx "folder\n}\n',
        'INPUT 28x28x1\nFC 10\ntrain {\n  data idx "folder"\n}\n',
    ),
    Code(
        "E113",
        "a control character",
        "Control characters, and the characters that turn the direction of writing, are errors everywhere, in "
        "comments too: they can make a file look different from what it says.",
        "INPUT 28x28x1  # \u202e\nFC 10\n",
        "INPUT 28x28x1  #\nFC 10\n",
    ),
    Code(
        "E114",
        "an empty file, group or branch",
        "There has to be at least one step. The empty branch is written `ID`.",
        "INPUT 28x28x1\nADD( CONV 3x3 *1 pad 1 | )\n",
        "INPUT 28x28x1\nADD( CONV 3x3 *1 pad 1 | ID )\n",
    ),
    Code(
        "E115",
        "a reserved word",
        "`as`, `block`, `set`, `use` and `train` are words of the language itself: no option has their name, and each "
        "has "
        "its own place. `as` labels the step before it; the others begin a line.",
        "INPUT 28x28x1\nCONV 3x3 *8 set\n",
        "INPUT 28x28x1\nCONV 3x3 *8\n",
    ),
    Code(
        "E116",
        "an expression that cannot be read",
        "An expression in `{ }` has whole numbers, parameters, `+ - * /` and parentheses, on one line.",
        "block wide(n) {\n  CONV 3x3 *{2*} pad 1\n}\nINPUT 28x28x1\nwide(4)\n",
        "block wide(n) {\n  CONV 3x3 *{2*n} pad 1\n}\nINPUT 28x28x1\nwide(4)\n",
    ),
)
