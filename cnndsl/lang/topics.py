"""Pages about the language itself: how steps are written, sized, named and used again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One subject: paragraphs of text, separated by empty lines, and an example that is a valid file."""

    name: str
    title: str
    text: str
    example: str


TOPICS = (
    Topic(
        "steps",
        "how a file is written",
        """A network is a list of steps. A line end, `;` and `->` all mean "then": a run of line ends, `;` and
comments with at most one `->` in it is one separator. A line may begin with `->` or `|`. A comment goes from `#` to
the end of its line.

A step is a layer, written in capitals, with its arguments behind it in any order: sizes (`3x3`), counts (`*16`),
options with a value (`stride 2`), words (`nobias`). An activation may trail a layer: `CONV 3x3 *16 relu` is the
CONV followed by RELU.

A file is UTF-8 and has at most 1 MiB; outside of strings and comments it is ASCII, white space is space, tab and
line end. Brackets stand at most 50 deep, and a network has at most 10,000 layers.""",
        "# a small network\nINPUT 28x28x1\nCONV 5x5 *6 relu -> POOL max 2   # 12x12x6\nFC 10\n",
    ),
    Topic(
        "groups",
        "steps that are repeated, or may be left out",
        """`[ steps ]*3` is the steps three times, each time with weights of their own; `[ steps ]` is once. The
count is a number, a parameter, a pattern variable, or an expression in `{ }`.

`?` behind a step or a group says that it may be left out: the file is then a pattern. `--drop-optional` leaves such
steps out, otherwise they stay.""",
        "INPUT 32x32x3\n[ CONV 3x3 *16 pad 1 relu; POOL max 2 ]*3\nFC 10\n",
    ),
    Topic(
        "branches",
        "layers that join branches",
        """`ADD( a | b )`, `MUL( a | b )` and `CONCAT( a | b | c )`: every branch starts from the same tensor, and
the layer joins what they give. `ID` is the empty branch. Branches stand in branches, to any depth.

A vector of N joins as 1x1xN. ADD needs equal sizes, MUL spreads 1x1xD over a map of depth D, CONCAT stacks along
depth.""",
        "INPUT 28x28x8\nADD( CONV 3x3 *8 pad 1 relu -> CONV 3x3 *8 pad 1\n   | ID )\nRELU\nFC 10\n",
    ),
    Topic(
        "labels",
        "names for steps, and skips over them",
        """`CONV 3x3 *8 relu as x` names what the step gives, here behind the RELU; `x.weight` is the CONV's. `@x`,
as the first step of a branch, starts that branch there. A label is used only after it is set, and is local to its
block's use and to its turn of a repeated group.

A labelled step has its label for a name and takes no number; in turn i of a group, from the second on, it is
`label_i`.""",
        "INPUT 28x28x8\nCONV 3x3 *8 pad 1 relu as early\nCONV 3x3 *8 pad 1 relu\nCONCAT( ID | @early )\nFC 10\n",
    ),
    Topic(
        "blocks",
        "steps under a name, with parameters",
        """`block name(p, q=1) { steps }` defines a block, `name(64, q=2)` uses it. Parameters are whole numbers.
They stand bare behind `*` and in the parentheses of a block's use, and in `{ }` everywhere else: `CONV {k}x{k} *n
stride {s}`.

A use is the block's steps written out, with weights of their own. A block may use others, never itself. It sees the
`set`s above its definition, not those of its user. Its steps are numbered afresh in each use, behind the use's
name: `basic2.conv1.weight`.""",
        "block basic(n, k=3) {\n  ADD( CONV {k}x{k} *n same relu -> CONV {k}x{k} *n same | ID )\n  RELU\n}\n"
        "INPUT 28x28x8\nbasic(8) -> basic(8, k=5)\nFC 10\n",
    ),
    Topic(
        "expressions",
        "numbers worked out from parameters",
        """In `{ }` stand whole numbers, parameters and pattern variables with `+ - * /` and parentheses, on one
line. A division that is not whole is an error. An expression may be any argument, or a part of a size: `{k}x{k}`.""",
        "block bottleneck(n) {\n  CONV 1x1 *{n/4} relu -> CONV 3x3 *{n/4} pad 1 relu -> CONV 1x1 *n\n}\n"
        "INPUT 28x28x64\nbottleneck(256)\nFC 10\n",
    ),
    Topic(
        "set",
        "defaults for the steps that follow",
        """`set CONV 3x3 *16 pad 1 relu` gives the arguments that later CONV steps leave out, to the end of the
file, block, branch, group or HEAD that it stands in. Several merge argument by argument, the later wins.

`linear`, `exact` and `bias filter` undo an activation, `floor` or `ceil`, and `nobias`.""",
        "set CONV 3x3 *16 pad 1 relu\nINPUT 28x28x1\nCONV; CONV *32; CONV linear\nPOOL max 2\nFC 10\n",
    ),
    Topic(
        "use",
        "blocks from another file",
        """`use "blocks.cnn"` takes in another file's blocks, not its steps, and what that file uses in turn. The
file is in the same folder or below it, symbolic links resolved. A file of blocks only is valid. From Python the
folder is given: `cnndsl.loads(text, base=folder)`.""",
        "",
    ),
    Topic(
        "heads",
        "side outputs",
        """`HEAD value( steps )` starts from the tensor before it and makes an output named `value`; the main flow
goes on from the tensor before the HEAD. If the last step of a file is a HEAD, the main flow has no output of its
own. The head's name stands before those of its parameters: `value.fc1.weight`. The name `main` is that of the main
flow.""",
        "INPUT 9x9x4\nCONV 3x3 *8 pad 1 relu\nHEAD policy( CONV 1x1 *2 relu -> FC 82 )\n"
        "HEAD value( CONV 1x1 *1 relu -> FC 1 tanh )\n",
    ),
    Topic(
        "patterns",
        "files that describe a family of networks",
        """A file with pattern variables (one capital: `*N`), with `?`, or whose INPUT has no size is a pattern; a
layer in it may stand bare. `-D N=1` binds a variable, which has one value everywhere, at least 1; the result is a
network once every layer is complete and the input has a size.

`cnndsl match PATTERN FILE` says whether a network has the form of a pattern, and with which values: the smallest,
in the order of the text. Activations, BN and DROPOUT between the named layers are passed over.""",
        "INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K\n",
    ),
    Topic(
        "fragments",
        "files without INPUT",
        """A file without INPUT is a fragment: what does not depend on the size is checked, and a warning says that
sizes were not. `--input 28x28x1`, or the data of the `train` block, gives the size.""",
        "CONV 3x3 *8 relu\nPOOL max 2\nFC 10\ntrain { data digits }\n",
    ),
    Topic(
        "sizes",
        "the arithmetic of sizes",
        """Sizes are written height x width x depth. A single number is a square. A filter's third number is the
depth it expects; it is checked, and may be left out. Arrays are laid out N, D, H, W and filters N, D, F, F; FC
takes its input flattened in D, H, W order.

The output size is W2 = (W1 - F + 2P)/S + 1, the same for H, with F the extent of a dilated filter, (F - 1)*dilate +
1. A result below 1 is an error. So is one that is not whole, unless the layer says what to do: `floor` drops the
rows that fill no window, `ceil` lets the last window hang over the edge, `same` pads so that the output is
ceil(W1/S), the odd row at the end.

`pad` takes one number, `1x2` (height x width) or `1x2x1x3` (top, left, bottom, right), each below F. `stride` and
`dilate` take one number or HxW. `cnndsl sizes FILE` lists the input sizes that fit exactly.""",
        "INPUT 32x32x3\nCONV 3x3x3 *8 stride 2 pad 0x0x1x1\nPOOL max 3 stride 2 ceil\nFC 10\n",
    ),
    Topic(
        "settings",
        "the train block from outside",
        """`--set KEY=VALUE` says a line of the `train` block anew for one command, in its place: `--set batch=128`,
`--set 'optimizer=adam lr 1e-3'`. In Python it is `cnndsl.load(path, settings={"batch": 128})`. Several are taken one
after the other; `steps` replaces `epochs`, and the other way round. A run's folder keeps the program with them in it.

`--set optimizer.lr=0.01` changes one option of what the file says, or of the default. `optimizer.nesterov=true` writes
a word that stands by itself, `false` leaves it out. `augment.crop=2` and `metric.top5=true` are one of several values,
`loss.aux1=mse` and `loss.aux1.weight=0.3` one output's loss; `loss.smooth=0.1` is the main output's. The word
`default` takes away what the file says: `clip=default`, `optimizer.momentum=default`. Names of files and patterns need
no quotes unless there is a space in them: `freeze=conv*`.

With `cnndsl run --resume RUN` a run goes on by other settings: `--set epochs=20` gives it more to do.""",
        "INPUT 8x8x1\nFC 10\ntrain {\n  data digits\n  optimizer sgd lr 0.1\n}\n",
    ),
    Topic(
        "names",
        "what parameters are called",
        """`conv1.weight`, `conv1.bias`, `bn1.running_mean`: steps are numbered by kind in the order of the text
written out, branches and groups included, afresh in each use of a block and in each head. A labelled step has its
label instead. A block's use and a head stand before the names within: `basic2.conv1.weight`, `value.fc1.weight`.
Equal names are an error.""",
        "block pair(n) {\n  CONV 3x3 *n pad 1 -> BN\n}\nINPUT 8x8x1\npair(4) -> pair(8)\n",
    ),
)
