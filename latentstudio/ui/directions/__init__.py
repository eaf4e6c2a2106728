"""Sliders of one's own: where they are kept, made and judged."""
