"""Samples of the present setting: the wall, and what reads pictures by their features."""
