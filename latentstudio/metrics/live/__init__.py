"""Numbers that grow with every sample, or follow a setting between values that were drawn."""
