"""The morph: t, its layers, the strip and its speed."""
