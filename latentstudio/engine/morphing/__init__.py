"""Strips of pictures along a morph, how fast they change, and the pace that makes it even."""
