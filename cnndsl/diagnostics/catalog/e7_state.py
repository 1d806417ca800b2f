"""E7: checkpoints."""

from cnndsl.diagnostics.catalog.record import Code

CODES = (
    Code(
        "E701",
        "a weights file that cannot be read",
        "The file is not a safetensors file, or it is damaged.",
    ),
    Code(
        "E702",
        "weights of another network",
        "Names or shapes in the file are not those of the network.",
    ),
    Code(
        "W701",
        "a checkpoint that was passed over",
        "The newest checkpoint of the run cannot be read; the training goes on from an older one.",
    ),
    Code(
        "W702",
        "weights for a part of the network",
        'With `weights "..." partial` the arrays that are in the file and fit are taken; the others start anew.',
    ),
    Code(
        "W703",
        "the weights are not here yet",
        "There is no file, and no folder of a run, of the name behind `weights`, beside the .cnn file; `run` needs it.",
    ),
)
