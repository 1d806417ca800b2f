"""Tests of what paints .cnn files."""
