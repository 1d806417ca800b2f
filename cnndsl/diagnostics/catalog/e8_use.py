"""E8: backends, resources and use."""

from cnndsl.diagnostics.catalog.record import Code

CODES = (
    Code(
        "E801",
        "an unknown backend",
        "No backend has this name, neither a built-in one nor one of a plugin that is installed.",
        exit_code=2,
    ),
    Code(
        "E802",
        "too large for this machine",
        "Parameters, gradients, optimizer memory and activations would need more memory than there is. The estimate is "
        "made before anything is taken. `check` knows no machine: it holds the estimate against `--memory`, or against "
        "1 TiB where that is left out.",
        exit_code=4,
    ),
    Code(
        "E803",
        "output cannot be written",
        "The folder cannot be made or written to, or the disk is full.",
        exit_code=5,
    ),
    Code(
        "E804",
        "training stopped: not a number",
        "The loss or a gradient is no longer a finite number; the message names the first layer that gave one. Usually "
        "the learning rate is too high. The last good weights are kept, and `cnndsl run --resume` goes on from them; "
        "`--set optimizer.lr=` gives it another rate.",
        exit_code=3,
    ),
    Code(
        "E805",
        "a file that cannot be opened",
        "There is no such file, it is a folder, or it may not be read.",
        exit_code=2,
    ),
    Code(
        "E806",
        "wrong use",
        "The command or function was given something that it cannot take.",
        exit_code=2,
    ),
    Code(
        "E807",
        "a backend that cannot run this network",
        "It has no kernel for one of the layers.",
        exit_code=2,
    ),
    Code(
        "E808",
        "a plugin that is not right",
        "A plugin cannot be imported, or what it declares is not what it should be. The message names it.",
        exit_code=2,
    ),
    Code(
        "E809",
        "arrays that do not fit the network",
        "A batch has one more dimension than a sample: N, D, H, W for a map, N, D for a vector. Its cells are real, "
        "finite numbers of any type. A gradient has the shape of its output; labels are whole numbers, one a sample.",
        exit_code=2,
    ),
    Code(
        "E810",
        "batch normalization needs more than one value",
        "In training BN takes mean and variance over the batch and all positions of a channel; of one value there is "
        "no variance. Use a batch of two or more.",
    ),
    Code(
        "E811",
        "something that cannot be trained with",
        "The `train` block is right, and `check` accepts it, but its parts do not go together: `classweight` with a "
        "loss of a plugin, for example, which cannot weigh samples. Rather than leave a part out in silence, it is "
        "refused before it starts.",
        exit_code=2,
    ),
    Code(
        "E812",
        "a layer that a format cannot say",
        "`export` writes networks in the forms of other systems, and this one has no words for the layer: one of a "
        "plugin, for example, which only that plugin's kernels compute.",
    ),
    Code(
        "E813",
        "a package that is not installed",
        "Some of what can be done needs a package that a plain installation leaves out, so that it stays small. The "
        "message has the command that installs it.",
        exit_code=2,
    ),
    Code(
        "W801",
        "a layer that a backend runs by slower code",
        "The backend has no kernel of its own for this layer, and takes one from a simpler backend. The results are "
        "the same; the time is not. `check --backend NAME` lists such layers.",
    ),
)
