"""The disentanglement bench in a window."""
