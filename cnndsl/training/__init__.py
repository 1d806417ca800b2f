"""Training: data, losses, optimizers, initial weights, the trainer and what it leaves behind.

This module imports nothing, so that `cnndsl.training.estimate`, which needs no NumPy, can be had without it.
"""
