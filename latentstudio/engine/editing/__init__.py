"""Attributes of a generator's pictures, edits by gradient, directions and what they leak."""
