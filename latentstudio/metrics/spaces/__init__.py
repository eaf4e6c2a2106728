"""Feature spaces: networks that turn pictures into vectors, and the files of their weights."""
