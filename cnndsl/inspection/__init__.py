"""A network looked at closely: its figures layer by layer, and one cell of it."""
