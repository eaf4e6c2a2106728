"""The timeline: from a time to a recipe. Plain data."""
