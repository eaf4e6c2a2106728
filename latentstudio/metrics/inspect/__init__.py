"""The disentanglement bench: from a plan to a report, in slices."""
