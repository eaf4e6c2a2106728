"""Data sets: rendered portraits and their cache on disk."""
