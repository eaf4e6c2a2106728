"""Directions in z and w: how they are found, freed of each other, and judged.

Everything takes arrays of numpy or torch and computes in float64. Whatever cannot be found is a
:class:`~latentstudio.latents.directions.errors.DirectionError`.
"""
