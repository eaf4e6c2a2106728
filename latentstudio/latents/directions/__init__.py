"""Directions in z and w: how they are found, freed of each other, and judged."""
