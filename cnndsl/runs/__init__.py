"""Runs: a training that leaves a folder behind, and that folder read back."""
