"""What a picture, or a set of them, is worth: feature spaces, distances, attributes. No Qt."""
