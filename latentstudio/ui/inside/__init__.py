"""Inside the network: activations, spectra, bending."""
