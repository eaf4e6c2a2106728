"""Training of the portrait models: data, networks, losses and loops."""
