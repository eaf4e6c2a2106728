"""Films: from a timeline to a file that holds it."""
