"""Data sets as arrays, and samples made ready for a network."""
