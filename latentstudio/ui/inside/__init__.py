"""Inside the network: maps of its channels, their spectrum, and bends of them."""
