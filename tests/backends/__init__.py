"""Tests of what runs a graph."""
