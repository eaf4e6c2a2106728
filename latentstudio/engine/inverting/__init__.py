"""Points of pictures: searches for them, repair and enlargement by search, fine tuning."""
