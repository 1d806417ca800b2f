"""PyTorch: a module to read, and its weights."""
