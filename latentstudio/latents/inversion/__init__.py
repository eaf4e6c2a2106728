"""Inversion: the point whose picture is the one given."""
