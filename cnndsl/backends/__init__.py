"""What runs a graph. The backends do not see each other; they share the protocol."""
