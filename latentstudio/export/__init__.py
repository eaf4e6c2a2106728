"""Pictures on their way out: PNG with provenance, grids."""
