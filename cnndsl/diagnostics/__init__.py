"""What the compiler says to the author of a `.cnn` file: data first, renderings from it."""

from cnndsl.diagnostics.model import CnnError, Diagnostic, Edit, Fix, Label

__all__ = ["CnnError", "Diagnostic", "Edit", "Fix", "Label"]
