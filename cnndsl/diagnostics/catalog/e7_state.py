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
)
