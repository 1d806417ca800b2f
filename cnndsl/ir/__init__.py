"""The graph of a network: typed, immutable, in topological order."""
