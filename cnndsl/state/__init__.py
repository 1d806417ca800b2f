"""What is kept in files: weights and checkpoints, whole whenever the machine stops."""
