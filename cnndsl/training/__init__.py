"""Training: losses, optimizers, initial weights, and the trainer.

This module imports nothing, so that `cnndsl.training.estimate`, which needs no NumPy, can be had without it.
"""
