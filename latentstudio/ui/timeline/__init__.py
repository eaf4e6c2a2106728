"""The timeline: tracks, keys, curves, play."""
