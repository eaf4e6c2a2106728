"""Edits by attribute: the model behind the panels, and what they are made of."""
